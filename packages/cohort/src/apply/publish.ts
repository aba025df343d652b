import type { CalibratedInterval } from '@semcrc/core';

/** The volumes written; two-sided λ come as two. */
export type Output = 'lower' | 'upper' | 'width' | 'lambda' | 'lambda-below' | 'lambda-above' | 'point';

/** What is written, by volume; the corrected point beside it. */
export type Published = Readonly<Record<Exclude<Output, 'point'>, Float32Array>>;

/** A corrected point in the results' unit. */
export function publishPoint(
  point: Float32Array,
  units: 'window' | 'hu',
  [lo, hi]: readonly [number, number],
): Float32Array {
  return units === 'window' ? point : point.map((value) => lo + value * (hi - lo));
}

/** Bounds in windowed intensity, as they are. */
export function publishInWindow({ lower, upper, lambdaBelow, lambdaAbove }: CalibratedInterval): Published {
  const width = upper.map((value, voxel) => value - (lower[voxel] as number));
  return {
    lower,
    upper,
    width,
    lambda: lambdaBelow,
    'lambda-below': lambdaBelow,
    'lambda-above': lambdaAbove,
  };
}

/**
 * Bounds in HU, rounded outward once more: an intensity that windowing rounds to the bound stays inside. They are
 * multiples of a power of two that f32 holds exactly over the whole window, so widths are exact.
 */
export function publishInHu([lo, hi]: readonly [number, number]): (result: CalibratedInterval) => Published {
  const span = hi - lo;
  const step = 2 ** (Math.ceil(Math.log2(Math.max(Math.abs(lo), Math.abs(hi), 1))) - 23);
  // Twice the half ulp by which rounding may move an intensity up to 1.
  const slack = span * 2 ** -24;
  const scaled = (lambda: Float32Array) => lambda.map((value) => value * span);
  return ({ lower, upper, lambdaBelow, lambdaAbove }) => {
    const low = lower.map((value) =>
      value <= 0 ? lo : Math.max(lo, Math.floor((lo + value * span - slack) / step) * step),
    );
    const high = upper.map((value) =>
      value >= 1 ? hi : Math.min(hi, Math.ceil((lo + value * span + slack) / step) * step),
    );
    const width = high.map((value, voxel) => value - (low[voxel] as number));
    const below = scaled(lambdaBelow);
    return {
      lower: low,
      upper: high,
      width,
      lambda: below,
      'lambda-below': below,
      'lambda-above': scaled(lambdaAbove),
    };
  };
}
