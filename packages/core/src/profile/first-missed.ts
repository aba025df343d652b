import type { SortedNumbers } from './sorted-numbers.ts';

/** Index, from `low` up to `high`, of the first of ascending scores that λ misses: the first that exceeds it. */
export function firstMissed(scores: SortedNumbers, low: number, high: number, lambda: number): number {
  if (!(scores instanceof Float32Array)) return scores.firstAbove(low, high, lambda);
  let first = low;
  let end = high;
  while (first < end) {
    const middle = (first + end) >>> 1;
    if (scores[middle] > lambda) end = middle;
    else first = middle + 1;
  }
  return first;
}
