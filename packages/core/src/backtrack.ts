import { Aim, type End, type Hint, verdictOnMean } from './aim.ts';
import type { RiskBound } from './bound.ts';
import { leastUnits } from './bound.ts';
import { halfway, nextAbove } from './float-order.ts';
import type { LambdaFamily } from './lambda-family.ts';
import type { LossTable } from './loss-table.ts';

/** What backtracking found: the first admissible λ, or that no λ can be. */
export type Backtracked =
  | {
      readonly state: 'calibrated';
      readonly t: number;
      readonly lambda: Float32Array;
      readonly units: number;
    }
  | { readonly state: 'infeasible'; readonly units: number; readonly leastUnits: number };

/**
 * The infimum of the t from which on the bound accepts (eq. 3, 6, 9). Losses are step functions of t, so it is attained,
 * and closing in on it until its two sides are neighbouring doubles finds it exactly: no grid.
 */
export function backtrack(
  table: LossTable,
  family: LambdaFamily,
  bound: RiskBound,
  hint?: Hint,
): Backtracked {
  const units = table.units.length;
  if (!bound.accepts(new Float64Array(units))) {
    return { state: 'infeasible', units, leastUnits: leastUnits(bound) };
  }
  const t = bound.acceptsAllBetween
    ? firstOfAccepted(table, family, bound, bound.acceptsAllBetween)
    : firstAccepted(table, family, bound, hint);
  const lambda = new Float32Array(family.size);
  family.at(t, lambda);
  return { state: 'calibrated', t, lambda, units };
}

function sameLambda(a: Float32Array, b: Float32Array): boolean {
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** The least t that the bound accepts, where acceptance at t implies acceptance beyond. */
function firstAccepted(table: LossTable, family: LambdaFamily, bound: RiskBound, hint?: Hint): number {
  const units = table.units.length;
  const lambda = new Float32Array(family.size);
  const losses = new Float64Array(units);
  const whole = table.search();
  /** Where λ covers no score, or all, there is nothing to count. */
  const endAt = (t: number): End => {
    family.at(t, lambda);
    const none = lambda.every((value) => value === 0);
    const all = lambda.every((value) => value >= table.largestScore);
    return { t, lambda: lambda.slice(), risk: all ? 0 : none ? whole.risk : whole.look(lambda) };
  };
  let above = endAt(family.reaching(table.largestScore));
  let below = endAt(family.start);
  const wanted = bound.meanAccepted?.(units);
  if (verdictOnMean(below.risk, wanted) ?? bound.accepts(table.evaluate(below.lambda))) return below.t;
  const aim = new Aim(hint);
  let inside = whole;
  for (;;) {
    const t = aim.between(below, above, wanted, inside.undecided);
    if (Object.is(t, below.t)) return above.t;
    family.at(t, lambda);
    // The same λ has the same losses: nothing is counted again.
    if (sameLambda(lambda, above.lambda)) {
      above = { ...above, t };
    } else if (sameLambda(lambda, below.lambda)) {
      below = { ...below, t };
    } else {
      const middle = { t, lambda: lambda.slice(), risk: inside.look(lambda, aim.nearer) };
      const accepted = verdictOnMean(middle.risk, wanted) ?? bound.accepts(inside.losses(losses));
      inside = inside.narrow(accepted ? 'accepted' : 'rejected');
      if (accepted) above = middle;
      else below = middle;
    }
  }
}

/**
 * The least t such that every t' ≥ t is accepted, where acceptance is not monotone: stretches of t are certified whole,
 * from the largest t down, and halved until they are certified or hold a rejected t that no larger one follows.
 */
function firstOfAccepted(
  table: LossTable,
  family: LambdaFamily,
  bound: RiskBound,
  acceptsAllBetween: (least: Float64Array, most: Float64Array) => boolean,
): number {
  const lambda = new Float32Array(family.size);
  const lossesAt = (t: number): Float64Array => {
    family.at(t, lambda);
    return table.evaluate(lambda);
  };
  const end = family.reaching(table.largestScore);
  const { start } = family;
  // Stretches [from, to] still to be looked at, the one with the largest t on top; beyond its `to` all is accepted.
  const stretches = [{ from: start, to: end, most: lossesAt(start), least: lossesAt(end) }];
  for (let stretch = stretches.pop(); stretch; stretch = stretches.pop()) {
    const { from, to, most, least } = stretch;
    if (acceptsAllBetween(least, most)) continue;
    const middle = halfway(from, to);
    const same = most.every((loss, unit) => loss === least[unit]);
    if (same || Object.is(middle, from)) {
      if (!bound.accepts(least)) return nextAbove(to);
      if (!same && !bound.accepts(most)) return to;
      continue;
    }
    const losses = lossesAt(middle);
    stretches.push({ from, to: middle, most, least: losses }, { from: middle, to, most: losses, least });
  }
  return start;
}
