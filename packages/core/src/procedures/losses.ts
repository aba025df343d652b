/** Losses of n exchangeable units (patients) at one λ: mean and sample standard deviation, null for fewer than two. */
export interface Losses {
  readonly n: number;
  readonly mean: number;
  readonly sd: number | null;
}

/** What the calibration units lost at λ̂. */
export interface FitLosses {
  /** Of the whole scan. */
  readonly scan: Losses;
  /** By label id, of organs whose own risk is controlled, over the units that contain them. */
  readonly organs: Readonly<Record<string, Losses>>;
}

/** Mean and sample standard deviation of some losses, one per unit. */
export function lossesOf(losses: Float64Array): Losses {
  const n = losses.length;
  if (n === 0) return { n, mean: 0, sd: null };
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / n;
  const square = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
  return { n, mean, sd: n < 2 ? null : Math.sqrt(square / (n - 1)) };
}
