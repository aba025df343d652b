import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type EnvelopeAnchor,
  envelopeAnchors,
  envelopeAnchorsOfSorted,
  type LengthProblem,
  type SortedProblem,
  type SortedRun,
} from '../src/index.ts';
import { problemOf, scansOf } from './arbitrary.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const EPSILONS = [0, 0.02, 0.1, 0.3];
type Solved = Extract<EnvelopeAnchor, { state: 'solved' }>;

function runOf(numbers: readonly number[]): SortedRun {
  const sorted = Float32Array.from(numbers).sort();
  return {
    length: sorted.length,
    countUpTo: (limit) => sorted.filter((value) => value <= limit).length,
    read: (from, to) => sorted.slice(from, to),
  };
}

/** The same voxels as sorted numbers; distances from `reach` on stand in two bins, at their ends. */
function sortedOf(problem: LengthProblem, reach: number): SortedProblem {
  const { voxels, offsets, groupOfSegment, weightOfSegment, groupCount, sides } = problem;
  const { truth, lower, upper } = voxels;
  const segments = Array.from(groupOfSegment, (group, s) => {
    const own = Array.from({ length: offsets[s + 1] - offsets[s] }, (_, i) => offsets[s] + i);
    const positive = (scores: number[]) => runOf(scores.map(Math.fround).filter((score) => score > 0));
    const edges = (distances: number[]) => {
      const far = distances.filter((distance) => distance >= reach);
      const tail = [reach, (1 + reach) / 2].flatMap((low, bin, lows) => {
        const high = lows[bin + 1] ?? 1;
        const inside = far.filter(
          (distance) => distance >= low && (distance < high || (bin === 1 && distance <= 1)),
        );
        const above = inside.reduce((sum, distance) => sum + (distance - low) / (high - low), 0);
        return [
          { distance: low, voxels: inside.length - above },
          { distance: high, voxels: above },
        ];
      });
      return {
        near: runOf(distances.filter((distance) => distance > 0 && distance < reach)),
        reach,
        moving: distances.filter((distance) => distance > 0).length,
        tail,
      };
    };
    return {
      group,
      weight: weightOfSegment[s],
      voxels: own.length,
      scores: [
        positive(own.map((j) => lower[j] - truth[j])),
        positive(own.map((j) => truth[j] - upper[j])),
      ] as const,
      edges: [edges(own.map((j) => lower[j])), edges(own.map((j) => 1 - upper[j]))] as const,
    };
  });
  return { kernels, segments, groupCount, sides };
}

const plain = (anchor: EnvelopeAnchor) =>
  anchor.state === 'solved' ? { ...anchor, path: { ...anchor.path, length: anchor.path.length } } : anchor;

describe('the envelope of sorted numbers', () => {
  it('is that of the voxels to the bit, whatever is held at a time', async () => {
    await fc.assert(
      fc.asyncProperty(
        scansOf({ groups: 3, scans: 5, most: 30 }),
        fc.constantFrom(1 as const, 2 as const),
        fc.constantFrom(1, 3, 7, 2 ** 22),
        fc.boolean(),
        async (scans, sides, chunk, even) => {
          const given = problemOf(kernels, scans, sides);
          const weightOfSegment = even ? given.weightOfSegment.map(() => 1 / 64) : given.weightOfSegment;
          const problem = { ...given, weightOfSegment };
          const expected = await envelopeAnchors(problem, EPSILONS);
          const found = await envelopeAnchorsOfSorted(sortedOf(problem, 2), EPSILONS, { chunk });
          expect(found.exactTo).toBe(Number.POSITIVE_INFINITY);
          expect(found.anchors.map(plain)).toEqual(expected.map(plain));
        },
      ),
      { numRuns: 300, seed: 24 },
    );
  });

  it('is that of the voxels up to where it says, and its bound holds, with distances beyond a reach in bins', async () => {
    let beyond = 0;
    let within = 0;
    await fc.assert(
      fc.asyncProperty(
        scansOf({ groups: 2, scans: 4, most: 40 }),
        fc.constantFrom(1 as const, 2 as const),
        fc.constantFrom(1 / 32, 1 / 16, 1 / 8),
        async (scans, sides, reach) => {
          const problem = problemOf(kernels, scans, sides);
          const expected = await envelopeAnchors(problem, EPSILONS);
          const { anchors, exactTo } = await envelopeAnchorsOfSorted(sortedOf(problem, reach), EPSILONS);
          for (const [at, anchor] of anchors.entries()) {
            const own = expected[at];
            expect(anchor.state).toBe(own.state);
            if (anchor.state !== 'solved') continue;
            const { path, lowerBound, position } = own as Solved;
            expect(anchor.lowerBound).toBeLessThanOrEqual(lowerBound + 1e-12);
            if (exactTo < anchor.path.length) beyond++;
            const same = Math.min(exactTo, path.length);
            for (const name of ['index', 'lambdaFrom', 'lambdaTo', 'cost', 'miss'] as const) {
              expect(anchor.path[name].slice(0, same)).toEqual(path[name].slice(0, same));
            }
            if (anchor.position > exactTo) continue;
            if (exactTo < anchor.path.length) within++;
            expect(anchor.position).toBe(position);
            expect(anchor.lambda).toEqual((own as Solved).lambda);
            expect(anchor.objective).toBe((own as Solved).objective);
            expect(anchor.lowerBound).toBe(lowerBound);
          }
        },
      ),
      { numRuns: 400, seed: 25 },
    );
    expect(beyond).toBeGreaterThan(100);
    expect(within).toBeGreaterThan(20);
  });
});
