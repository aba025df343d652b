import { expect } from 'vitest';
import type { GammaAnchor, LengthProblem } from '../src/index.ts';
import { meanMiss, meanSurrogate, objectiveOf, optimum, referenceOf } from './reference.ts';

/** Rounding of f64 sums over some hundred voxels. */
export const ROUNDING = 1e-11;

/** The published point with absent groups at 0, where they cost and lose nothing. */
export const filled = (lambda: Float64Array) => lambda.map((value) => (Number.isNaN(value) ? 0 : value));

/** Everything an anchor claims, checked by plain loops and the independent optimum of every γ. */
export function checkClaims(problem: LengthProblem, anchor: GammaAnchor, epsilon: number, gap = 1e-4): void {
  const reference = referenceOf(problem);
  const optima = anchor.perGamma.map(({ gamma }) => optimum(reference, gamma, epsilon));
  const best = Math.min(...optima);
  anchor.perGamma.forEach((result, g) => {
    const exact = optima[g];
    if (result.state === 'infeasible') {
      expect(exact).toBe(Infinity);
      return;
    }
    expect(result.state).not.toBe('stalled');
    expect(result.lowerBound).toBeLessThanOrEqual(exact * (1 + 1e-9) + ROUNDING);
    expect(result.upperBound).toBeGreaterThanOrEqual(exact * (1 - 1e-9) - ROUNDING);
    if (result.state === 'solved') expect(result.gap).toBeLessThanOrEqual(gap);
    else expect(exact).toBeGreaterThan(best);
  });
  if (anchor.state === 'infeasible') {
    expect(best).toBe(Infinity);
    return;
  }
  const lambda = filled(anchor.lambda);
  expect(lambda.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(meanSurrogate(reference, lambda, anchor.gamma)).toBeLessThanOrEqual(epsilon + ROUNDING);
  expect(meanMiss(reference, lambda)).toBeLessThanOrEqual(epsilon + ROUNDING);
  expect(objectiveOf(reference, lambda)).toBeCloseTo(anchor.objective, 12);
  expect(anchor.objective).toBeLessThanOrEqual(best * (1 + 2 * gap) + ROUNDING);
  expect(anchor.lowerBound).toBeLessThanOrEqual(anchor.objective);
  const tried = anchor.perGamma.map(({ gamma }) => gamma);
  expect(anchor.atRangeEnd).toBe([tried[0], tried[tried.length - 1]].includes(anchor.gamma));
}
