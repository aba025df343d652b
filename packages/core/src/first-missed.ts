/** Index, from `low` up to `high`, of the first of ascending scores that λ misses: the first that exceeds it. */
export function firstMissed(scores: Float32Array, low: number, high: number, lambda: number): number {
  let first = low;
  let end = high;
  while (first < end) {
    const middle = (first + end) >>> 1;
    if (scores[middle] > lambda) end = middle;
    else first = middle + 1;
  }
  return first;
}

/** `firstMissed`, quick where it lies near `low`. */
export function firstMissedFromLow(scores: Float32Array, low: number, high: number, lambda: number): number {
  let first = low;
  let next = low;
  for (let step = 1; next < high && scores[next] <= lambda; step *= 2) {
    first = next + 1;
    next += step;
  }
  return firstMissed(scores, first, Math.min(next, high), lambda);
}

/** `firstMissed`, quick where it lies near `high`. */
export function firstMissedFromHigh(scores: Float32Array, low: number, high: number, lambda: number): number {
  let first = high;
  let next = high;
  for (let step = 1; next > low && scores[next - 1] > lambda; step *= 2) {
    first = next - 1;
    next -= step;
  }
  return firstMissed(scores, Math.max(next, low), first, lambda);
}

/** `firstMissed` of each λ, which ascend: the list is walked once for all of them. */
export function firstMissedOfAll(
  scores: Float32Array,
  low: number,
  high: number,
  lambda: Float32Array,
  out: Uint32Array,
): void {
  let first = low;
  for (let i = 0; i < lambda.length; i++) {
    const value = lambda[i];
    // Most often the next λ is no more than a few scores on.
    const near = Math.min(first + 4, high);
    while (first < near && scores[first] <= value) first++;
    if (first === near) first = firstMissedFromLow(scores, first, high, value);
    out[i] = first;
  }
}
