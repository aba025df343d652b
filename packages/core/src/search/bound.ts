import { SemcrcError } from '@semcrc/kernels';
import type { BoundName } from '../options/procedure-options.ts';

/** Slack of the CRC condition: what rounding of a sum of losses may add, and no more. */
export const CONDITION_SLACK = 1e-12;

/** Accepts or rejects a vector of losses, one per exchangeable unit (scan or patient), each in [0, 1]. */
export interface RiskBound {
  readonly name: BoundName;
  readonly epsilon: number;
  /** Failure probability of an RCPS bound; null for CRC, whose guarantee is on the expectation. */
  readonly delta: number | null;
  accepts(losses: Float64Array): boolean;
  /** This bound on the mean of losses as it judges that of `units` of them; present where it judges by mean and count alone. */
  asOf?(units: number): RiskBound;
  /**
   * Present where raising a loss may turn rejection into acceptance, so that one acceptance says nothing of larger λ:
   * true only if every loss vector between the two, component by component, is accepted.
   */
  acceptsAllBetween?(least: Float64Array, most: Float64Array): boolean;
}

/**
 * The CRC condition (eq. 3, 6, 9 with B = 1): (ΣL + 1)/(n + 1) ≤ ε + 1e-12.
 * Losses are summed in the order given.
 */
export function crcBound(epsilon: number): RiskBound {
  checkEpsilon(epsilon);
  return {
    name: 'crc',
    epsilon,
    delta: null,
    accepts: (losses) => (sumOf(losses) + 1) / (losses.length + 1) <= epsilon + CONDITION_SLACK,
    asOf: (units) => ({
      name: 'crc',
      epsilon,
      delta: null,
      accepts: (losses) => sumOf(losses) / losses.length <= epsilon - (1 - epsilon) / units + CONDITION_SLACK,
    }),
  };
}

function sumOf(losses: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < losses.length; i++) sum += losses[i];
  return sum;
}

/** Throws a `usage` error unless 0 < ε < 1. */
export function checkEpsilon(epsilon: number): void {
  if (!(epsilon > 0 && epsilon < 1)) {
    throw new SemcrcError('usage', `epsilon must lie strictly between 0 and 1, found ${epsilon}`, {
      data: { epsilon },
    });
  }
}

/**
 * The least number of calibration units with which `bound` can accept anything, that is with which it accepts
 * losses that are all zero.
 */
export function leastUnits(bound: RiskBound): number {
  const passes = (n: number) => bound.accepts(new Float64Array(n));
  let enough = 1;
  while (!passes(enough)) {
    enough *= 2;
    if (enough > 2 ** 27) return Number.POSITIVE_INFINITY;
  }
  let tooFew = Math.floor(enough / 2);
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    if (passes(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
