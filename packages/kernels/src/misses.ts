import type { Groups } from './columns.ts';
import type { Kernels } from './instance.ts';
import * as twin from './scalar/misses.ts';

export function missesByGroup(
  _k: Kernels,
  scores: Float32Array,
  groups: Groups,
  groupCount: number,
  lambda: Float32Array,
): Uint32Array {
  return twin.missesByGroup(scores, groups, groupCount, lambda);
}

export function missesBySegment(
  _k: Kernels,
  scores: Float32Array,
  offsets: Uint32Array,
  lambda: Float32Array,
): Uint32Array {
  return twin.missesBySegment(scores, offsets, lambda);
}
