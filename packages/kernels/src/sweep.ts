import type { Groups } from './columns.ts';
import type { Kernels } from './instance.ts';
import * as twin from './scalar/sweep.ts';

export function coverageSweep(
  _k: Kernels,
  scores: Float32Array,
  groups: Groups,
  groupCount: number,
  grid: Float32Array,
): Uint32Array {
  return twin.coverageSweep(scores, groups, groupCount, grid);
}
