import type { LossesRecord } from '../records/run.ts';

/** The standard normal's 99% quantile: a measured risk this many standard errors above ε is flagged. */
export const FLAGGED_ABOVE = 2.33;

/**
 * Standard errors by which a measured mean loss lies above ε when both the calibration that chose λ̂ and the measurement
 * vary from draw to draw: z = (mean − ε) / (s·√(1/n_cal + 1/n_test)), s pooled over the patients of both.
 *
 * λ̂ follows the calibration scans, so the risk it has on new ones varies as their mean does; a test on the held-out
 * patients alone would take that for a broken promise, in one of seven honest calibrations. Null where neither
 * standard deviation is known; infinite where all losses are equal and above ε.
 */
export function standardErrorsAbove(epsilon: number, cal: LossesRecord, test: LossesRecord): number | null {
  const known = [cal, test].filter(({ sd, n }) => sd !== null && n > 1);
  if (known.length === 0 || cal.n === 0 || test.n === 0) return null;
  const square = known.reduce((sum, { sd, n }) => sum + (n - 1) * sd! ** 2, 0);
  const pooled = Math.sqrt(square / known.reduce((sum, { n }) => sum + n - 1, 0));
  return ratio(test.mean - epsilon, pooled * Math.sqrt(1 / cal.n + 1 / test.n));
}

/**
 * Standard errors by which a measured mean loss lies above ε for a λ̂ that is fixed: a one-sided test on the test
 * patients, for bounds that promise the risk of this very calibration.
 */
export function standardErrorsOfTest(epsilon: number, test: LossesRecord): number | null {
  if (test.sd === null || test.n < 2) return null;
  return ratio(test.mean - epsilon, test.sd / Math.sqrt(test.n));
}

function ratio(difference: number, error: number): number {
  return difference === 0 ? 0 : difference / error;
}

/**
 * The z above which one of several measured risks is flagged, so that all of them together are flagged wrongly no more
 * often than a single one above `FLAGGED_ABOVE` is (Bonferroni).
 */
export function flaggedAbove(comparisons: number): number {
  if (comparisons <= 1) return FLAGGED_ABOVE;
  const tail = normalTail(FLAGGED_ABOVE) / comparisons;
  let [low, high] = [FLAGGED_ABOVE, 10];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > tail) low = middle;
    else high = middle;
  }
  return high;
}

/** P(Z > z) of a standard normal for z ≥ 1, by Laplace's continued fraction; off by less than 1e-9 from z = 2 on. */
export function normalTail(z: number): number {
  let fraction = z;
  for (let term = 200; term >= 1; term--) fraction = z + term / fraction;
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / fraction;
}
