import { type Kernels, rankLists } from '@semcrc/kernels';
import { firstMissed } from './first-missed.ts';
import type { LossTable } from './loss-table.ts';
import type { LossScope } from './loss-units.ts';

/**
 * The scores of many scans above one λ and up to another as one ascending row. Searching one λ for any of these scans reads
 * it in one place, where their profiles have a list for each scan and organ.
 */
export interface ScoreRanking {
  readonly scope: LossScope;
  readonly low: number;
  readonly high: number;
  readonly scores: Float32Array;
  /** The scan that each score is of: its index among the scans ranked. */
  readonly scan: Uint16Array | Uint32Array;
  /** By scan: what is missed at `low`, scores beyond the ranking included. */
  readonly missed: Uint32Array;
  /** Covered scores are counted every so many. */
  readonly stride: number;
  /** How many of the first row · stride scores each scan has, at row · scans + scan; in the last row, of all. */
  readonly covered: Uint32Array;
}

/** The scores above one λ and up to another. */
export interface Stretch {
  readonly low: number;
  readonly high: number;
}

/** Rows of counts with so many scores for each scan between them take half as much memory as the scores. */
const SCORES_PER_SCAN = 2;

/** Memory of a ranking for each score, in bytes: the score, its scan and its share of the counts. */
export const RANKING_BYTES = 8;

/**
 * Ranks the scores of a table, one stretch after the other.
 *
 * @param scanOf index of each of the table's scans among all that are ranked
 * @param scans how many these are
 * @param stretches ascending, each from where the one before ends
 * @param allocate gives the memory of rankings
 */
export function rankScores(
  kernels: Kernels,
  table: LossTable,
  scanOf: Uint32Array,
  scans: number,
  stretches: readonly Stretch[],
  allocate?: (bytes: number) => ArrayBufferLike,
): ScoreRanking[] {
  const { scores, start, end, scan } = table.lists;
  const tags = Uint32Array.from(scan, (own) => scanOf[own]);
  const stride = SCORES_PER_SCAN * scans;
  const from = start.map((first, list) => firstMissed(scores[list], first, end[list], stretches[0].low));
  return stretches.map(({ low, high }) => {
    const missed = new Uint32Array(scans);
    const lists = scores.map((own, list) => {
      const first = from[list];
      missed[tags[list]] += end[list] - first;
      from[list] = firstMissed(own, first, end[list], high);
      return own.subarray(first, from[list]);
    });
    const { values, tags: scanOfScore, counts } = rankLists(kernels, lists, tags, scans, stride, allocate);
    return {
      scope: table.scope,
      low,
      high,
      scores: values,
      scan: scanOfScore,
      missed,
      stride,
      covered: counts,
    };
  });
}

/** Rankings by what the λ decides on. */
export class ScoreRankings {
  readonly #scans: ReadonlyMap<string, number>;
  readonly #rankings: readonly ScoreRanking[];

  /** `scans`: ids of the scans ranked, in the order of the rankings' indices. */
  constructor(scans: readonly string[], rankings: readonly ScoreRanking[]) {
    this.#scans = new Map(scans.map((id, scan) => [id, scan]));
    this.#rankings = rankings;
  }

  /** How many scans are ranked. */
  get scans(): number {
    return this.#scans.size;
  }

  /** Rankings of a scope, by λ; none where it was not ranked, or not with all scans named. */
  of(scope: LossScope, scans: readonly string[]): readonly ScoreRanking[] {
    const own = this.#rankings.filter((ranking) => sameScope(ranking.scope, scope));
    if (own.length === 0 || scans.some((id) => !this.#scans.has(id))) return [];
    return own.sort((a, b) => a.low - b.low);
  }

  /** Index of each of some scans. */
  indexOf(scans: readonly string[]): Uint32Array {
    return Uint32Array.from(scans, (id) => this.#scans.get(id)!);
  }
}

function sameScope(a: LossScope, b: LossScope): boolean {
  return a === 'scan' || b === 'scan' ? a === b : a.organ === b.organ;
}
