import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { condenseVoxels } from '../src/condensed.ts';
import { DualSearch } from '../src/dual.ts';
import {
  envelopeAnchors,
  type GammaAnchor,
  type LengthProblem,
  solveGammaAnchor,
  solveGammaAnchors,
} from '../src/index.ts';
import { pinColumns } from '../src/pinned.ts';
import { groupWidths, listUnknowns } from '../src/problem.ts';
import { Lattice, TangentTable } from '../src/tangent-table.ts';
import { unitWidth } from '../src/unit-width.ts';
import { denseProblem, problemOf, scansOf } from './arbitrary.ts';
import { checkClaims } from './claims.ts';
import { objectiveOf, optimum, type Reference, referenceOf, surrogate } from './reference.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const ROUNDING = 1e-12;
const LEAST = 0.3;
/** Enough for many of them to share a cell. */
const VOXELS = 6000;

/** The loss of one unknown by a plain loop over its voxels. */
function partOf({ terms }: Reference, index: number, lambda: number, gamma: number): number {
  return terms.reduce(
    (sum, term) => (term.index === index ? sum + term.weight * surrogate(term, lambda, gamma) : sum),
    0,
  );
}

/** Calls `check` with a problem's condensed voxels while they lie on the arena. */
function withCondensed(
  problem: LengthProblem,
  check: (condensed: ReturnType<typeof condenseVoxels>, unknowns: ReturnType<typeof listUnknowns>) => void,
): void {
  const mark = kernels.arena.mark();
  const unknowns = listUnknowns(problem, groupWidths(problem));
  const unit = unitWidth(problem);
  check(condenseVoxels(unit, pinColumns(unit), unknowns, LEAST, 200), unknowns);
  kernels.arena.release(mark);
}

const lambdas = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 2 ** -14, 1));
const gammas = fc.constantFrom(LEAST, 0.45, 0.62, 0.7);

describe('what condensed voxels say holds for the voxels', () => {
  it.each([1, 2] as const)('tangents never exceed ℓ^γ, at any γ and λ, %i side(s)', (sides) => {
    const widths = fc.constantFrom(undefined, [0.01, 0.5, 1, 2]);
    const seeds = fc.integer({ min: 1, max: 1 << 20 });
    fc.assert(
      fc.property(seeds, widths, gammas, lambdas, lambdas, (seed, choice, gamma, at, lambda) => {
        const plain = denseProblem(kernels, { seed, voxels: VOXELS, sides });
        const weight = choice && plain.voxels.truth.map((_, j) => choice[j % choice.length]);
        const problem = { ...plain, voxels: { ...plain.voxels, lowerWeight: weight, upperWeight: weight } };
        const reference = referenceOf(problem);
        // Dividing by a width rounds the residual to f32.
        const slack = weight ? 1e-6 : ROUNDING;
        withCondensed(problem, ({ fine, coarse }, unknowns) => {
          expect(fine.count).toBeLessThan(0.9 * VOXELS);
          expect(coarse.count).toBeLessThan(0.6 * fine.count);
          for (const [voxels, perDoubling] of [
            [fine, 128],
            [coarse, 16],
          ] as const) {
            const lattice = new Lattice(perDoubling);
            const table = new TangentTable(voxels, gamma, lattice);
            unknowns.forEach(({ index }, u) => {
              const node = lattice.nodeAbove(at);
              const { value, slope } = table.at(u, node);
              const exact = partOf(reference, index, lambda, gamma);
              const here = lattice.nodes[node];
              const scale = Math.abs(slope) * Math.abs(lambda - here) + value;
              expect(value + slope * (lambda - here)).toBeLessThanOrEqual(
                exact * (1 + slack) + slack * scale + ROUNDING,
              );
            });
          }
        });
      }),
      { numRuns: 200, seed: 31 + sides },
    );
  });

  it('larger cells are never above smaller ones, and smaller ones come closer', () => {
    const reference = referenceOf(denseProblem(kernels, { seed: 4, voxels: 40_000, sides: 1 }));
    withCondensed(
      denseProblem(kernels, { seed: 4, voxels: 40_000, sides: 1 }),
      ({ fine, coarse }, unknowns) => {
        for (const gamma of [0.3, 0.6]) {
          for (const lambda of [0.02, 0.05, 0.1]) {
            unknowns.forEach(({ index }, u) => {
              const loss = (voxels: typeof fine) =>
                new TangentTable(voxels, gamma, new Lattice(1)).evaluate(u, lambda).value;
              const exact = partOf(reference, index, lambda, gamma);
              expect(loss(coarse)).toBeLessThanOrEqual(loss(fine) * (1 + ROUNDING));
              expect(exact - loss(coarse)).toBeLessThan(0.02 * exact);
              expect(exact - loss(fine)).toBeLessThan(5e-4 * exact);
            });
          }
        }
      },
    );
  });

  it('bounds from tangents alone never exceed the optimum, at any ε', () => {
    const epsilons = fc.constantFrom(0, 1e-4, 0.01, 0.05, 0.1, 0.3, 0.9);
    const shapes = fc.integer({ min: 1, max: 5 }).chain((groups) => scansOf({ groups, flat: 2 }));
    fc.assert(
      fc.property(shapes, gammas, epsilons, fc.constantFrom<1 | 2>(1, 2), (scans, gamma, epsilon, sides) => {
        const problem = problemOf(kernels, scans, sides);
        const exact = optimum(referenceOf(problem), gamma, epsilon);
        withCondensed(problem, ({ fine, coarse }, unknowns) => {
          const cost = Float64Array.from(unknowns, (unknown) => unknown.cost);
          for (const [voxels, perDoubling] of [
            [fine, 128],
            [coarse, 16],
          ] as const) {
            const search = new DualSearch(new TangentTable(voxels, gamma, new Lattice(perDoubling)), cost);
            const near = { lambda: new Float64Array(cost.length).fill(0.1), price: 1 };
            const outlook = search.solve({ epsilon, target: epsilon, precision: 1e-6, near });
            expect(outlook.lowerBound).toBeLessThanOrEqual(exact * (1 + 1e-9) + ROUNDING);
            expect(outlook.lambda.every((value) => value >= 0 && value <= 1)).toBe(true);
          }
        });
      }),
      { numRuns: 200, seed: 12 },
    );
  });
});

