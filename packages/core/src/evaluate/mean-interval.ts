/** A mean with its two-sided 95% confidence interval; the interval is null for fewer than two values. */
export interface MeanInterval {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Sample standard deviation of the values; null for fewer than two. */
  readonly sd: number | null;
}

/**
 * The mean of independent values with the interval mean ± t · s/√n of Student's t, n − 1 degrees of freedom, s the sample
 * standard deviation; cut at 0 and 1, which risks and lengths cannot leave.
 */
export function meanInterval(values: readonly number[]): MeanInterval {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, low: null, high: null, sd: null };
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sd = Math.sqrt(square / (n - 1));
  const half = student975(n - 1) * (sd / Math.sqrt(n));
  return { mean, low: Math.max(mean - half, 0), high: Math.min(mean + half, 1), sd };
}

/** The standard normal's 97.5% quantile. */
const Z = 1.959963984540054;

/**
 * The 97.5% quantile of Student's t: exact for one and two degrees of freedom, else the expansion about the normal
 * quantile (Abramowitz and Stegun 26.7.5), off by 0.12% at three degrees of freedom and by less beyond.
 */
export function student975(degrees: number): number {
  if (degrees === 1) return Math.tan(Math.PI * 0.475);
  if (degrees === 2) return 0.95 * Math.sqrt(2 / (1 - 0.95 ** 2));
  const g1 = (Z ** 3 + Z) / 4;
  const g2 = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  const g3 = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384;
  const g4 = (79 * Z ** 9 + 776 * Z ** 7 + 1482 * Z ** 5 - 1920 * Z ** 3 - 945 * Z) / 92160;
  return Z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3 + g4 / degrees ** 4;
}
