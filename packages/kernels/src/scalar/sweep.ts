import type { Groups } from '../columns.ts';

/** Twin of `coverageSweep`: every voxel against every λ of the grid, by the definition. */
export function coverageSweep(
  scores: Float32Array,
  groups: Groups,
  groupCount: number,
  grid: Float32Array,
): Uint32Array {
  const width = grid.length;
  const misses = new Uint32Array(groupCount * width);
  for (let j = 0; j < scores.length; j++) {
    const row = groups[j] * width;
    for (let t = 0; t < width && !(scores[j] <= grid[t]); t++) misses[row + t]++;
  }
  return misses;
}
