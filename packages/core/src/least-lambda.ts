import { hintAfter } from './aim.ts';
import { backtrack } from './backtrack.ts';
import type { RiskBound } from './bound.ts';
import { lineFamily } from './lambda-family.ts';
import type { LossTable } from './loss-table.ts';
import { RankingSearch } from './ranking-search.ts';
import type { ScoreRankings } from './score-ranking.ts';

/** The least λ that a bound accepts, or that it accepts none. */
export type LeastLambda =
  | { readonly state: 'calibrated'; readonly lambda: number; readonly units: number }
  | { readonly state: 'infeasible'; readonly units: number; readonly leastUnits: number };

/**
 * The least λ ≥ 0 that each bound accepts, where one λ decides on every score of a table (eq. 3, 12): 0 or one of the
 * scores. Read off rankings that hold it, where the bound goes by the mean loss; else backtracked.
 */
export function leastLambdas(
  table: LossTable,
  bounds: readonly RiskBound[],
  rankings?: ScoreRankings,
): LeastLambda[] {
  const units = table.units.length;
  const search = rankings && RankingSearch.in(table, rankings);
  const single = lineFamily(new Float64Array(1));
  const before: number[] = [];
  return bounds.map((bound) => {
    const wanted = bound.meanAccepted?.(units);
    if (search && wanted !== undefined) {
      const lambda = search.find(bound, wanted);
      if (lambda !== null) return { state: 'calibrated', lambda, units };
    }
    const found = backtrack(table, single, bound, hintAfter(before));
    if (found.state === 'infeasible') return found;
    before.push(found.t);
    return { state: 'calibrated', lambda: found.lambda[0], units };
  });
}
