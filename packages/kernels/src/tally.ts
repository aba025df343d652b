import { checkColumn, checkColumns, checkGroups } from './arguments.ts';
import type { Groups, Intervals } from './columns.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { forEachChunk, GroupOperand, Operand } from './staging.ts';

/**
 * Widths of intervals, and their sums by group: out = upper − lower, rounded to f32, and sums[group] += out in f64, voxel after
 * voxel, so that a scan summed piece by piece comes out as one summed whole. NaN shows.
 *
 * @param groups one per voxel, below sums.length.
 * @param sums added to.
 * @param out as long as the intervals; may be one of the bounds.
 * @throws SemcrcError `bad-input` on wrong types or lengths, or a group out of range (with its index).
 */
export function sumWidths(
  k: Kernels,
  { lower, upper }: Intervals,
  groups: Groups,
  sums: Float64Array,
  out: Float32Array,
): void {
  const n = checkColumns('Float32Array', { lower, upper, out });
  checkColumns('Float64Array', { sums });
  checkGroups(groups, sums.length, n);
  const instance = instanceOf(k);
  instance.scoped(() => {
    const low = new Operand(instance, lower);
    const high = new Operand(instance, upper);
    const target = new Operand(instance, out);
    const labels = new GroupOperand(instance, groups, sums.length);
    const own = instance.takeCopy(sums);
    const add = labels.wide ? instance.raw.widths16 : instance.raw.widths8;
    forEachChunk(n, (start, count) => {
      const group = labels.load(start, count);
      add(low.load(start, count), high.load(start, count), group, count, own, target.target(start));
      target.store(start, count);
    });
    sums.set(new Float64Array(instance.memory.buffer, own, sums.length));
  });
}

/**
 * How many voxels of each group are marked.
 *
 * @param marks 0 or 1 for each voxel.
 * @param groups one per voxel, below groupCount.
 * @returns counts, length groupCount.
 * @throws SemcrcError `bad-input` on wrong types or lengths, or a group out of range (with its index).
 */
export function countMarked(k: Kernels, marks: Uint8Array, groups: Groups, groupCount: number): Uint32Array {
  checkColumn('Uint8Array', 'marks', marks, groups.length);
  checkGroups(groups, groupCount, marks.length);
  const instance = instanceOf(k);
  const counts = new Uint32Array(groupCount);
  instance.scoped(() => {
    const values = new Operand(instance, marks);
    const labels = new GroupOperand(instance, groups, groupCount);
    const own = instance.takeZeroed(groupCount * 4);
    const count = labels.wide ? instance.raw.marked16 : instance.raw.marked8;
    forEachChunk(marks.length, (start, size) => {
      count(values.load(start, size), labels.load(start, size), size, own);
    });
    counts.set(instance.uint32(own, groupCount));
  });
  return counts;
}
