/** Losses of n exchangeable units (patients) at one λ: mean and sample standard deviation, null for fewer than two. */
export interface Losses {
  readonly n: number;
  readonly mean: number;
  readonly sd: number | null;
}

/** What some losses, one per unit, come to. */
export function lossesOf(losses: ArrayLike<number>): Losses {
  const n = losses.length;
  if (n === 0) return { n, mean: 0, sd: null };
  let [sum, square] = [0, 0];
  for (let unit = 0; unit < n; unit++) sum += losses[unit];
  const mean = sum / n;
  for (let unit = 0; unit < n; unit++) square += (losses[unit] - mean) ** 2;
  return { n, mean, sd: n < 2 ? null : Math.sqrt(square / (n - 1)) };
}
