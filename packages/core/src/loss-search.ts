import { firstMissed, firstMissedFromHigh, firstMissedFromLow } from './first-missed.ts';
import { type LossUnits, lossesOfUnits } from './loss-units.ts';
import type { ScoreLists } from './score-lists.ts';

/** The lists in which λ's of a search miss different scores; `count` places of each array over lists are in use. */
interface OpenLists {
  readonly count: number;
  readonly list: Uint32Array;
  /** Index of the first score missed: at the rejected end, and at the accepted one. */
  readonly least: Uint32Array;
  readonly most: Uint32Array;
  /** What one missed score adds to the mean loss. */
  readonly weight: Float64Array;
  /** Misses of each scan in the other lists, which every λ of the search misses alike. */
  readonly settled: Float64Array;
}

/**
 * Losses at λ's between a rejected one and an accepted one, component by component. What these two have settled is
 * hardly searched again: lists in which no score lies between them become a count of misses.
 */
export class LossSearch {
  readonly #lists: ScoreLists;
  readonly #units: LossUnits;
  #open: OpenLists;
  /** Mean loss at the rejected end. */
  #risk: number;
  /** Scores between the two ends. */
  #undecided: number;
  /** Of the λ looked at last: the first score missed in each open list, and what that comes to. */
  readonly #found: Uint32Array;
  #seen = { risk: 0, passed: 0, likeRejected: 0, likeAccepted: 0 };
  /** Memory for the misses of each scan. */
  readonly #misses: Float64Array;
  /** What this search was narrowed to last, and memory that it has of its own: both serve again the next time. */
  #within: LossSearch | null = null;
  #own: OpenLists | null = null;

  private constructor(
    lists: ScoreLists,
    units: LossUnits,
    open: OpenLists,
    risk: number,
    undecided: number,
    misses: Float64Array,
  ) {
    this.#lists = lists;
    this.#units = units;
    this.#open = open;
    this.#risk = risk;
    this.#undecided = undecided;
    this.#found = new Uint32Array(open.count);
    this.#misses = misses;
  }

  /** The search with every list open, from where each starts. */
  static over(lists: ScoreLists, units: LossUnits): LossSearch {
    const { start, end, scan } = lists;
    const scans = units.denominators.length;
    const count = start.length;
    const list = new Uint32Array(count);
    const weight = new Float64Array(count);
    for (let at = 0; at < count; at++) {
      list[at] = at;
      weight[at] = units.weights[scan[at]];
    }
    const settled = new Float64Array(scans);
    const open: OpenLists = { count, list, least: start, most: end, weight, settled };
    let risk = 0;
    let undecided = 0;
    for (let list = 0; list < count; list++) {
      const length = end[list] - start[list];
      undecided += length;
      risk += length * open.weight[list];
    }
    return new LossSearch(lists, units, open, risk, undecided, new Float64Array(scans));
  }

  /** Mean loss at the rejected end; over all λ, that of λ = 0. */
  get risk(): number {
    return this.#risk;
  }

  /** Scores that some λ of this search misses and another does not. */
  get undecided(): number {
    return this.#undecided;
  }

  /**
   * Counts what λ misses; returns the mean loss, but for rounding: the sum is taken in another order than `losses`.
   *
   * @param nearer the end that λ lies near to, if either: lists are searched from there
   */
  look(lambda: Float32Array, nearer: 'rejected' | 'accepted' | null = null): number {
    const { scores, parameter } = this.#lists;
    const { count, list: open, least, most, weight } = this.#open;
    const found = this.#found;
    const fromLow = nearer === 'rejected';
    const fromHigh = nearer === 'accepted';
    let risk = this.#risk;
    let passed = 0;
    let likeRejected = 0;
    let likeAccepted = 0;
    for (let at = 0; at < count; at++) {
      const list = open[at];
      const low = least[at];
      const high = most[at];
      const value = lambda[parameter[list]];
      const first = fromLow
        ? firstMissedFromLow(scores[list], low, high, value)
        : fromHigh
          ? firstMissedFromHigh(scores[list], low, high, value)
          : firstMissed(scores[list], low, high, value);
      found[at] = first;
      passed += first - low;
      risk -= (first - low) * weight[at];
      likeRejected += first === low ? 1 : 0;
      likeAccepted += first === high ? 1 : 0;
    }
    const seen = this.#seen;
    seen.risk = risk;
    seen.passed = passed;
    seen.likeRejected = likeRejected;
    seen.likeAccepted = likeAccepted;
    return risk;
  }

  /** Writes the loss of each unit at the λ looked at last to `losses` and returns it. */
  losses(losses: Float64Array): Float64Array {
    const { end, scan } = this.#lists;
    const { count, list: open, settled } = this.#open;
    const misses = this.#misses;
    misses.set(settled);
    for (let at = 0; at < count; at++) misses[scan[open[at]]] += end[open[at]] - this.#found[at];
    return lossesOfUnits(this.#units, misses, losses);
  }

  /**
   * The search on one side of the λ looked at last: before it, where it is the accepted end, or after it. Good until this
   * search looks at another λ or is narrowed again.
   */
  narrow(end: 'accepted' | 'rejected'): LossSearch {
    const { count, list, weight, settled } = this.#open;
    const { risk, passed, likeRejected, likeAccepted } = this.#seen;
    const before = end === 'accepted';
    const least = before ? this.#open.least : this.#found;
    const most = before ? this.#found : this.#open.most;
    // Lists that are settled cost a little at every look, handing on those that are not costs once.
    const few = (before ? likeRejected : likeAccepted) < count / 4;
    const open = few ? { count, list, least, most, weight, settled } : this.#stillOpen(least, most);
    const start = before ? this.#risk : risk;
    const undecided = before ? passed : this.#undecided - passed;
    const within = this.#within;
    if (!within || within.#found.length < open.count) {
      this.#within = new LossSearch(this.#lists, this.#units, open, start, undecided, this.#misses);
      return this.#within;
    }
    within.#open = open;
    within.#risk = start;
    within.#undecided = undecided;
    return within;
  }

  /** The lists open between two bounds; the others counted. */
  #stillOpen(least: Uint32Array, most: Uint32Array): OpenLists {
    const { scan, end } = this.#lists;
    const { count, list: open, weight, settled } = this.#open;
    if (!this.#own || this.#own.list.length < count) this.#own = openLists(count, settled.length);
    const own = this.#own;
    own.settled.set(settled);
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const list = open[at];
      if (least[at] === most[at]) {
        own.settled[scan[list]] += end[list] - least[at];
        continue;
      }
      own.list[kept] = list;
      own.weight[kept] = weight[at];
      own.least[kept] = least[at];
      own.most[kept++] = most[at];
    }
    return {
      count: kept,
      list: own.list,
      least: own.least,
      most: own.most,
      weight: own.weight,
      settled: own.settled,
    };
  }
}

function openLists(lists: number, scans: number): OpenLists {
  return {
    count: 0,
    list: new Uint32Array(lists),
    least: new Uint32Array(lists),
    most: new Uint32Array(lists),
    weight: new Float64Array(lists),
    settled: new Float64Array(scans),
  };
}
