import type { Groups } from '../columns.ts';

/** Twin of `countGroups`. */
export function countGroups(groups: Groups, groupCount: number): Uint32Array {
  const counts = new Uint32Array(groupCount);
  for (let j = 0; j < groups.length; j++) counts[groups[j]]++;
  return counts;
}

/** Twin of `gather`: a stable counting sort of every column by group. */
export function gather(
  groups: Groups,
  groupCount: number,
  columns: readonly Float32Array[],
  out: readonly Float32Array[],
): Uint32Array {
  const counts = countGroups(groups, groupCount);
  const offsets = new Uint32Array(groupCount + 1);
  for (let g = 0; g < groupCount; g++) offsets[g + 1] = offsets[g] + counts[g];
  const cursor = offsets.slice();
  for (let j = 0; j < groups.length; j++) {
    const place = cursor[groups[j]]++;
    for (let c = 0; c < columns.length; c++) out[c][place] = columns[c][j];
  }
  return offsets;
}
