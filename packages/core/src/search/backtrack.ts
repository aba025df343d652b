import { SemcrcError } from '@semcrc/kernels';
import { type Losses, lossesOf } from '../evaluate/losses.ts';
import { leastUnits, type RiskBound } from './bound.ts';
import { halfway, nextAbove } from './float-order.ts';
import { type LambdaFamily, lineFamily } from './lambda-family.ts';
import type { LossTable } from './loss-table.ts';

/** The first admissible λ of a family, or that none can be. */
export type Backtracked =
  | {
      readonly state: 'calibrated';
      /** Parameter of the family. */
      readonly t: number;
      readonly lambda: Float32Array;
      readonly units: number;
      /** Losses of the units at `lambda`. */
      readonly losses: Losses;
    }
  | { readonly state: 'infeasible'; readonly units: number; readonly leastUnits: number };

/**
 * The infimum of the t from which on the bound accepts (eq. 3, 6, 9). Losses are step functions of t, so it is attained,
 * and closing in on it until its two sides are neighbouring doubles finds it exactly: no grid.
 */
export function backtrack(table: LossTable, family: LambdaFamily, bound: RiskBound): Backtracked {
  const units = table.units.length;
  if (!bound.accepts(new Float64Array(units))) {
    return { state: 'infeasible', units, leastUnits: leastUnits(bound) };
  }
  const t = bound.acceptsAllBetween
    ? firstOfAccepted(table, family, bound, bound.acceptsAllBetween)
    : firstAccepted(table, family, bound);
  const lambda = new Float32Array(family.size);
  family.at(t, lambda);
  return { state: 'calibrated', t, lambda, units, losses: lossesOf(table.evaluate(lambda)) };
}

/** λ̂ as it would be with another number of units. */
export interface LambdaWithMore {
  readonly units: number;
  readonly lambda: Float32Array;
}

/**
 * λ̂ were there twice and four times as many units with losses like these, along the same family; nothing for a bound that
 * does not judge by the mean.
 */
export function lambdaWithMore(table: LossTable, family: LambdaFamily, bound: RiskBound): LambdaWithMore[] {
  const { asOf } = bound;
  if (asOf === undefined) return [];
  return [2, 4].flatMap((times) => {
    const units = times * table.units.length;
    const found = backtrack(table, family, asOf(units));
    return found.state === 'calibrated' ? [{ units, lambda: found.lambda }] : [];
  });
}

/** The line from no λ at all: the family of one λ for everything. */
export const singleLambda = (): LambdaFamily => lineFamily(new Float64Array(1));

/** The least λ ≥ 0 that the bound accepts, where one λ decides on every score of the table (eq. 3, 12). */
export function leastLambda(table: LossTable, bound: RiskBound): Backtracked {
  return backtrack(table, singleLambda(), bound);
}

/** The least t that the bound accepts, where acceptance at t implies acceptance beyond. */
function firstAccepted(table: LossTable, family: LambdaFamily, bound: RiskBound): number {
  const lambda = new Float32Array(family.size);
  let rejected = family.start;
  let accepted = family.reaching(table.largestScore);
  // The first score missed in each list at either end: what lies between them is all that is still open.
  let least = table.starts.slice();
  let most = table.ends.slice();
  let seen = table.starts.slice();
  const losses = new Float64Array(table.units.length);
  family.at(rejected, lambda);
  table.firstMissed(lambda, table.starts, table.ends, least);
  if (bound.accepts(table.losses(least, losses))) return rejected;
  family.at(accepted, lambda);
  table.firstMissed(lambda, table.starts, table.ends, most);
  if (!bound.accepts(table.losses(most, losses))) throw unreachable(bound);
  for (;;) {
    const t = halfway(rejected, accepted);
    if (Object.is(t, rejected)) return accepted;
    family.at(t, lambda);
    table.firstMissed(lambda, least, most, seen);
    if (bound.accepts(table.losses(seen, losses))) {
      accepted = t;
      [most, seen] = [seen, most];
    } else {
      rejected = t;
      [least, seen] = [seen, least];
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
  if (!bound.accepts(lossesAt(end))) throw unreachable(bound);
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

/** The error of a family none of whose λ is admissible although losses of zero are: no group of it reaches some voxels. */
function unreachable({ epsilon }: RiskBound): SemcrcError {
  return new SemcrcError(
    'infeasible',
    `no λ of the family reaches ε = ${epsilon}: the opt scans hold no voxel that counts`,
    {
      data: { epsilon },
    },
  );
}