describe('several tolerances at once', () => {
  const options = { gammas: [0.3, 0.45, 0.55, 0.65, 0.7] };
  /** Some share their active voxels, some are infeasible, some need nothing, one comes twice. */
  const epsilons = [0.1, 0.02, 0.11, 0, 0.4, 1e-3, 0.1, 5];

  it.each([1, 2] as const)('each anchor is to the bit what it is alone, %i side(s)', async (sides) => {
    const shapes = fc.integer({ min: 1, max: 4 }).chain((groups) => scansOf({ groups }));
    await fc.assert(
      fc.asyncProperty(shapes, async (scans) => {
        const problem = problemOf(kernels, scans, sides);
        const together = await solveGammaAnchors(problem, epsilons, options);
        const alone: GammaAnchor[] = [];
        for (const epsilon of epsilons) alone.push(await solveGammaAnchor(problem, { epsilon, ...options }));
        expect(together).toEqual(alone);
      }),
      { numRuns: 25, seed: 40 + sides },
    );
    const dense = denseProblem(kernels, { seed: 8, voxels: 20_000, sides });
    const [, ...rest] = await solveGammaAnchors(dense, [0.2, 0.1, 0.07], options);
    expect(rest).toEqual(await solveGammaAnchors(dense, [0.1, 0.07], options));
  });

  it.each([1e-4, 1e-7])(
    'each anchor meets its bounds and its gap of %f where voxels share cells',
    async (gap) => {
      const dense = denseProblem(kernels, { seed: 9, voxels: 1500, sides: 1 });
      const some = [0.02, 0.1, 0.25];
      const anchors = await solveGammaAnchors(dense, some, { gammas: [0.4, 0.6, 0.65], gap });
      anchors.forEach((anchor, i) => {
        checkClaims(dense, anchor, some[i], gap);
        expect(anchor.state).toBe('solved');
      });
    },
  );

  it('sweeps the voxels about once per tolerance', async () => {
    const dense = denseProblem(kernels, { seed: 10, voxels: 300_000, sides: 1 });
    const many = Array.from({ length: 21 }, (_, i) => 0.05 + 0.005 * i);
    const anchors = await solveGammaAnchors(dense, many);
    const sweeps = anchors.map((anchor) => (anchor.state === 'solved' ? anchor.sweeps : Infinity));
    expect(sweeps.reduce((sum, count) => sum + count, 0)).toBeLessThan(2 * many.length);
    const reference = referenceOf(dense);
    for (const anchor of anchors) {
      if (anchor.state !== 'solved') expect.unreachable('feasible');
      expect(anchor.gap).toBeLessThanOrEqual(1e-4);
      expect(objectiveOf(reference, anchor.lambda)).toBeCloseTo(anchor.objective, 10);
    }
  });

  it('envelope anchors share one path and are what they are alone', async () => {
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 3 }), async (scans) => {
        const problem = problemOf(kernels, scans);
        const together = await envelopeAnchors(problem, [0.3, -1, 0.05]);
        expect(together).toEqual([
          ...(await envelopeAnchors(problem, [0.3])),
          { state: 'infeasible' },
          ...(await envelopeAnchors(problem, [0.05])),
        ]);
      }),
      { numRuns: 30, seed: 6 },
    );
  });
});
