import type { LambdaPath } from '@semcrc/anchor';
import type { RiskBound } from './bound.ts';
import { leastUnits } from './bound.ts';
import type { LossSearch, LossTable } from './loss-table.ts';

/**
 * λ vectors along one parameter t: non-decreasing in t in every component, so that any loss is non-increasing and
 * right-continuous in t and [conformal risk control, Theorem 1] applies to t (Proposition 1).
 */
export interface LambdaFamily {
  /** Components: λ groups × sides, below first. */
  readonly size: number;
  /** Where every λ is least. */
  readonly start: number;
  /** Writes the f32 vector at t. */
  at(t: number, out: Float32Array): void;
  /** A t at which every λ is at least `score`. */
  reaching(score: number): number;
}

/**
 * The line anchor + ω·1, clipped at 0 (eq. 6, 9): λ(ω)_k = fround(max(λ̃_k + ω, 0)), ω from −max λ̃ on.
 * With the zero anchor and one group this is the one-parameter family of CRC (eq. 1).
 */
export function lineFamily(anchor: Float64Array): LambdaFamily {
  let largest = 0;
  for (const value of anchor) largest = Math.max(largest, value);
  return {
    size: anchor.length,
    start: -largest,
    at(omega, out) {
      for (let k = 0; k < anchor.length; k++) out[k] = Math.max(anchor[k] + omega, 0);
    },
    reaching: (score) => score,
  };
}

/** Which components lend their λ to one that no optimization voxel spoke for. */
export interface Borrowing {
  readonly absent: number;
  readonly lenders: readonly number[];
}

/** Gives every absent component the largest λ of its lenders, in place. */
export function borrow(lambda: Float32Array | Float64Array, borrowings: readonly Borrowing[]): void {
  for (const { absent, lenders } of borrowings) {
    let largest = 0;
    for (const lender of lenders) largest = Math.max(largest, lambda[lender]);
    lambda[absent] = largest;
  }
}

/**
 * The path of the envelope anchor: minorant edges by slope, one λ moving at a time, then + ω·1 beyond the last edge.
 * Its parameter is the position: edges traversed, and ω beyond them.
 */
export function pathFamily(path: LambdaPath, borrowings: readonly Borrowing[]): LambdaFamily {
  const point = new Float64Array(path.size);
  return {
    size: path.size,
    start: 0,
    at(position, out) {
      path.at(position, point);
      borrow(point, borrowings);
      out.set(point);
    },
    reaching: (score) => path.length + score,
  };
}

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
 * and bisecting the ordered bit patterns of t finds it exactly: no grid, at most 64 steps.
 */
export function backtrack(table: LossTable, family: LambdaFamily, bound: RiskBound): Backtracked {
  return backtrackAll(table, family, [bound])[0];
}

/** `backtrack` for several bounds at once: as long as they agree on where to look, they share what is counted there. */
export function backtrackAll(
  table: LossTable,
  family: LambdaFamily,
  bounds: readonly RiskBound[],
): Backtracked[] {
  const units = table.units.length;
  const feasible = bounds.filter((bound) => bound.accepts(new Float64Array(units)));
  const monotone = feasible.filter((bound) => !bound.acceptsAllBetween);
  const parameters = firstAccepted(table, family, monotone);
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

/** One end of a stretch of the family: t as ordered bits, and λ there. */
interface End {
  readonly bits: bigint;
  readonly lambda: Float32Array;
}

function same(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, k) => value === b[k]);
}

/** The least t that each bound accepts, where acceptance at t implies acceptance beyond. */
function firstAccepted(
  table: LossTable,
  family: LambdaFamily,
  bounds: readonly RiskBound[],
): Map<RiskBound, number> {
  const found = new Map<RiskBound, number>();
  const lambda = new Float32Array(family.size);
  /** Looks between a t that every bound rejects and one that every bound accepts, with λ at both. */
  const bisect = (rejected: End, admissible: End, search: LossSearch, among: readonly RiskBound[]): void => {
    if (among.length === 0) return;
    if (admissible.bits - rejected.bits <= 1n) {
      for (const bound of among) found.set(bound, fromOrderedBits(admissible.bits));
      return;
    }
    const bits = (admissible.bits + rejected.bits) >> 1n;
    family.at(fromOrderedBits(bits), lambda);
    const middle = { bits, lambda: lambda.slice() };
    // The same λ has the same losses: nothing is counted again.
    if (same(lambda, admissible.lambda)) {
      bisect(rejected, middle, search, among);
      return;
    }
    if (same(lambda, rejected.lambda)) {
      bisect(middle, admissible, search, among);
      return;
    }
    const losses = search.evaluate(lambda);
    const accepting = among.filter((bound) => bound.accepts(losses));
    const rejecting = among.filter((bound) => !accepting.includes(bound));
    const before = accepting.length > 0 ? search.narrow('accepted') : search;
    const after = rejecting.length > 0 ? search.narrow('rejected') : search;
    bisect(rejected, middle, before, accepting);
    bisect(middle, admissible, after, rejecting);
  };
  const endAt = (t: number): End => {
    family.at(t, lambda);
    return { bits: orderedBits(t), lambda: lambda.slice() };
  };
  family.at(family.start, lambda);
  const atStart = table.evaluate(lambda);
  for (const bound of bounds) {
    if (bound.accepts(atStart)) found.set(bound, family.start);
  }
  bisect(
    endAt(family.start),
    endAt(family.reaching(table.largestScore)),
    table.search(),
    bounds.filter((bound) => !found.has(bound)),
  );
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
  const lossesAt = (bits: bigint): Float64Array => {
    family.at(fromOrderedBits(bits), lambda);
    return table.evaluate(lambda);
  };
  const end = orderedBits(family.reaching(table.largestScore));
  const start = orderedBits(family.start);
  // Stretches [from, to] still to be looked at, the one with the largest t on top; beyond its `to` all is accepted.
  const stretches = [{ from: start, to: end, most: lossesAt(start), least: lossesAt(end) }];
  for (let stretch = stretches.pop(); stretch; stretch = stretches.pop()) {
    const { from, to, most, least } = stretch;
    if (acceptsAllBetween(least, most)) continue;
    const same = most.every((loss, unit) => loss === least[unit]);
    if (same || to - from <= 1n) {
      if (!bound.accepts(least)) return fromOrderedBits(to + 1n);
      if (!same && !bound.accepts(most)) return fromOrderedBits(to);
      continue;
    }
    const middle = (from + to) >> 1n;
    const losses = lossesAt(middle);
    stretches.push({ from, to: middle, most, least: losses }, { from: middle, to, most: losses, least });
  }
  return family.start;
}

const word = new DataView(new ArrayBuffer(8));

/** The f64's bits as an integer that grows with the number (−0 just below +0). */
function orderedBits(value: number): bigint {
  word.setFloat64(0, value);
  const bits = word.getBigInt64(0);
  return bits >= 0n ? bits : -(bits & 0x7fffffffffffffffn) - 1n;
}

function fromOrderedBits(ordered: bigint): number {
  word.setBigInt64(0, ordered >= 0n ? ordered : (-ordered - 1n) | -0x8000000000000000n);
  return word.getFloat64(0);
}
