import { firstMissed, firstMissedOfAll } from './first-missed.ts';
import type { LossTable } from './loss-table.ts';
import { lossesOfUnits } from './loss-units.ts';
import type { PickedScores, ScoreBuckets } from './score-buckets.ts';

/** A λ, and what is missed there. */
export interface End {
  readonly lambda: number;
  /** Index of the first score missed, list by list. */
  readonly first: Uint32Array;
  /** Mean loss, but for rounding. */
  readonly risk: number;
  /** Scores that are not missed. */
  readonly covered: number;
}

/** The scores above one λ and up to another. */
export interface Stretch {
  readonly low: End;
  readonly high: End;
  /** The same scores again, side by side, where it is slow to read them where they are. */
  readonly copy: ScoreCopy | null;
}

/** Scores, and the list that each is from: its index. */
export interface ScoreCopy {
  readonly scores: Float32Array;
  readonly lists: Uint32Array;
}

/** Two λ in a stretch, and about how many scores lie between them. */
export interface Span {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The scores of all lists of a table as one, for one λ that decides on them all. */
export class PooledScores {
  readonly whole: Stretch;
  readonly #table: LossTable;
  /** What one missed score of each list adds to the mean loss. */
  readonly #weight: Float64Array;

  constructor(table: LossTable) {
    const { lists, weights, largestScore } = table;
    this.#table = table;
    const { start, end, scan } = lists;
    this.#weight = Float64Array.from(scan, (scan) => weights.weights[scan]);
    let risk = 0;
    let covered = 0;
    for (let list = 0; list < start.length; list++) {
      risk += (end[list] - start[list]) * this.#weight[list];
      covered += end[list] - start[list];
    }
    const low = { lambda: 0, first: start, risk, covered: 0 };
    const high = { lambda: largestScore, first: end, risk: 0, covered };
    this.whole = { low, high, copy: null };
  }

  /** How many lists there are. */
  get lists(): number {
    return this.#weight.length;
  }

