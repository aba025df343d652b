import { coverageSweep, type Kernels } from '@semcrc/kernels';
import { type HeuristicOptions, intervalOf, QUANTILE } from './interval.ts';
import { type Labels, labelIds, organSlots } from './labels.ts';

import { scoreSample } from './profile.ts';
import type { Sample } from './sample.ts';

/** Missed voxels of one scan at each λ of a grid, by label id: what a risk curve R̂(λ) is averaged from. */
export interface ScanCurve {
  readonly scan: string;
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
  heuristic: HeuristicOptions = QUANTILE,
): ScanCurve {
  const slots = organSlots(labels);
  const scores = new Float32Array(sample.truth.length);
  scoreSample(kernels, sample, intervalOf(sample, heuristic), scores);
  const counts = coverageSweep(kernels, scores, sample.groups, slots, grid);
  const voxels: Record<string, number> = {};
  const misses: Record<string, number[]> = {};
  const sizes = new Uint32Array(slots);
  for (const group of sample.groups) sizes[group]++;
  for (const id of labelIds(labels)) {
    if (sizes[id] === 0) continue;
    voxels[id] = sizes[id];
    misses[id] = Array.from(counts.subarray(id * grid.length, (id + 1) * grid.length));
  }
  return { scan: sample.id, voxels, misses };
}

/** Risk at each λ of a grid: means over scans, whole scans and by label id over the scans that contain the label. */
export interface RiskCurve {
  readonly lambda: readonly number[];
  readonly risk: readonly number[];
  readonly organs: Readonly<Record<string, readonly number[]>>;
}

/** Averages scans' sweeps over the same grid. */
export function averageCurves(grid: Float32Array, curves: readonly ScanCurve[]): RiskCurve {
  const ids = [...new Set(curves.flatMap((curve) => Object.keys(curve.voxels)))]
    .map(Number)
    .sort((a, b) => a - b);
  const organs: Record<string, number[]> = {};
  for (const id of ids) {
    const members = curves.filter((curve) => curve.voxels[id] > 0);
    organs[id] = Array.from(grid, (_, at) =>
      members.reduce((sum, curve) => sum + curve.misses[id][at] / curve.voxels[id] / members.length, 0),
    );
  }
  const risk = Array.from(grid, (_, at) =>
    curves.reduce((sum, { voxels, misses }) => {
      const size = Object.values(voxels).reduce((total, count) => total + count, 0);
      const missed = Object.values(misses).reduce((total, counts) => total + counts[at], 0);
      return sum + missed / size / curves.length;
    }, 0),
  );
  return { lambda: Array.from(grid), risk, organs };
}
