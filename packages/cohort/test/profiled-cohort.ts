import {
  buildProfile,
  type CalibrationData,
  type Cohort,
  cohortOf,
  type Fit,
  fitSplit,
  insideBody,
  makePartition,
  PAPER_OPTIONS,
  PROFILES_SCHEMA,
  type Procedure,
  type ProcedureOptions,
  type Profile,
  type ProfilesHeader,
  type Profiling,
  profileOptionsOf,
  profileToKeep,
  type Sample,
  type Source,
  type Split,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import type { Kernels } from '@semcrc/kernels';
import { encodeBlock } from '../src/index.ts';
import { ProfileWriter } from '../src/node.ts';
import { LABELS, uniform } from './random-cohort.ts';

/** How scans are profiled where nothing else is said. */
export const PROFILING: Profiling = {
  heuristic: {
    heuristic: PAPER_OPTIONS.heuristic,
    weightFloor: PAPER_OPTIONS.weightFloor,
    alpha: PAPER_OPTIONS.alpha,
    sampleQuantiles: PAPER_OPTIONS.sampleQuantiles,
  },
  reach: 0.5,
  round: null,
};

/** What a random cohort is made of. */
export interface Recipe {
  readonly seed: number;
  readonly scans: number;
  /** Scans of a patient. */
  readonly perPatient: 1 | 2;
  /** How far truth may lie outside the interval. */
  readonly miss: number;
  /** Whether scans are of one size, so that their voxels weigh the same. */
  readonly even: boolean;
}

/** Scans of random voxels; some organs are absent from some. */
export function drawScans({ seed, scans, perPatient, miss, even }: Recipe): Sample[] {
  const next = uniform(seed);
  return Array.from({ length: scans }, (_, at) => {
    const slices = even ? 2 : 1 + Math.floor(3 * next());
    const shape = [slices, 4, 5] as const;
    const count = slices * 20;
    const present = [0, 1, 2, 7].filter((id) => id === 1 || next() < 0.8);
    const lower = Float32Array.from({ length: count }, () => Math.max(0, 1.2 * next() - 0.1) * 0.9);
    const upper = lower.map((low) => Math.min(1, low + 0.25 * next()));
    const organs = Uint8Array.from(
      { length: count },
      () => present[Math.floor(present.length * next())] as number,
    );
    const truth = lower.map((low, voxel) => {
      const high = upper[voxel] as number;
      const inside = low + (high - low) * next();
      return Math.min(1, Math.max(0, inside + miss * (next() - 0.5) * (1 + (organs[voxel] as number) / 4)));
    });
    return {
      id: `s${at}`,
      patient: `p${Math.floor(at / perPatient)}`,
      shape,
      truth,
      lower,
      upper,
      point: lower.map((low, voxel) => (low + (upper[voxel] as number)) / 2),
      std: lower.map(() => 0.001 + 0.2 * next()),
      organs,
      mended: { clipped: at, crossed: 0 },
    };
  });
}

export const cohortOfScans = (samples: readonly Sample[], digest = 'a digest'): Cohort => ({
  name: 'random',
  ids: samples.map(({ id }) => id),
  patients: samples.map(({ patient }) => patient),
  labels: LABELS,
  digest,
  draws: 0,
  leftOut: [],
});

export function headerOf(cohort: Cohort, { heuristic, reach, round }: Profiling = PROFILING): ProfilesHeader {
  const { name, digest, ids } = cohort;
  const source = {
    name,
    digest,
    scans: ids.length,
    draws: 0,
    leftOut: [],
    preparing: UNKNOWN_PREPARING,
    version: '0',
  };
  return { schema: PROFILES_SCHEMA, labels: cohort.labels, heuristic, reach, round, sources: [source] };
}

/** Writes a profile file of the scans at some places of a cohort. */
export async function writeProfiles(
  kernels: Kernels,
  path: string,
  samples: readonly Sample[],
  options: {
    readonly profiling?: Profiling;
    readonly places?: readonly number[];
    readonly digest?: string;
    readonly site?: string;
    readonly header?: Partial<ProfilesHeader>;
  } = {},
): Promise<void> {
  const { profiling = PROFILING, places = samples.map((_, at) => at), digest, site = null } = options;
  const header = { ...headerOf(cohortOfScans(samples, digest), profiling), ...options.header };
  const writer = await ProfileWriter.open(path, header);
  for (const at of places) {
    const sample = samples[at] as Sample;
    const { id, patient, shape, mended } = sample;
    const block = encodeBlock(profileToKeep(kernels, sample, LABELS, profiling));
    await writer.add({
      scan: { scan: id, patient, site, at, shape: [...shape], fingerprint: null, mended },
      block,
    });
  }
  await writer.finish();
}

/** What procedures see of a cohort, its voxels at hand. */
export function voxelData(
  kernels: Kernels,
  samples: readonly Sample[],
  procedures: readonly Procedure[],
  options: ProcedureOptions,
): CalibrationData {
  const organs = makePartition({ kind: 'organ' }, LABELS);
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  const wanted = profileOptionsOf(procedures, options);
  const profiles = new Map(samples.map((s) => [s.id, buildProfile(kernels, s, organs, wanted)]));
  return {
    kernels,
    labels: LABELS,
    profileOf: (id) => profiles.get(id) as Profile,
    read: async (id) => byId.get(id) as Sample,
  };
}

/** What procedures see of profile files. */
export async function profiledData(
  kernels: Kernels,
  source: Source,
  options: ProcedureOptions,
): Promise<CalibrationData> {
  const profiles = new Map<string, Profile>();
  for (const id of source.ids) {
    const profile = await (source.profile as NonNullable<Source['profile']>)(id);
    profiles.set(id, options.within === 'body' ? insideBody(profile) : profile);
  }
  return {
    kernels,
    labels: cohortOf(source).labels,
    profiled: source.profiled,
    profileOf: (id) => profiles.get(id) as Profile,
    read: source.read,
  };
}

/** A fit without what differs from run to run. */
export async function fitOf(
  data: CalibrationData,
  split: Split,
  procedure: Procedure,
  epsilon: number,
  options: ProcedureOptions,
): Promise<Fit> {
  const [one] = await fitSplit(data, split, [procedure], [epsilon], options, {
    seed: 0,
    run: 0,
    more: [epsilon],
  });
  return (one as NonNullable<typeof one>).fits[0] as Fit;
}
