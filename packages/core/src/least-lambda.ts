import { hintAfter } from './aim.ts';
import { backtrack } from './backtrack.ts';
import type { RiskBound } from './bound.ts';
import { lineFamily } from './lambda-family.ts';
import type { LossTable } from './loss-table.ts';

/** The least λ that a bound accepts, or that it accepts none. */
export type LeastLambda =
  | { readonly state: 'calibrated'; readonly lambda: number; readonly units: number }
  | { readonly state: 'infeasible'; readonly units: number; readonly leastUnits: number };

/**
 * The least λ ≥ 0 that each bound accepts, where one λ decides on every score of a table (eq. 3, 12): 0 or one of the
 * scores.
 */
export function leastLambdas(table: LossTable, bounds: readonly RiskBound[]): LeastLambda[] {
  const units = table.units.length;
  const single = lineFamily(new Float64Array(1));
  const before: number[] = [];
  return bounds.map((bound) => {
    const found = backtrack(table, single, bound, hintAfter(before));
    if (found.state === 'infeasible') return found;
    before.push(found.t);
    return { state: 'calibrated', lambda: found.lambda[0], units };
  });
}
