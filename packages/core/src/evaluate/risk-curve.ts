import { coverageSweep, type Kernels } from '@semcrc/kernels';
import { type Labels, labelIds, organSlots } from '../cohort/labels.ts';
import type { Sample } from '../cohort/sample.ts';
import { type HeuristicOptions, PAPER_OPTIONS } from '../options/procedure-options.ts';
import { intervalOf } from '../profile/interval.ts';

import { type Profile, scoreSample, type Within } from '../profile/profile.ts';
import { missesOfRegions } from './organ-sums.ts';
import { meanOverPatients } from './patient-means.ts';

/** Missed voxels of one scan at each λ of a grid, by label id: what a risk curve R̂(λ) is averaged from. */
export interface ScanCurve {
  readonly scan: string;
  readonly patient: string;
  readonly voxels: Readonly<Record<string, number>>;
  /** By label id, one count per λ of the grid. */
  readonly misses: Readonly<Record<string, readonly number[]>>;
}

/**
 * Sweeps one scan over an ascending grid of λ, the same λ in all groups, in a single pass over its voxels.
 */
export function sweepScan(
  kernels: Kernels,
  sample: Sample,
  labels: Labels,
  grid: Float32Array,
  options: HeuristicOptions & { readonly within?: Within } = PAPER_OPTIONS,
): ScanCurve {
  const slots = organSlots(labels);
  const scores = new Float32Array(sample.truth.length);
  scoreSample(kernels, sample, intervalOf(sample, options), scores);
  const counts = coverageSweep(kernels, scores, sample.organs, slots, grid);
  const voxels: Record<string, number> = {};
  const misses: Record<string, number[]> = {};
  const sizes = new Uint32Array(slots);
  for (const group of sample.organs) sizes[group]++;
  for (const id of labelIds(labels)) {
    if (sizes[id] === 0 || (id === 0 && options.within === 'body')) continue;
    voxels[id] = sizes[id];
    misses[id] = Array.from(counts.subarray(id * grid.length, (id + 1) * grid.length));
  }
  return { scan: sample.id, patient: sample.patient, voxels, misses };
}

/** As `sweepScan`, of a scan that is known by its profile over the organs. */
export function sweepProfile(profile: Profile, labels: Labels, grid: Float32Array): ScanCurve {
  const { scan, patient, organVoxels, regionCount } = profile;
  const voxels: Record<string, number> = {};
  const misses: Record<string, number[]> = {};
  const counts = Array.from(grid, (lambda) =>
    missesOfRegions(profile, new Float32Array(2 * regionCount).fill(lambda)),
  );
  for (const id of labelIds(labels)) {
    if (organVoxels[id] === 0) continue;
    voxels[id] = organVoxels[id];
    misses[id] = counts.map((own) => own[id]);
  }
  return { scan, patient, voxels, misses };
}

/** Risk at each λ of a grid: means over patients, whole scans and by label id over the scans that contain the label. */
export interface RiskCurve {
  readonly lambda: readonly number[];
  readonly risk: readonly number[];
  readonly organs: Readonly<Record<string, readonly number[]>>;
}

/** Averages scans' sweeps over the same grid; a patient counts with the mean over its scans. */
export function averageCurves(grid: Float32Array, curves: readonly ScanCurve[]): RiskCurve {
  const ids = [...new Set(curves.flatMap((curve) => Object.keys(curve.voxels)))]
    .map(Number)
    .sort((a, b) => a - b);
  const organs: Record<string, number[]> = {};
  for (const id of ids) organs[id] = meanCurve(grid, curves, (label) => label === String(id));
  return { lambda: Array.from(grid), risk: meanCurve(grid, curves, () => true), organs };
}

/** Mean share missed of the labels that count, over the patients whose scans contain any. */
function meanCurve(
  grid: Float32Array,
  curves: readonly ScanCurve[],
  counts: (label: string) => boolean,
): number[] {
  const shares = curves.flatMap(({ patient, voxels, misses }) => {
    const labels = Object.keys(voxels).filter(counts);
    const size = labels.reduce((sum, label) => sum + voxels[label], 0);
    if (size === 0) return [];
    return [
      { patient, share: (at: number) => labels.reduce((sum, label) => sum + misses[label][at], 0) / size },
    ];
  });
  return Array.from(grid, (_, at) => meanOverPatients(shares, ({ share }) => share(at)));
}
