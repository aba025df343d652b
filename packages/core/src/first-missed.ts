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

/** How many scores a long and a short stride skip. */
const LONG = 32;
const SHORT = 8;

/**
 * `firstMissed` of each λ, which ascend: the list is walked once for all of them, in long strides where many scores lie
 * between a λ and the next, in short ones where some do.
 */
export function firstMissedOfAll(
  scores: Float32Array,
  low: number,
  high: number,
  lambda: Float32Array,
  out: Uint32Array,
): void {
  const count = lambda.length;
  if (count === 0) return;
  let first = firstMissed(scores, low, high, lambda[0]);
  const end = firstMissed(scores, first, high, lambda[count - 1]);
  out[0] = first;
  if (first === end) {
    out.fill(end, 1, count);
    return;
  }
  const far = end - first > LONG * count;
  const near = end - first > SHORT * count;
  for (let i = 1; i < count; i++) {
    const value = lambda[i];
    if (far) {
      for (let next = first + LONG; next <= end && scores[next - 1] <= value; next += LONG) first = next;
    }
    if (near) {
      for (let next = first + SHORT; next <= end && scores[next - 1] <= value; next += SHORT) first = next;
    }
    while (first < end && scores[first] <= value) first++;
    out[i] = first;
  }
}
