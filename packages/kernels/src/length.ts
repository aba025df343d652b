import {
  checkColumns,
  checkGroups,
  checkLevels,
  checkOffsets,
  checkParts,
  checkSlices,
} from './arguments.ts';
import type { Groups, Intervals } from './columns.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { CHUNK, forEachPiece, GroupOperand, Operand, takeParts } from './staging.ts';

/** Shifts in this range keep full precision in the fast kernel; a useful λ is at most 1. */
const isNear = (lambda: number): boolean => lambda >= 0 && lambda <= 2;

/**
 * Interval length inside the data range, summed per segment in f64:
 * Σ clamp(upper + lambdaAbove) − clamp(lower − lambdaBelow), clamp to [0, 1]. Divide by voxel counts for the mean
 * length Ī. One-sided callers pass the same λ twice.
 *
 * Arrays on kernel memory are swept without a copy; the result is the same to the bit either way. NaN comes out as NaN.
 *
 * @param columns contiguous by segment; any values will do, but sanitized ones (in [0, 1]) and λ from 0 to 2 are quickest.
 * @param offsets segment s owns offsets[s] (inclusive) to offsets[s + 1] (exclusive); never decreasing.
 * @param lambdaBelow f64, one per segment, ±Infinity allowed.
 * @param lambdaAbove f64, one per segment, ±Infinity allowed.
 * @throws SemcrcError `bad-input` on wrong types or lengths, offsets out of order or range, or a NaN λ.
 */
export function clampedLength(
  k: Kernels,
  columns: Intervals,
  offsets: Uint32Array,
  lambdaBelow: Float64Array,
  lambdaAbove: Float64Array,
): Float64Array {
  const { lower, upper } = columns;
  const segments = checkOffsets(offsets, checkColumns('Float32Array', { lower, upper }));
  checkLevels('Float64Array', 'lambdaBelow', lambdaBelow, segments);
  checkLevels('Float64Array', 'lambdaAbove', lambdaAbove, segments);
  const instance = instanceOf(k);
  const length = new Float64Array(segments);
  instance.scoped(() => {
    const a = new Operand(instance, lower);
    const b = new Operand(instance, upper);
    forEachPiece(offsets, (s, start, count) => {
      const near = isNear(lambdaBelow[s]) && isNear(lambdaAbove[s]);
      const sum = near ? instance.raw.clampedLength : instance.raw.clampedLengthAny;
      length[s] += sum(a.load(start, count), b.load(start, count), count, lambdaBelow[s], lambdaAbove[s]);
    });
  });
  return length;
}

/**
 * As `clampedLength` with voxels in any order, summed per group, and with λ constant over parts of the plane:
 * Σ clamp(upper + lambdaAbove[p]) − clamp(lower − lambdaBelow[p]), p = parts[pixel], over the voxels of each group.
 * Equal λ on both sides are quickest.
 *
 * @param columns slice after slice; any values will do. NaN comes out as NaN.
 * @param groups one per voxel.
 * @param groupCount 1 … 65536; every group number must be below it.
 * @param parts part of each pixel of a slice, below lambdaBelow.length.
 * @param lambdaBelow f64, one per part (1 … 256), ±Infinity allowed.
 * @param lambdaAbove f64, one per part, ±Infinity allowed.
 * @returns f64 sums, length groupCount.
 * @throws SemcrcError `bad-input` on wrong types or lengths, slices that are not whole, a NaN λ, or a group or part out
 * of range (with its index).
 */
export function clampedLengthByPixel(
  k: Kernels,
  columns: Intervals,
  groups: Groups,
  groupCount: number,
  parts: Uint8Array,
  lambdaBelow: Float64Array,
  lambdaAbove: Float64Array,
): Float64Array {
  const { lower, upper } = columns;
  const n = checkColumns('Float32Array', { lower, upper });
  checkGroups(groups, groupCount, n);
  checkLevels('Float64Array', 'lambdaBelow', lambdaBelow, lambdaBelow.length);
  checkLevels('Float64Array', 'lambdaAbove', lambdaAbove, lambdaBelow.length);
  checkParts(parts, lambdaBelow.length);
  checkSlices(parts.length, n);
  const instance = instanceOf(k);
  const { raw } = instance;
  const pixels = parts.length;
  const scope = instance.open();
  try {
    const a = new Operand(instance, lower);
    const b = new Operand(instance, upper);
    const labels = new GroupOperand(instance, groups, groupCount);
    const plane = takeParts(instance, parts, lambdaBelow.length);
    const oneSided = lambdaBelow.every((level, part) => level === lambdaAbove[part]);
    const levelsBelow = instance.takeCopy(lambdaBelow);
    const levelsAbove = instance.takeCopy(lambdaAbove);
    const below = instance.take(CHUNK * 8);
    const above = oneSided ? below : instance.take(CHUNK * 8);
    const sums = instance.takeZeroed(groupCount * 8);
    const addLengths = labels.wide ? raw.clampedLengthByPixel16 : raw.clampedLengthByPixel8;
    // λ is looked up once for a stretch of pixels and serves it in every slice.
    for (let from = 0; from < pixels; from += CHUNK) {
      const count = Math.min(CHUNK, pixels - from);
      raw.levelsOfParts(plane + from, count, levelsBelow, below);
      if (!oneSided) raw.levelsOfParts(plane + from, count, levelsAbove, above);
      for (let start = from; start < n; start += pixels) {
        const group = labels.load(start, count);
        addLengths(a.load(start, count), b.load(start, count), group, count, below, above, sums);
      }
    }
    return new Float64Array(instance.memory.buffer, sums, groupCount).slice();
  } finally {
    instance.close(scope);
  }
}
