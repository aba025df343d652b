import { type Kernels, rankLists } from '@semcrc/kernels';
import { firstMissed } from './first-missed.ts';
import type { LossTable } from './loss-table.ts';
import type { LossScope } from './loss-units.ts';

/**
 * The scores of many scans above one λ and up to another in ascending order, each told by its list alone: the next of a
 * list's own scores is the one meant. Searching one λ for any of these scans reads it in one place, where their profiles
 * have a list for each scan and organ.
 */
export interface ScoreRanking {
  readonly scope: LossScope;
  readonly low: number;
  readonly high: number;
  /** The scan that each list is of: its index among all. */
  readonly scan: Uint32Array;
  /** Where each list ends in what holds its scan's scores. */
  readonly end: Uint32Array;
  /** By list: how many of its scores are missed at `low`, those beyond the ranking included. */
  readonly missed: Uint32Array;
  /** The list of each score. */
  readonly list: Uint16Array | Uint32Array;
  /** Covered scores are counted every so many. */
  readonly stride: number;
  /** How many of the first row · stride scores are of each list, at row · lists + list; in the last row, of all. */
  readonly covered: Uint32Array;
}

/** The scores above one λ and up to another. */
export interface Stretch {
  readonly low: number;
  readonly high: number;
}

/** Rows of counts with so many scores of each list between them take as much memory as the scores. */
const SCORES_PER_LIST = 2;

/** Memory of a ranking for each score, in bytes: its list, and its share of the counts. */
export const RANKING_BYTES = 4;

/**
 * Ranks the scores of a table, one stretch after the other.
 *
 * @param scanOf index of each of the table's scans among all
 * @param stretches ascending, each from where the one before ends
 * @param allocate gives the memory of rankings
 */
export function rankScores(
  kernels: Kernels,
  table: LossTable,
  scanOf: (scan: number) => number,
  stretches: readonly Stretch[],
  allocate?: (bytes: number) => ArrayBufferLike,
): ScoreRanking[] {
  const { scores, start, end } = table.lists;
  const scan = table.lists.scan.map(scanOf);
  const stride = SCORES_PER_LIST * scores.length;
  const from = start.map((first, list) => firstMissed(scores[list], first, end[list], stretches[0].low));
  return stretches.map(({ low, high }) => {
    const missed = end.map((last, list) => last - from[list]);
    const within = scores.map((own, list) => {
      const first = from[list];
      from[list] = firstMissed(own, first, end[list], high);
      return own.subarray(first, from[list]);
    });
    const { list, counts } = rankLists(kernels, within, stride, allocate);
    return { scope: table.scope, low, high, scan, end, missed, list, stride, covered: counts };
  });
}

/** Rankings by what the λ decides on. */
export class ScoreRankings {
  readonly #scans: ReadonlyMap<string, number>;
  readonly #rankings = new Map<number | 'scan', ScoreRanking[]>();

  /** `scans`: ids of all scans, in the order of the rankings' indices. */
  constructor(scans: readonly string[], rankings: readonly ScoreRanking[]) {
    this.#scans = new Map(scans.map((id, scan) => [id, scan]));
    for (const ranking of [...rankings].sort((a, b) => a.low - b.low)) {
      const key = keyOf(ranking.scope);
      this.#rankings.set(key, [...(this.#rankings.get(key) ?? []), ranking]);
    }
  }

  /** Rankings of a scope, by λ. */
  of(scope: LossScope): readonly ScoreRanking[] {
    return this.#rankings.get(keyOf(scope)) ?? [];
  }

  /** By scan: its index among those named, or −1; null where one of these is not ranked. */
  indicesIn(scans: readonly string[]): Int32Array | null {
    const indices = new Int32Array(this.#scans.size).fill(-1);
    for (let index = 0; index < scans.length; index++) {
      const scan = this.#scans.get(scans[index]);
      if (scan === undefined) return null;
      indices[scan] = index;
    }
    return indices;
  }
}

const keyOf = (scope: LossScope) => (scope === 'scan' ? scope : scope.organ);
