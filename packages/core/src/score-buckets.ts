/** No more buckets than the caches near the processor hold. */
const MOST = 2 ** 13;
const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** Scores, and what missing each adds to the mean loss. */
export interface PickedScores {
  readonly scores: number[];
  readonly losses: number[];
}

/**
 * What scores add to a mean loss, counted in buckets of equal width by value. Scores are counted where `of`
 * puts them, its terms read once for all.
 */
export class ScoreBuckets {
  readonly count: number;
  /** Sum of each bucket. */
  readonly loss: Float64Array;
  readonly #low: number;
  readonly #perUnit: number;

  /** Buckets from `low` to `high`, for about so many scores. */
  constructor(low: number, high: number, scores: number) {
    this.count = Math.min(2 ** Math.ceil(Math.log2(scores + 1)), MOST);
    this.loss = new Float64Array(this.count);
    this.#low = low;
    this.#perUnit = this.count / (Math.min(high, LARGEST_FLOAT) - low);
  }

  /** The bucket of a score from `low` on. */
  of(score: number): number {
    return Math.min((score - this.#low) * this.#perUnit, this.count - 1) | 0;
  }

  /** Counts every so manyth of some scores from `low` on; returns the index of the next, from `end` on. */
  add(scores: Float32Array, start: number, end: number, every: number, loss: number): number {
    const sums = this.loss;
    const low = this.#low;
    const perUnit = this.#perUnit;
    const last = this.count - 1;
    let at = start;
    for (; at < end; at += every) sums[Math.min((scores[at] - low) * perUnit, last) | 0] += loss;
    return at;
  }

  /** Counts scores from `low` on, each with the loss of its list. */
  addEach(scores: Float32Array, lists: Uint32Array, losses: Float64Array): void {
    const sums = this.loss;
    const low = this.#low;
    const perUnit = this.#perUnit;
    const last = this.count - 1;
    for (let at = 0; at < scores.length; at++) {
      sums[Math.min((scores[at] - low) * perUnit, last) | 0] += losses[lists[at]];
    }
  }

  /** Picks from some ascending scores those in the buckets wanted; equal ones as one. */
  pick(
    scores: Float32Array,
    start: number,
    end: number,
    loss: number,
    wanted: Uint8Array,
    picked: PickedScores,
  ): void {
    for (let at = start; at < end; at++) {
      if (wanted[this.of(scores[at])] === 0) continue;
      pickOne(scores[at], loss, picked);
    }
  }

  /** Picks the scores in the buckets wanted, each with the loss of its list. */
  pickEach(
    scores: Float32Array,
    lists: Uint32Array,
    losses: Float64Array,
    wanted: Uint8Array,
    picked: PickedScores,
  ): void {
    for (let at = 0; at < scores.length; at++) {
      if (wanted[this.of(scores[at])] === 0) continue;
      pickOne(scores[at], losses[lists[at]], picked);
    }
  }

  /** About where, within a bucket, its scores so far add up to a loss. */
  reaching(bucket: number, loss: number): number {
    const share = Math.min(Math.max(loss / this.loss[bucket], 0), 1);
    return this.#low + (bucket + share) / this.#perUnit;
  }
}

/** Adds a score to those picked; one equal to the last as part of it. */
function pickOne(score: number, loss: number, { scores, losses }: PickedScores): void {
  const last = scores.length - 1;
  if (scores[last] === score) {
    losses[last] += loss;
    return;
  }
  scores.push(score);
  losses.push(loss);
}
