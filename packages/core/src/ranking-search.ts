import { NEARBY, verdictOnMean } from './aim.ts';
import type { RiskBound } from './bound.ts';
import type { LossTable } from './loss-table.ts';
import { lossesOfUnits } from './loss-units.ts';
import type { ScoreRanking, ScoreRankings } from './score-ranking.ts';

/** A ranking, and the mean loss at each row of counts; NaN but for the first until it was asked for. */
interface Weighed {
  readonly ranking: ScoreRanking;
  readonly means: Float64Array;
}

/** Reads the least λ that bounds accept off the ranked scores of many scans, of which a table holds some. */
export class RankingSearch {
  readonly #table: LossTable;
  /** By list ranked: its scan's index in the table, or −1, and what one missed score adds to the table's mean loss, or 0. */
  readonly #scan: Int32Array;
  readonly #weight: Float64Array;
  readonly #rankings: readonly Weighed[];

  private constructor(table: LossTable, rankings: readonly ScoreRanking[], indices: Int32Array) {
    // All rankings of a scope have the same lists.
    this.#table = table;
    this.#scan = pick(indices, rankings[0].scan, new Int32Array(rankings[0].scan.length));
    this.#weight = pick(table.weights.weights, this.#scan, new Float64Array(this.#scan.length));
    this.#rankings = rankings.map((ranking) => {
      const means = new Float64Array(ranking.covered.length / ranking.missed.length).fill(Number.NaN);
      means[0] = weighedSum(this.#weight, ranking.missed, 0);
      return { ranking, means };
    });
  }

  /** A search in a table; null where its scope was not ranked, or not with all its scans. */
  static in(table: LossTable, all: ScoreRankings): RankingSearch | null {
    const rankings = all.of(table.scope);
    const indices = rankings.length > 0 ? all.indicesIn(table.scans) : null;
    return indices && new RankingSearch(table, rankings, indices);
  }

  /**
   * The least λ that a bound accepts, one of the scores; null where it is not among those ranked.
   *
   * @param wanted the largest mean loss it accepts, but for rounding
   */
  find(bound: RiskBound, wanted: number): number | null {
    let rejectedUpTo = Number.NaN;
    for (const weighed of this.#rankings) {
      const { ranking, means } = weighed;
      if (this.#meanAt(weighed, means.length - 1) <= wanted + NEARBY) {
        if (means[0] <= wanted + NEARBY && rejectedUpTo !== ranking.low) return null;
        const lambda = this.#findIn(weighed, bound, wanted);
        if (lambda !== null) return lambda;
      }
      rejectedUpTo = ranking.high;
    }
    return null;
  }

  /** The same in one ranking, up to whose low end all λ are rejected. */
  #findIn(weighed: Weighed, bound: RiskBound, wanted: number): number | null {
    const { ranking, means } = weighed;
    const { list, stride } = ranking;
    const weight = this.#weight;
    const atMost = wanted + NEARBY;
    let row = 0;
    let end = means.length - 1;
    let before = Number.POSITIVE_INFINITY;
    for (let width = end; width > 1; width = end - row) {
      // Where the line between both ends meets what is wanted, or halfway where that helped little.
      const share = width > before / 2 ? 0.5 : (means[row] - wanted) / (means[row] - means[end]);
      const middle = row + Math.min(Math.max(Math.round(share * width), 1), width - 1);
      before = width;
      if (this.#meanAt(weighed, middle) > atMost) row = middle;
      else end = middle;
    }
    let mean = means[row];
    for (let at = row * stride; at < list.length; ) {
      do mean -= weight[list[at++]];
      while (mean > atMost && at < list.length);
      // Where some of several equal scores do, λ covers the others, too: it misses less still.
      if (verdictOnMean(mean, wanted) ?? bound.accepts(this.#lossesAt(ranking, row, at)))
        return this.#scoreAt(ranking, row, at - 1);
    }
    return null;
  }

  /** Mean loss at a row of counts, but for rounding. */
  #meanAt({ ranking: { covered }, means }: Weighed, row: number): number {
    if (!Number.isNaN(means[row])) return means[row];
    means[row] = means[0] - weighedSum(this.#weight, covered, row * this.#weight.length);
    return means[row];
  }

  /** A score of one of the table's scans, by its index in a ranking, which is not before a row of counts. */
  #scoreAt({ list, scan, end, missed, covered, stride }: ScoreRanking, row: number, at: number): number {
    const own = list[at];
    let left = missed[own] - covered[row * scan.length + own];
    const start = row * stride;
    let before = at;
    while (before > start) {
      before = list.lastIndexOf(own, before - 1);
      if (before >= start) left--;
    }
    return this.#table.scoresOf(this.#scan[own])[end[own] - left];
  }

  /** Loss of each unit where the scores before an index are covered, which is not before a row of counts. */
  #lossesAt({ list, scan, missed, covered, stride }: ScoreRanking, row: number, end: number): Float64Array {
    const { weights, units, scans } = this.#table;
    const left = missed.map((count, own) => count - covered[row * scan.length + own]);
    for (let at = row * stride; at < end; at++) left[list[at]]--;
    const misses = new Float64Array(scans.length);
    left.forEach((count, own) => {
      if (this.#scan[own] >= 0) misses[this.#scan[own]] += count;
    });
    return lossesOfUnits(weights, misses, new Float64Array(units.length));
  }
}

/** Writes the value at each index to `out` and returns it; 0 at indices below 0. */
function pick<T extends Int32Array | Float64Array>(values: T, indices: Uint32Array | Int32Array, out: T): T {
  for (let at = 0; at < out.length; at++) out[at] = indices[at] < 0 ? 0 : values[indices[at]];
  return out;
}

/** Σ weight · count, over counts from an index on. */
function weighedSum(weight: Float64Array, counts: Uint32Array, start: number): number {
  // Four sums that do not wait for each other; first those that are left over, so that nothing follows the long loop: V8,
  // which compiles it as it runs, would fall out there.
  let [a, b, c, d] = [0, 0, 0, 0];
  let list = 0;
  for (; list < weight.length % 4; list++) a += weight[list] * counts[start + list];
  for (; list < weight.length; list += 4) {
    a += weight[list] * counts[start + list];
    b += weight[list + 1] * counts[start + list + 1];
    c += weight[list + 2] * counts[start + list + 2];
    d += weight[list + 3] * counts[start + list + 3];
  }
  return a + b + (c + d);
}
