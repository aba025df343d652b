import type { Kernels } from '@semcrc/kernels';
import fc from 'fast-check';
import {
  buildProfile,
  type CalibrationData,
  type CohortIndex,
  type Labels,
  makePartition,
  type ProfileOptions,
  type Sample,
} from '../src/index.ts';

/** Ids with holes, as the cohort's canonical ids have them. */
export const LABELS: Labels = { 0: 'background', 1: 'body', 3: 'kidney_right', 7: 'liver' };
const IDS = [0, 1, 3, 7];

/** What a small random cohort is made of; the same recipe gives the same cohort. */
export interface Recipe {
  readonly seed: number;
  readonly patients: number;
  /** Scans of a patient: 1 up to this many. */
  readonly scansPerPatient: number;
  /** Intensities lie on multiples of 1/levels, so ties are plenty; 0: any f32. */
  readonly levels: number;
  /** Every scan has this plane, or planes of random size. */
  readonly plane: readonly [height: number, width: number] | null;
  /** Chance that a scan contains a label, in the order of LABELS; the first label a scan needs is body. */
  readonly presence: readonly [number, number, number, number];
  /** How far truth may lie outside the interval; 0: every voxel covered at λ = 0. */
  readonly miss: number;
}

export const recipes = (fixed: Partial<Recipe> = {}): fc.Arbitrary<Recipe> =>
  fc
    .record({
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      patients: fc.integer({ min: 6, max: 26 }),
      scansPerPatient: fc.constantFrom(1, 1, 3),
      levels: fc.constantFrom(0, 4, 10, 16),
      plane: fc.constantFrom(null, [3, 4] as const, [1, 5] as const),
      presence: fc.constantFrom(
        [0.9, 1, 0.8, 0.5] as const,
        [1, 1, 0.3, 0.1] as const,
        [0.5, 0.6, 0.5, 0] as const,
      ),
      miss: fc.constantFrom(0, 0.1, 0.3, 1),
    })
    .map((recipe) => ({ ...recipe, ...fixed }));

/** Uniform draws in [0, 1): mulberry32, apart from the generator under test. */
export function draws(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const clip = (value: number) => Math.min(1, Math.max(0, value));

function drawSample(id: string, patient: string, recipe: Recipe, random: () => number): Sample {
  const { levels, miss, presence } = recipe;
  const upTo = (bound: number) => Math.floor(random() * bound);
  const [height, width] = recipe.plane ?? [1 + upTo(4), 1 + upTo(4)];
  const slices = 1 + upTo(3);
  const count = slices * height * width;
  const snap = (value: number) => (levels === 0 ? value : Math.round(value * levels) / levels);
  const present = IDS.filter((_, i) => random() < presence[i]);
  const ids = present.length > 0 ? present : [1];
  const truth = new Float32Array(count);
  const lower = new Float32Array(count);
  const upper = new Float32Array(count);
  const organs = new Uint8Array(count);
  for (let voxel = 0; voxel < count; voxel++) {
    organs[voxel] = ids[upTo(ids.length)];
    // Organs differ, so that their λ should.
    const shift = snap((random() - 0.5) * miss * (1 + IDS.indexOf(organs[voxel])) * 0.5);
    const low = clip(snap(random()));
    lower[voxel] = low;
    upper[voxel] = clip(low + snap(random() * 0.3));
    const inside = lower[voxel] + snap(random() * (upper[voxel] - lower[voxel]));
    truth[voxel] = clip(miss === 0 ? Math.min(inside, upper[voxel]) : inside + shift);
  }
  return {
    id,
    patient,
    shape: [slices, height, width],
    truth,
    lower,
    upper,
    organs,
    mended: { clipped: 0, crossed: 0 },
  };
}

export function drawCohort(recipe: Recipe): Sample[] {
  const random = draws(recipe.seed);
  const samples: Sample[] = [];
  for (let p = 0; p < recipe.patients; p++) {
    const scans = 1 + Math.floor(random() * recipe.scansPerPatient);
    for (let s = 0; s < scans; s++) {
      samples.push(drawSample(`p${p}s${s}`, `p${p}`, recipe, random));
    }
  }
  return samples;
}

export const indexOf = (samples: readonly Sample[]): CohortIndex => ({
  ids: samples.map(({ id }) => id),
  patients: samples.map(({ patient }) => patient),
});

/** The cohort as procedures want it: everything profiled, ready to be read. */
export function dataOf(
  kernels: Kernels,
  samples: readonly Sample[],
  options: ProfileOptions = { pixels: true },
  labels: Labels = LABELS,
): CalibrationData {
  const organs = makePartition({ kind: 'organ' }, labels);
  const sampleOf = new Map(samples.map((sample) => [sample.id, sample]));
  const profiles = new Map(samples.map((s) => [s.id, buildProfile(kernels, s, organs, options)]));
  const known = <T>(map: Map<string, T>, id: string): T => {
    const value = map.get(id);
    if (value === undefined) throw new Error(`no scan ${id}`);
    return value;
  };
  return {
    kernels,
    labels,
    profileOf: (id) => known(profiles, id),
    read: (id) => Promise.resolve(known(sampleOf, id)),
  };
}

/** Samples of the ids, in their order. */
export function select(samples: readonly Sample[], ids: readonly string[]): Sample[] {
  return ids.map((id) => {
    const sample = samples.find((candidate) => candidate.id === id);
    if (!sample) throw new Error(`no scan ${id}`);
    return sample;
  });
}
