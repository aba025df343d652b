import type { Groups } from './columns.ts';
import type { Kernels } from './instance.ts';
import * as twin from './scalar/gather.ts';

export function countGroups(_k: Kernels, groups: Groups, groupCount: number): Uint32Array {
  return twin.countGroups(groups, groupCount);
}

export function gather(
  _k: Kernels,
  groups: Groups,
  groupCount: number,
  columns: readonly Float32Array[],
  out: readonly Float32Array[],
): Uint32Array {
  return twin.gather(groups, groupCount, columns, out);
}
