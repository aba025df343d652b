import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { envelopeAnchor, envelopeAnchorsByPart, type LengthProblem, solveGammaAnchor } from '../src/index.ts';
import { problemOf, scansOf } from './arbitrary.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** The problem with a point somewhere in each interval, the same for the same problem. */
function withPoints(problem: LengthProblem): LengthProblem {
  const { lower, upper } = problem.voxels;
  const point = lower.map((low, j) => Math.fround(low + ((j * 7) % 9) * 0.125 * (upper[j] - low)));
  for (let j = 0; j < point.length; j++) point[j] = Math.min(Math.max(point[j], lower[j]), upper[j]);
  return { ...problem, voxels: { ...problem.voxels, point } };
}

/** Share missed and half the length beyond the point at a λ, voxel by voxel. */
function measure(problem: LengthProblem, lambda: ArrayLike<number>): { miss: number; cost: number } {
  const { voxels, offsets, groupOfSegment, weightOfSegment, groupCount, sides } = problem;
  const { truth, lower, upper, point = lower } = voxels;
  let miss = 0;
  let cost = 0;
  groupOfSegment.forEach((group, s) => {
    const [below, above] = [lambda[group], lambda[(sides - 1) * groupCount + group]];
    for (let j = offsets[s]; j < offsets[s + 1]; j++) {
      const [x, p] = [truth[j], point[j]];
      const missed = x < p ? Math.fround(lower[j] - x) > below : x > p && Math.fround(x - upper[j]) > above;
      if (missed) miss += weightOfSegment[s];
      const high = Math.min(1, Math.max(p, upper[j] + above));
      const low = Math.max(0, Math.min(p, lower[j] - below));
      cost += (weightOfSegment[s] * (high - low)) / 2;
    }
  });
  return { miss, cost };
}

const cases = fc.record({
  scans: scansOf({ groups: 2, scans: 3, most: 8 }),
  sides: fc.constantFrom(1, 2) as fc.Arbitrary<1 | 2>,
  epsilon: fc.constantFrom(0, 0.05, 0.2, 0.5, 1),
});

describe('the envelope anchor where intervals may shrink', () => {
  it('is feasible at the cost it states, and no λ within reach costs less than its lower bound', async () => {
    let negative = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ scans, sides, epsilon }) => {
        const problem = withPoints(problemOf(kernels, scans, sides));
        const anchor = await envelopeAnchor(problem, { epsilon });
        if (anchor.state !== 'solved') throw new Error('expected a solution');
        const present = Float64Array.from(anchor.lambda, (value) => (Number.isNaN(value) ? -1 : value));
        const found = measure(problem, present);
        expect(found.miss).toBeLessThanOrEqual(epsilon + 1e-9);
        expect(found.cost).toBeCloseTo(anchor.objective, 6);
        if (present.some((value) => value > -1 && value < 0)) negative++;
        // Every vector of scores on a coarse set: what a search over all candidates would look at.
        const { truth, lower, upper, point = lower } = problem.voxels;
        const scores = [-1, ...truth].map((_, i) => {
          const j = i - 1;
          if (j < 0) return -1;
          return truth[j] < point[j] ? Math.fround(lower[j] - truth[j]) : Math.fround(truth[j] - upper[j]);
        });
        for (let trial = 0; trial < 200; trial++) {
          const lambda = present.map((_, u) => scores[(trial * (2 * u + 3) + u * u) % scores.length]);
          const { miss, cost } = measure(problem, lambda);
          if (miss <= epsilon) expect(cost).toBeGreaterThanOrEqual(anchor.lowerBound - 1e-6);
        }
      }),
      { numRuns: 150, seed: 23 },
    );
    expect(negative).toBeGreaterThan(50);
  });

  it('has a path on which no λ falls, from −1 on, and misses fall and costs rise', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ scans, sides }) => {
        const problem = withPoints(problemOf(kernels, scans, sides));
        const anchor = await envelopeAnchor(problem, { epsilon: 0.1 });
        if (anchor.state !== 'solved') throw new Error('expected a solution');
        const { path } = anchor;
        const at = (t: number) => path.at(t, new Float64Array(path.size));
        let previous = at(0);
        expect(previous.every((value) => value === -1 || Number.isNaN(value))).toBe(true);
        for (let t = 0.25; t <= path.length + 2; t += 0.25) {
          const next = at(t);
          next.forEach((value, u) => {
            if (!Number.isNaN(value)) expect(value).toBeGreaterThanOrEqual(previous[u]);
          });
          const [before, after] = [previous, next].map((point) =>
            measure(
              problem,
              point.map((value) => (Number.isNaN(value) ? 1 : value)),
            ),
          );
          expect(after.miss).toBeLessThanOrEqual(before.miss + 1e-12);
          expect(after.cost).toBeGreaterThanOrEqual(before.cost - 1e-9);
          previous = next;
        }
      }),
      { numRuns: 40, seed: 24 },
    );
  });

  it('of a part of the groups is the anchor of the problem that holds these groups alone', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ scans, sides, epsilon }) => {
        const problem = withPoints(problemOf(kernels, scans, sides));
        const alone: LengthProblem = {
          ...problem,
          weightOfSegment: problem.weightOfSegment.map((weight, s) =>
            problem.groupOfSegment[s] === 1 ? weight : 0,
          ),
        };
        const [[part]] = await envelopeAnchorsByPart(problem, [{ groups: [1], epsilons: [epsilon] }]);
        const whole = await envelopeAnchor(alone, { epsilon });
        if (part.state !== 'solved' || whole.state !== 'solved') throw new Error('expected solutions');
        const own = (lambda: Float64Array) => Array.from(lambda).filter((_, u) => u % 2 === 1);
        expect(own(part.lambda)).toEqual(own(whole.lambda));
        expect(part.objective).toBe(whole.objective);
        expect(part.lambda.every((value, u) => u % 2 === 1 || Number.isNaN(value))).toBe(true);
      }),
      { numRuns: 60, seed: 25 },
    );
  });
});

it('the gamma anchor refuses intervals that shrink', async () => {
  const problem = withPoints(problemOf(kernels, [[[[0.5, 0.1, 0.05]]]]));
  await expect(solveGammaAnchor(problem, { epsilon: 0.1 })).rejects.toMatchObject({ code: 'usage' });
});
