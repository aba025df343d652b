import type { Groups, Intervals } from '../columns.ts';

/** Twin of `sumWidths`: widths rounded once to f32, added in f64 in the order of voxels. */
export function sumWidths(
  { lower, upper }: Intervals,
  groups: Groups,
  sums: Float64Array,
  out: Float32Array,
): void {
  for (let j = 0; j < groups.length; j++) {
    out[j] = upper[j] - lower[j];
    sums[groups[j]] += out[j];
  }
}

/** Twin of `countMarked`. */
export function countMarked(marks: Uint8Array, groups: Groups, groupCount: number): Uint32Array {
  const counts = new Uint32Array(groupCount);
  for (let j = 0; j < groups.length; j++) counts[groups[j]] += marks[j];
  return counts;
}
