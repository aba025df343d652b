import type { Kernels } from '@semcrc/kernels';
import {
  buildProfile,
  type CalibrationData,
  type Labels,
  makePartition,
  type Profile,
  type Sample,
} from '../src/index.ts';
import { fitCrc } from '../src/procedures/crc.ts';
import type { RiskBound } from '../src/search/bound.ts';
import { draws } from './random-cohort.ts';

/** Seeds for each of which a broken procedure must be caught, but for one in a hundred: more of them in the soak tests. */
export const BROKEN_SEEDS = process.env.SEMCRC_THOROUGH ? 100 : 10;
export const CAUGHT_SEEDS = Math.ceil(0.99 * BROKEN_SEEDS);

/** A population of tiny scans. Draws without replacement from it are exchangeable, whatever it holds. */
export interface Population {
  readonly labels: Labels;
  readonly samples: readonly Sample[];
  readonly profiles: readonly Profile[];
}

export interface PopulationModel {
  readonly labels: Labels;
  readonly height: number;
  readonly width: number;
  /** Label of a voxel, before absences; `scan` is one draw that all voxels of a scan share. */
  readonly labelAt: (voxel: number, scan: number) => number;
  /** Chance that a scan lacks a label; its voxels are body (1) then. */
  readonly absence?: Readonly<Record<number, number>>;
  /**
   * How far beyond its interval a voxel lies, signed: above if positive, below if negative. `random` gives draws of
   * the voxel's own.
   */
  readonly offset: (voxel: number, label: number, scan: number, random: () => number) => number;
}

const HALF_WIDTH = 0.03;

export function drawPopulation(
  kernels: Kernels,
  model: PopulationModel,
  size: number,
  seed: number,
  sides: 1 | 2 = 1,
): Population {
  const random = draws(seed);
  const { labels, height, width } = model;
  const organs = makePartition({ kind: 'organ' }, labels);
  const samples = Array.from({ length: size }, (_, i): Sample => {
    const count = height * width;
    const scan = random();
    const absent = new Set(
      Object.entries(model.absence ?? {})
        .filter(([, chance]) => random() < chance)
        .map(([label]) => Number(label)),
    );
    const truth = new Float32Array(count);
    const organs = new Uint8Array(count);
    for (let voxel = 0; voxel < count; voxel++) {
      const label = model.labelAt(voxel, scan);
      organs[voxel] = absent.has(label) ? 1 : label;
      const offset = model.offset(voxel, organs[voxel], scan, random);
      truth[voxel] = Math.min(1, Math.max(0, 0.5 + offset + Math.sign(offset) * HALF_WIDTH));
    }
    return {
      id: `s${i}`,
      patient: `s${i}`,
      shape: [1, height, width],
      truth,
      lower: new Float32Array(count).fill(0.5 - HALF_WIDTH),
      upper: new Float32Array(count).fill(0.5 + HALF_WIDTH),
      // Says nothing about the truth: strata cut by it are as good as chance, and must not harm.
      point: Float32Array.from({ length: count }, random),
      organs,
      mended: { clipped: 0, crossed: 0 },
    };
  });
  const profiles = samples.map((sample) => buildProfile(kernels, sample, organs, { sides, pixels: true }));
  return { labels, samples, profiles };
}

/** `count` different members of a population, in random order. */
export function drawMembers(size: number, count: number, random: () => number): number[] {
  const picked = new Set<number>();
  while (picked.size < count) picked.add(Math.floor(random() * size));
  return [...picked];
}

export const FALSE_ALARM = 1e-6;

/**
 * The largest mean that independent values in [0, 1] with expectations of at most ε show but for a chance of
 * `FALSE_ALARM`: the empirical Bernstein bound of Maurer and Pontil (2009, Theorem 4), which holds at any sample size.
 */
export function largestMean(values: ArrayLike<number>, epsilon: number): number {
  const n = values.length;
  const mean = meanOf(values);
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i] - mean) ** 2;
  const log = Math.log(2 / FALSE_ALARM);
  return epsilon + Math.sqrt((2 * (squares / (n - 1)) * log) / n) + (7 * log) / (3 * (n - 1));
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Whether the risks of many draws are compatible with E[risk] ≤ ε. */
export function controls(risks: ArrayLike<number>, epsilon: number): boolean {
  return meanOf(risks) <= largestMean(risks, epsilon);
}

/** Share of a scan's voxels that λ of each voxel's group and side misses, by plain comparison of scores. */
export function riskOf(
  sample: Sample,
  lambdaOf: (voxel: number, above: boolean) => number,
  counts: (voxel: number) => boolean = () => true,
): number {
  const { truth, lower, upper } = sample;
  let missed = 0;
  let voxels = 0;
  for (let voxel = 0; voxel < truth.length; voxel++) {
    if (!counts(voxel)) continue;
    voxels++;
    const score = Math.max(
      Math.fround(lower[voxel] - truth[voxel]),
      Math.fround(truth[voxel] - upper[voxel]),
    );
    if (score > lambdaOf(voxel, truth[voxel] > upper[voxel])) missed++;
  }
  return voxels === 0 ? 0 : missed / voxels;
}

/** A scan is missed whole or not at all: at λ it is missed iff the one number it has exceeds λ. */
export const WHOLE_SCANS: PopulationModel = {
  labels: { 1: 'body' },
  height: 2,
  width: 2,
  labelAt: () => 1,
  offset: (_voxel, _label, scan) => 0.4 * scan,
};

/** A population as procedures want it; scan i has the id `s<i>`. */
export function populationData(kernels: Kernels, population: Population): CalibrationData {
  const at = (id: string) => Number(id.slice(1));
  return {
    kernels,
    labels: population.labels,
    profileOf: (id) => population.profiles[at(id)],
    read: (id) => Promise.resolve(population.samples[at(id)]),
  };
}

export const idsOf = (members: readonly number[]) => members.map((member) => `s${member}`);

/** Mean risk on 20 test scans of each of `count` draws of CRC on n scans. */
export function crcRisks(
  kernels: Kernels,
  population: Population,
  n: number,
  bound: RiskBound,
  count: number,
  seed: number,
): Float64Array {
  const data = populationData(kernels, population);
  const random = draws(seed);
  return Float64Array.from({ length: count }, () => {
    const members = drawMembers(population.samples.length, n + 20, random);
    const split = { opt: [], cal: idsOf(members.slice(0, n)), test: [] };
    const [{ lambda }] = fitCrc(data, split, [bound]);
    return meanOf(members.slice(n).map((member) => riskOf(population.samples[member], () => lambda[0])));
  });
}
