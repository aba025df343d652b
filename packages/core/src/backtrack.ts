import { Aim, type End, type Hint, verdictOnMean } from './aim.ts';
import type { RiskBound } from './bound.ts';
import { leastUnits } from './bound.ts';
import { halfway, nextAbove } from './float-order.ts';
import type { LambdaFamily } from './lambda-family.ts';
import type { LossSearch } from './loss-search.ts';
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
  return backtrackAll(table, family, [bound], hint)[0];
}

/** `backtrack` for several bounds at once: as long as they agree on where to look, they share what is counted there. */
export function backtrackAll(
  table: LossTable,
  family: LambdaFamily,
  bounds: readonly RiskBound[],
  hint?: Hint,
): Backtracked[] {
  const units = table.units.length;
  const noLoss = new Float64Array(units);
  const feasible = bounds.filter((bound) => bound.accepts(noLoss));
  const monotone = feasible.filter((bound) => !bound.acceptsAllBetween);
  const parameters = firstAccepted(table, family, monotone, hint);
  for (const bound of feasible) {
    if (bound.acceptsAllBetween) {
      parameters.set(bound, firstOfAccepted(table, family, bound, bound.acceptsAllBetween));
    }
  }
  return bounds.map((bound) => {
    const t = parameters.get(bound);
    if (t === undefined) return { state: 'infeasible', units, leastUnits: leastUnits(bound) };
    const lambda = new Float32Array(family.size);
    family.at(t, lambda);
    return { state: 'calibrated', t, lambda, units };
  });
}

function sameLambda(a: Float32Array, b: Float32Array): boolean {
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** The least t that each bound accepts, where acceptance at t implies acceptance beyond. */
function firstAccepted(
  table: LossTable,
  family: LambdaFamily,
  bounds: readonly RiskBound[],
  hint?: Hint,
): Map<RiskBound, number> {
  const found = new Map<RiskBound, number>();
  const units = table.units.length;
  const lambda = new Float32Array(family.size);
  const losses = new Float64Array(units);
  /** What the bound says of the λ looked at last, from its mean loss if that leaves no doubt. */
  const accepts = (bound: RiskBound, risk: number, at: LossSearch): boolean => {
    const verdict = verdictOnMean(bound, units, risk);
    return verdict ?? bound.accepts(at.losses(losses));
  };
  /** Looks between a t that every bound rejects and one that every bound accepts. */
  const search = (
    rejected: End,
    accepted: End,
    open: LossSearch,
    among: readonly RiskBound[],
    aim = new Aim(),
  ): void => {
    let [below, above, inside, sought] = [rejected, accepted, open, among];
    while (sought.length > 0) {
      const wanted = sought[sought.length >> 1].meanAccepted?.(units);
      const t = aim.between(below, above, wanted, inside.undecided);
      if (Object.is(t, below.t)) {
        for (const bound of sought) found.set(bound, above.t);
        return;
      }
      family.at(t, lambda);
      // The same λ has the same losses: nothing is counted again.
      if (sameLambda(lambda, above.lambda)) {
        above = { ...above, t };
        continue;
      }
      if (sameLambda(lambda, below.lambda)) {
        below = { ...below, t };
        continue;
      }
      const middle = { t, lambda: lambda.slice(), risk: inside.look(lambda, aim.nearer) };
      const accepting = sought.filter((bound) => accepts(bound, middle.risk, inside));
      if (accepting.length === sought.length) {
        inside = inside.narrow('accepted');
        above = middle;
        continue;
      }
      if (accepting.length > 0) {
        search(below, middle, inside.narrow('accepted'), accepting);
        sought = sought.filter((bound) => !accepting.includes(bound));
      }
      inside = inside.narrow('rejected');
      below = middle;
    }
  };
  const whole = table.search();
  /** Where λ covers no score, or all, there is nothing to count. */
  const endAt = (t: number): End => {
    family.at(t, lambda);
    const none = lambda.every((value) => value === 0);
    const all = lambda.every((value) => value >= table.largestScore);
    return { t, lambda: lambda.slice(), risk: all ? 0 : none ? whole.risk : whole.look(lambda) };
  };
  const end = endAt(family.reaching(table.largestScore));
  const start = endAt(family.start);
  for (const bound of bounds) {
    const verdict = verdictOnMean(bound, units, start.risk);
    if (verdict ?? bound.accepts(table.evaluate(start.lambda))) found.set(bound, family.start);
  }
  const sought = bounds.filter((bound) => !found.has(bound)).sort((a, b) => a.epsilon - b.epsilon);
  search(start, end, whole, sought, new Aim(hint));
  return found;
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
