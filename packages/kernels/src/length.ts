import { checkColumns, checkLevels, checkOffsets } from './arguments.ts';
import type { Intervals } from './columns.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { forEachPiece, Operand } from './staging.ts';

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
      const [pa, pb] = [a.load(start, count), b.load(start, count)];
      const near = isNear(lambdaBelow[s]) && isNear(lambdaAbove[s]);
      const sum = near ? instance.raw.clampedLength : instance.raw.clampedLengthAny;
      length[s] += sum(pa, pb, count, lambdaBelow[s], lambdaAbove[s]);
    });
  });
  return length;
}
