import { checkColumns, checkGrid, checkGroups } from './arguments.ts';
import type { Groups } from './columns.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { forEachChunk, GroupOperand, Operand } from './staging.ts';

/**
 * Misses per group at every λ of a grid, in one pass: entry g·grid.length + t counts the voxels of group g with
 * score > grid[t]. Feeds the risk curve R̂(λ). A NaN score is missed everywhere.
 *
 * @param groups one per score.
 * @param grid λ in ascending order, equal neighbours allowed, +Infinity allowed; may be empty.
 * @returns counts, groupCount × grid.length, row by group.
 * @throws SemcrcError `bad-input` on wrong types or lengths, a grid that descends or holds NaN, or a group out of range.
 */
export function coverageSweep(
  k: Kernels,
  scores: Float32Array,
  groups: Groups,
  groupCount: number,
  grid: Float32Array,
): Uint32Array {
  const n = checkColumns('Float32Array', { scores });
  checkGroups(groups, groupCount, n);
  checkGrid(grid);
  const instance = instanceOf(k);
  const width = grid.length;
  const misses = new Uint32Array(groupCount * width);
  instance.scoped(() => {
    const values = new Operand(instance, scores);
    const labels = new GroupOperand(instance, groups, groupCount);
    if (width === 0) {
      forEachChunk(n, (start, count) => labels.load(start, count));
      return;
    }
    const { buckets, first, shift } = bucketTable(grid, n);
    const levels = instance.takeCopy(grid);
    const table = instance.takeCopy(buckets);
    const bucketCount = buckets.length - 1;
    const counters = groupCount * (width + 1);
    const histogram = instance.takeZeroed(counters * 4);
    const sweep = labels.wide ? instance.raw.sweep16 : instance.raw.sweep8;
    forEachChunk(n, (start, count) => {
      const group = labels.load(start, count);
      const score = values.load(start, count);
      sweep(score, group, count, levels, width, table, first, bucketCount, shift, histogram);
    });
    // A voxel with b grid points below its score is missed at exactly those: suffix sums.
    const counts = instance.uint32(histogram, counters);
    for (let g = 0; g < groupCount; g++) {
      let sum = 0;
      for (let t = width - 1; t >= 0; t--) {
        sum += counts[g * (width + 1) + t + 1];
        misses[g * width + t] = sum;
      }
    }
  });
  return misses;
}

/** Enough voxels that a table of the upper 16 bits of the scores' keys pays for itself. */
const MANY_VOXELS = 65536;

interface BucketTable {
  /** Grid points in buckets before first + t, for t = 0 … number of buckets. */
  readonly buckets: Uint32Array;
  readonly first: number;
  readonly shift: number;
}

/** Numbers the grid points by the upper bits of their order-preserving keys (those of `assembly/key.ts`). */
function bucketTable(grid: Float32Array, voxels: number): BucketTable {
  const shift = voxels >= MANY_VOXELS ? 16 : 31;
  // Adding +0 turns −0 into the +0 it equals: no score of −0 or +0 then has a zero of the grid in a bucket below its own.
  const bits = new Uint32Array(grid.map((level) => level + 0).buffer);
  const bucketOf = (t: number): number => {
    const key = bits[t] >>> 31 ? ~bits[t] : bits[t] | 0x80000000;
    return key >>> shift;
  };
  const first = bucketOf(0);
  const buckets = new Uint32Array(bucketOf(grid.length - 1) - first + 2);
  for (let t = 0; t < grid.length; t++) buckets[bucketOf(t) - first + 1]++;
  for (let b = 1; b < buckets.length; b++) buckets[b] += buckets[b - 1];
  return { buckets, first, shift };
}
