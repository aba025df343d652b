import { checkColumns } from './arguments.ts';
import type { Bounds, ScaledBounds } from './columns.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { CHUNK, forEachChunk, Operand } from './staging.ts';

/**
 * Scores: the smallest λ that covers each voxel, negative inside the interval. In f32,
 * out = max(lower − truth, truth − upper), each difference rounded once (the 0-1 loss of eq. 3 misses a voxel iff its
 * score exceeds λ).
 *
 * @param columns windowed intensities, bounds not crossed, all of one length. NaN gives a NaN score.
 * @param out as long as the columns.
 * @throws SemcrcError `bad-input` on wrong types or lengths.
 */
export function computeScores(k: Kernels, columns: Bounds, out: Float32Array): void {
  const { truth, lower, upper } = columns;
  const n = checkColumns('Float32Array', { truth, lower, upper, out });
  const instance = instanceOf(k);
  const scope = instance.open();
  try {
    const x = new Operand(instance, truth);
    const a = new Operand(instance, lower);
    const b = new Operand(instance, upper);
    const result = new Operand(instance, out);
    for (let start = 0; start < n; start += CHUNK) {
      const count = Math.min(CHUNK, n - start);
      const target = result.target(start);
      instance.raw.scores(x.load(start, count), a.load(start, count), b.load(start, count), target, count);
      result.store(start, count);
    }
  } finally {
    instance.close(scope);
  }
}

/**
 * Scores of intervals lower − λ·lowerWeight … upper + λ·upperWeight:
 * out = max((lower − truth)/lowerWeight, (truth − upper)/upperWeight), each step rounded to f32.
 *
 * @param columns all of one length; weights positive (a zero weight gives ±Infinity or NaN).
 * @param out as long as the columns.
 * @throws SemcrcError `bad-input` on wrong types or lengths.
 */
export function computeScaledScores(k: Kernels, columns: ScaledBounds, out: Float32Array): void {
  const { truth, lower, upper, lowerWeight, upperWeight } = columns;
  const inputs = { truth, lower, upper, lowerWeight, upperWeight };
  const n = checkColumns('Float32Array', { ...inputs, out });
  const instance = instanceOf(k);
  instance.scoped(() => {
    const [x, a, b, wa, wb] = Object.values(inputs).map((column) => new Operand(instance, column));
    const result = new Operand(instance, out);
    forEachChunk(n, (start, count) => {
      instance.raw.scaledScores(
        x.load(start, count),
        a.load(start, count),
        b.load(start, count),
        wa.load(start, count),
        wb.load(start, count),
        result.target(start),
        count,
      );
      result.store(start, count);
    });
  });
}

/**
 * Index of the first NaN, −1 if there is none. The probe to make of every truth, bound and score before it is used:
 * the kernels never count NaN as covered (scores of NaN are NaN, misses count them as missed, sorts and profiles
 * refuse them, sums come out NaN), but only the caller can name the scan.
 */
export function firstNaN(k: Kernels, values: Float32Array): number {
  const n = checkColumns('Float32Array', { values });
  const instance = instanceOf(k);
  const scope = instance.open();
  try {
    const operand = new Operand(instance, values);
    for (let start = 0; start < n; start += CHUNK) {
      const count = Math.min(CHUNK, n - start);
      const index = instance.raw.firstNaN(operand.load(start, count), count);
      if (index >= 0) return start + index;
    }
    return -1;
  } finally {
    instance.close(scope);
  }
}
