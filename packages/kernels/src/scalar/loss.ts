import type { Bounds, LossSums } from '../columns.ts';

/**
 * Twin of `lossSweep`. With a = |2x − lower − upper|, i = upper − lower, d = i + 2λ in f64 the loss of a voxel is
 * (a/d − γ)/(1 − γ) where a > γ·d, else 0; its derivative −2·a/d²/(1 − γ).
 */
export function lossSweep(
  { truth, lower, upper }: Bounds,
  offsets: Uint32Array,
  lambda: Float64Array,
  gamma: number,
): LossSums {
  const loss = new Float64Array(lambda.length);
  const slope = new Float64Array(lambda.length);
  for (let s = 0; s < lambda.length; s++) {
    const shift = 2 * lambda[s];
    let excess = 0;
    let fall = 0;
    for (let j = offsets[s]; j < offsets[s + 1]; j++) {
      const a = Math.abs(2 * truth[j] - lower[j] - upper[j]);
      const d = upper[j] - lower[j] + shift;
      if (!(a <= gamma * d)) {
        excess += a / d - gamma;
        fall += a / d / d;
      }
    }
    loss[s] = Math.max(0, excess) / (1 - gamma);
    slope[s] = fall === 0 ? 0 : (-2 * fall) / (1 - gamma);
  }
  return { loss, slope };
}
