import { loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { solveGammaAnchor } from '../src/index.ts';
import { problemOf, scansOf } from './arbitrary.ts';
import { meanSurrogate, optimum, referenceOf } from './reference.ts';

it('closes the gap on rough problems: few voxels, many groups, tight gaps', async () => {
  const kernels = await loadKernels();
  const shape = fc.record({
    groups: fc.integer({ min: 1, max: 30 }),
    most: fc.constantFrom(2, 12, 60),
    flat: fc.integer({ min: 0, max: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(
      shape.chain((options) => scansOf(options)),
      fc.constantFrom(1e-4, 0.01, 0.1, 0.5),
      fc.constantFrom(1e-3, 1e-4, 1e-7),
      fc.constantFrom<1 | 2>(1, 2),
      async (scans, epsilon, gap, sides) => {
        const problem = problemOf(kernels, scans, sides);
        const anchor = await solveGammaAnchor(problem, { epsilon, gap });
        expect(anchor.perGamma.map(({ state }) => state)).not.toContain('stalled');
        if (anchor.state === 'infeasible') return;
        expect(anchor.gap).toBeLessThanOrEqual(gap);
        const reference = referenceOf(problem);
        const exact = optimum(reference, anchor.gamma, epsilon);
        expect(anchor.lowerBound).toBeLessThanOrEqual(exact * (1 + 1e-9) + 1e-11);
        expect(anchor.objective).toBeGreaterThanOrEqual(exact * (1 - 1e-9) - 1e-11);
        const lambda = anchor.lambda.map((value) => (Number.isNaN(value) ? 0 : value));
        expect(meanSurrogate(reference, lambda, anchor.gamma)).toBeLessThanOrEqual(epsilon + 1e-11);
      },
    ),
    { numRuns: process.env.SEMCRC_THOROUGH ? 600 : 150, seed: 7 },
  );
}, 600_000);
