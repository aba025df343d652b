import { checkColumns, checkGamma, checkLevels, checkNonNegative, checkOffsets } from './arguments.ts';
import type { Bounds, LossSums } from './columns.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { CHUNK, Operand } from './staging.ts';

/**
 * The convex surrogate of the 0-1 loss and its derivative, summed per segment in f64. With c = (lower + upper)/2,
 * i = upper − lower and q = γ/(1 − γ), a voxel's loss is ℓ^γ = max(0, 2(1 + q)·|truth − c|/(i + 2λ) − q)
 * (section 3.3; K-RCPS eq. 13). truth = c counts 0; i + 2λ = 0 with truth ≠ c counts +Infinity, its slope −Infinity.
 * At the kink the slope is the right derivative, 0.
 *
 * Arrays on kernel memory are swept without a copy; the result is the same to the bit either way. NaN comes out as NaN.
 *
 * @param columns sanitized (lower ≤ upper), contiguous by segment.
 * @param offsets segment s owns offsets[s] (inclusive) to offsets[s + 1] (exclusive); never decreasing.
 * @param lambda f64, one per segment, ≥ 0, +Infinity allowed.
 * @param gamma 0 ≤ γ < 1.
 * @returns sums per segment, not divided by voxel counts.
 * @throws SemcrcError `bad-input` on wrong types or lengths, offsets out of order or range, λ or γ out of range.
 */
export function lossSweep(
  k: Kernels,
  columns: Bounds,
  offsets: Uint32Array,
  lambda: Float64Array,
  gamma: number,
): LossSums {
  const { truth, lower, upper } = columns;
  const segments = checkOffsets(offsets, checkColumns('Float32Array', { truth, lower, upper }));
  checkLevels('Float64Array', 'lambda', lambda, segments);
  checkNonNegative('lambda', lambda);
  checkGamma(gamma);
  const instance = instanceOf(k);
  const loss = new Float64Array(segments);
  const slope = new Float64Array(segments);
  const scope = instance.open();
  try {
    const x = new Operand(instance, truth);
    const a = new Operand(instance, lower);
    const b = new Operand(instance, upper);
    const result = instance.take(16);
    const sums = new Float64Array(instance.memory.buffer, result, 2);
    for (let s = 0; s < segments; s++) {
      const end = offsets[s + 1];
      for (let start = offsets[s]; start < end; start += CHUNK) {
        const count = Math.min(CHUNK, end - start);
        const px = x.load(start, count);
        instance.raw.loss(px, a.load(start, count), b.load(start, count), count, lambda[s], gamma, 1, result);
        loss[s] += sums[0];
        slope[s] -= sums[1];
      }
    }
    for (let s = 0; s < segments; s++) {
      // At the kink a/d may round to just below γ.
      loss[s] = Math.max(0, loss[s]) / (1 - gamma);
      slope[s] *= 2 / (1 - gamma);
    }
  } finally {
    instance.close(scope);
  }
  return { loss, slope };
}
