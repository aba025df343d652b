/**
 * The p-quantile of ascending values by linear interpolation between order statistics (numpy's default, type 7 of
 * Hyndman and Fan 1996), in f64.
 *
 * @param sorted at least one value, ascending
 * @param p in [0, 1]
 */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below];
  if (below + 1 >= sorted.length) return low;
  const high = sorted[below + 1];
  return low + (high - low) * (at - below);
}

/**
 * Cuts of ascending values into `bins` parts of equal share: the inner quantiles, equal cuts merged and a cut equal to
 * the maximum dropped (it would leave an empty part). A value equal to a cut belongs to the part below.
 */
export function quantileCuts(sorted: ArrayLike<number>, bins: number): number[] {
  const cuts: number[] = [];
  if (sorted.length === 0) return cuts;
  const largest = sorted[sorted.length - 1];
  for (let part = 1; part < bins; part++) {
    const cut = quantileOfSorted(sorted, part / bins);
    if (cut < largest && cut !== cuts[cuts.length - 1]) cuts.push(cut);
  }
  return cuts;
}

/** Number of cuts strictly below `value`: the part it falls in. */
export function partOf(value: number, cuts: readonly number[]): number {
  let part = 0;
  while (part < cuts.length && value > cuts[part]) part++;
  return part;
}
