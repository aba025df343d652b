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
  readonly #scans: number;
  /** By scan of the table: its index among those ranked. */
  readonly #indexOf: Uint32Array;
  /** By scan ranked: what one missed score adds to the table's mean loss; 0 for scans that it does not hold. */
  readonly #weight: Float64Array;
  readonly #rankings: readonly Weighed[];

  constructor(table: LossTable, rankings: ScoreRankings) {
    const own = rankings.of(table.scope, table.scans);
    this.#table = table;
    this.#scans = rankings.scans;
    this.#indexOf = own.length > 0 ? rankings.indexOf(table.scans) : new Uint32Array(0);
    this.#weight = new Float64Array(rankings.scans);
    this.#indexOf.forEach((scan, at) => {
      this.#weight[scan] = table.weights.weights[at];
    });
    this.#rankings = own.map((ranking) => {
      const means = new Float64Array(ranking.covered.length / rankings.scans).fill(Number.NaN);
      means[0] = ranking.missed.reduce((sum, missed, scan) => sum + missed * this.#weight[scan], 0);
      return { ranking, means };
    });
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
    const { scores, scan, stride } = ranking;
    const weight = this.#weight;
    const atMost = wanted + NEARBY;
    let row = 0;
    let end = means.length - 1;
    let mean = means[row];
    let meanAtEnd = means[end];
    let before = Number.POSITIVE_INFINITY;
    for (let width = end; width > 1; width = end - row) {
      // Where the line between both ends meets what is wanted, or halfway where that helped little.
      const share = width > before / 2 ? 0.5 : (mean - wanted) / (mean - meanAtEnd);
      const middle = row + Math.min(Math.max(Math.round(share * width), 1), width - 1);
      const found = this.#meanAt(weighed, middle);
      before = width;
      if (found > atMost) {
        row = middle;
        mean = found;
      } else {
        end = middle;
        meanAtEnd = found;
      }
    }
    for (let at = row * stride; at < scores.length; ) {
      do mean -= weight[scan[at++]];
      while (mean > atMost && at < scores.length);
      // Where some of several equal scores do, λ covers the others, too: it misses less still.
      if (verdictOnMean(mean, wanted) ?? bound.accepts(this.#lossesAt(ranking, row, at)))
        return scores[at - 1];
    }
    return null;
  }

  /** Mean loss at a row of counts, but for rounding. */
  #meanAt({ ranking: { covered }, means }: Weighed, row: number): number {
    if (!Number.isNaN(means[row])) return means[row];
    const weight = this.#weight;
    const start = row * this.#scans;
    // Sums that do not wait for each other.
    let [a, b, c, d] = [0, 0, 0, 0];
    let scan = 0;
    for (; scan + 4 <= weight.length; scan += 4) {
      a += weight[scan] * covered[start + scan];
      b += weight[scan + 1] * covered[start + scan + 1];
      c += weight[scan + 2] * covered[start + scan + 2];
      d += weight[scan + 3] * covered[start + scan + 3];
    }
    for (; scan < weight.length; scan++) a += weight[scan] * covered[start + scan];
    means[row] = means[0] - (a + b + (c + d));
    return means[row];
  }

  /** Loss of each unit where the scores before an index are covered, which is not before a row of counts. */
  #lossesAt({ missed, covered, scan, stride }: ScoreRanking, row: number, end: number): Float64Array {
    const { weights, units } = this.#table;
    const left = missed.map((count, scan) => count - covered[row * this.#scans + scan]);
    for (let at = row * stride; at < end; at++) left[scan[at]]--;
    const misses = Float64Array.from(this.#indexOf, (scan) => left[scan]);
    return lossesOfUnits(weights, misses, new Float64Array(units.length));
  }
}