  /**
   * Standard deviation of a mean loss told from every so manyth score: in each list it is off by up to so many scores, by
   * one number as likely as by another.
   */
  deviation(every: number): number {
    return every * Math.sqrt(this.#weight.reduce((sum, weight) => sum + weight * weight, 0) / 12);
  }

  /** Loss of each unit at a λ within a stretch. */
  lossesAt(lambda: number, { low, high }: Stretch): Float64Array {
    const { lists, weights, units } = this.#table;
    const { scores, end, scan } = lists;
    const misses = new Float64Array(weights.denominators.length);
    for (let list = 0; list < scores.length; list++) {
      misses[scan[list]] += end[list] - firstMissed(scores[list], low.first[list], high.first[list], lambda);
    }
    return lossesOfUnits(weights, misses, new Float64Array(units.length));
  }

  /** Counts the scores of a stretch. */
  count({ low, high, copy }: Stretch, buckets: ScoreBuckets): void {
    if (copy) buckets.addEach(copy.scores, copy.lists, this.#weight);
    else this.sample(low, high, 1, buckets);
  }

  /** Counts every so manyth score between two λ, list after list, each for all that it stands for. */
  sample(low: End, high: End, every: number, buckets: ScoreBuckets): void {
    const { scores } = this.#table.lists;
    let skip = every >> 1;
    for (let list = 0; list < scores.length; list++) {
      const end = high.first[list];
      skip = buckets.add(scores[list], low.first[list] + skip, end, every, every * this.#weight[list]) - end;
    }
  }

  /** The scores of a stretch in the buckets wanted, and what missing each adds to the mean loss. */
  pick({ low, high, copy }: Stretch, buckets: ScoreBuckets, wanted: Uint8Array): PickedScores {
    const { scores } = this.#table.lists;
    const picked = { scores: [], losses: [] };
    if (copy) {
      buckets.pickEach(copy.scores, copy.lists, this.#weight, wanted, picked);
    } else {
      for (let list = 0; list < scores.length; list++) {
        buckets.pick(scores[list], low.first[list], high.first[list], this.#weight[list], wanted, picked);
      }
    }
    return picked;
  }

  /** The parts of a stretch in spans, which ascend and do not overlap. */
  divide({ low, high }: Stretch, spans: readonly Span[]): Stretch[] {
    const { scores } = this.#table.lists;
    const lows = Float32Array.from(spans, (span) => span.low);
    const met = new Uint32Array(spans.length);
    const copies = new ScoreCopies(spans, scores.length);
    for (let list = 0; list < scores.length; list++) {
      firstMissedOfAll(scores[list], low.first[list], high.first[list], lows, met);
      copies.take(list, scores[list], met, high.first[list]);
    }
    return spans.map((span, part) => {
      const { first, last, copy } = copies.part(part);
      return { low: this.#endAt(span.low, first, low), high: this.#endAt(span.high, last, low), copy };
    });
  }

  /** A λ that misses from given scores on, seen from a lower one. */
  #endAt(lambda: number, first: Uint32Array, below: End): End {
    let { risk, covered } = below;
    for (let list = 0; list < first.length; list++) {
      const count = first[list] - below.first[list];
      risk -= count * this.#weight[list];
      covered += count;
    }
    return { lambda, first, risk, covered };
  }
}

/** Spans with no more scores than this for each list are copied as the lists are walked, while they are near the processor. */
const SCATTERED = 64;

/** Takes the scores of several spans from list after list, and copies those of spans with few. */
class ScoreCopies {
  readonly #listCount: number;
  readonly #high: Float32Array;
  /** By span and list, spans one after the other: where the scores of the list start and end. */
  readonly #first: Uint32Array;
  readonly #last: Uint32Array;
  /** Copies, one after the other: where that of each span starts, is filled up to, and ends. */
  readonly #scores: Float32Array;
  readonly #lists: Uint32Array;
  readonly #start: Uint32Array;
  readonly #filled: Uint32Array;
  readonly #end: Uint32Array;

  constructor(spans: readonly Span[], lists: number) {
    this.#listCount = lists;
    this.#high = Float32Array.from(spans, ({ high }) => high);
    this.#first = new Uint32Array(spans.length * lists);
    this.#last = new Uint32Array(spans.length * lists);
    this.#start = new Uint32Array(spans.length);
    this.#end = new Uint32Array(spans.length);
    let total = 0;
    for (const [span, { count }] of spans.entries()) {
      this.#start[span] = total;
      if (count <= SCATTERED * lists) total += Math.ceil(1.5 * count) + lists;
      this.#end[span] = total;
    }
    this.#filled = this.#start.slice();
    this.#scores = new Float32Array(total);
    this.#lists = new Uint32Array(total);
  }

  /** Takes the scores of each span from a list that holds no more from `end` on: they start at `first`. */
  take(list: number, own: Float32Array, first: Uint32Array, end: number): void {
    const scores = this.#scores;
    const lists = this.#lists;
    let row = list;
    for (let span = 0; span < first.length; span++) {
      const high = this.#high[span];
      const room = this.#end[span];
      let filled = this.#filled[span];
      let at = first[span];
      for (; at < end && own[at] <= high && filled < room; at++) {
        scores[filled] = own[at];
        lists[filled++] = list;
      }
      // Beyond the room for a copy the scores are only counted.
      if (filled === room) at = firstMissed(own, at, end, high);
      this.#filled[span] = filled;
      this.#first[row] = first[span];
      this.#last[row] = at;
      row += this.#listCount;
    }
  }

  /** Where the scores of a span are: in the lists, and in a copy if all of them are. */
  part(span: number): {
    readonly first: Uint32Array;
    readonly last: Uint32Array;
    readonly copy: ScoreCopy | null;
  } {
    const row = span * this.#listCount;
    const [start, end] = [this.#start[span], this.#filled[span]];
    const whole = end < this.#end[span];
    return {
      first: this.#first.subarray(row, row + this.#listCount),
      last: this.#last.subarray(row, row + this.#listCount),
      copy: whole
        ? { scores: this.#scores.subarray(start, end), lists: this.#lists.subarray(start, end) }
        : null,
    };
  }
}
