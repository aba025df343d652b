import { type Kernels, loadKernels, lossSweep } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { solveGammaAnchor } from '../src/index.ts';
import { problemOf, type Scans, scansOf } from './arbitrary.ts';
import { checkClaims, filled, ROUNDING } from './claims.ts';
import { meanSurrogate, optimum, referenceOf } from './reference.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const GAP = 1e-4;

describe('the gamma anchor against an independent solver', () => {
  const epsilons = fc.constantFrom(0.02, 0.05, 0.1, 0.2, 0.4);
  const gammas = [0.3, 0.4, 0.5, 0.6, 0.7];

  it.each([1, 2] as const)('bounds the optimum on 150 random problems, %i side(s)', async (sides) => {
    const shapes = fc.integer({ min: 1, max: 6 }).chain((groups) => scansOf({ groups }));
    await fc.assert(
      fc.asyncProperty(shapes, epsilons, async (scans, epsilon) => {
        const problem = problemOf(kernels, scans, sides);
        checkClaims(problem, await solveGammaAnchor(problem, { epsilon, gammas, gap: GAP }), epsilon);
      }),
      { numRuns: 150, seed: 20 + sides },
    );
  });

  it('handles intervals without width wherever they stand', async () => {
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 3, flat: 7 }), epsilons, async (scans, epsilon) => {
        const problem = problemOf(kernels, scans);
        checkClaims(problem, await solveGammaAnchor(problem, { epsilon, gammas, gap: GAP }), epsilon);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it('handles one group, and 128 of them', async () => {
    for (const groups of [1, 128]) {
      await fc.assert(
        fc.asyncProperty(scansOf({ groups, scans: 2, most: 6 }), async (scans) => {
          const problem = problemOf(kernels, scans);
          checkClaims(problem, await solveGammaAnchor(problem, { epsilon: 0.1, gammas: [0.4, 0.6] }), 0.1);
        }),
        { numRuns: 10, seed: groups },
      );
    }
  });

  it('handles an interval width per voxel', async () => {
    const widths = fc.array(fc.constantFrom(0.01, 0.1, 0.5, 1, 2), { minLength: 200, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 3 }), widths, async (scans, width) => {
        const plain = problemOf(kernels, scans);
        const widths = Float32Array.from(plain.voxels.truth, (_, j) => width[j % 200]);
        const voxels = { ...plain.voxels, lowerWeight: widths, upperWeight: widths };
        const problem = { ...plain, voxels };
        const anchor = await solveGammaAnchor(problem, { epsilon: 0.1, gammas });
        // Dividing by a width rounds the residual to f32, a relative change of 1e-7 in the loss.
        const reference = referenceOf(problem);
        if (anchor.state === 'infeasible') return;
        const exact = Math.min(...gammas.map((gamma) => optimum(reference, gamma, 0.1)));
        expect(anchor.objective).toBeLessThanOrEqual(exact * (1 + 2 * GAP) + 1e-6);
        expect(anchor.lowerBound).toBeLessThanOrEqual(anchor.objective);
        expect(meanSurrogate(reference, filled(anchor.lambda), anchor.gamma)).toBeLessThanOrEqual(0.1 + 1e-5);
      }),
      { numRuns: 60, seed: 9 },
    );
  });
});

describe('the gamma anchor at its edges', () => {
  const wide = [0.5, 0.2, 0.1] as const;
  const near = [0.5, 0.05, 0.1] as const;
  const far = [0.5, 0.05, 0.3] as const;

  it('is 0 where the intervals suffice already', async () => {
    const problem = problemOf(kernels, [[[wide, wide], [wide]]]);
    const anchor = await solveGammaAnchor(problem, { epsilon: 0.4 });
    expect(anchor).toMatchObject({ state: 'solved', objective: 0, lowerBound: 0, gap: 0 });
    if (anchor.state === 'solved') expect([...anchor.lambda]).toEqual([0, 0]);
  });

  it('spends nothing on a group that needs nothing', async () => {
    const problem = problemOf(kernels, [
      [
        [wide, wide, wide],
        [far, near, far],
      ],
    ]);
    const anchor = await solveGammaAnchor(problem, { epsilon: 0.1, gammas: [0.5] });
    if (anchor.state !== 'solved') expect.unreachable('feasible');
    // At most what the gap leaves open.
    expect(anchor.lambda[0] / 2).toBeLessThanOrEqual(GAP * anchor.objective);
    expect(anchor.lambda[1]).toBeGreaterThan(0.1);
  });

  it('gives NaN to groups without voxels and ignores them otherwise', async () => {
    const some: Scans = [
      [[near, far], [far]],
      [[near], [near, far, wide]],
    ];
    const withHoles = some.map(([a, b]) => [[], a, [], b, []]);
    const anchor = await solveGammaAnchor(problemOf(kernels, some), { epsilon: 0.2 });
    const holed = await solveGammaAnchor(problemOf(kernels, withHoles), { epsilon: 0.2 });
    if (anchor.state !== 'solved' || holed.state !== 'solved') expect.unreachable('feasible');
    expect(holed.objective).toBe(anchor.objective);
    expect([...holed.lambda]).toEqual([
      Number.NaN,
      anchor.lambda[0],
      Number.NaN,
      anchor.lambda[1],
      Number.NaN,
    ]);
  });

  it('counts scans, not voxels: a scan repeated voxel by voxel changes nothing', async () => {
    const once: Scans = [
      [
        [near, far],
        [far, wide],
      ],
      [[near], [near, far, wide]],
    ];
    const twice: Scans = [once[0].map((group) => [...group, ...group]), once[1]];
    const a = await solveGammaAnchor(problemOf(kernels, once), { epsilon: 0.2, gap: 1e-8 });
    const b = await solveGammaAnchor(problemOf(kernels, twice), { epsilon: 0.2, gap: 1e-8 });
    if (a.state !== 'solved' || b.state !== 'solved') expect.unreachable('feasible');
    expect(a.gamma).toBe(b.gamma);
    expect(b.objective).toBeCloseTo(a.objective, 7);
  });

  it('meets ε at the edge of feasibility, and reports infeasible just below it', async () => {
    const problem = problemOf(kernels, [[[far, [0, 0, 1]], [[1, 0, -1]]]]);
    const reference = referenceOf(problem);
    const gamma = 0.3;
    const edge = meanSurrogate(reference, Float64Array.of(1, 1), gamma);
    expect(edge).toBeGreaterThan(0);
    const above = await solveGammaAnchor(problem, { epsilon: edge * (1 + 1e-9), gammas: [gamma] });
    expect(above.state).toBe('solved');
    if (above.state === 'solved') expect(above.objective).toBeCloseTo(1, 4);
    const below = await solveGammaAnchor(problem, { epsilon: edge * (1 - 1e-9), gammas: [gamma] });
    expect(below.state).toBe('infeasible');
    expect(below.perGamma).toEqual([
      expect.objectContaining({ gamma, state: 'infeasible', lowerBound: Infinity, upperBound: Infinity }),
    ]);
  });

  it('skips the γ that admit no point and lists them', async () => {
    const problem = problemOf(kernels, [[[[0, 0.1, 1], far], [[1, 0.1, -1]]]]);
    const reference = referenceOf(problem);
    const ones = Float64Array.of(1, 1);
    const epsilon = meanSurrogate(reference, ones, 0.4);
    const anchor = await solveGammaAnchor(problem, { epsilon, gammas: [0.3, 0.39, 0.41, 0.45] });
    expect(anchor.state).toBe('solved');
    expect(anchor.perGamma.map(({ state }) => state === 'infeasible')).toEqual([true, true, false, false]);
  });

  it('two sides that agree lose what one side loses, and cost half each', async () => {
    const mirrored: Scans = [
      [
        [far, [0.5, 0.05, -0.3], near, [0.5, 0.05, -0.1]],
        [near, [0.5, 0.05, -0.1]],
      ],
    ];
    const options = { epsilon: 0.2, gammas: [0.5], gap: 1e-9 };
    const one = await solveGammaAnchor(problemOf(kernels, mirrored, 1), options);
    const two = await solveGammaAnchor(problemOf(kernels, mirrored, 2), options);
    if (one.state !== 'solved' || two.state !== 'solved') expect.unreachable('feasible');
    expect(two.objective).toBeCloseTo(one.objective, 7);
    [0, 1, 0, 1].forEach((group, u) => {
      expect(two.lambda[u]).toBeCloseTo(one.lambda[group], 4);
    });
  });

  it('two sides never cost more than one', async () => {
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 2 }), async (scans) => {
        const options = { epsilon: 0.1, gammas: [0.5] };
        const one = await solveGammaAnchor(problemOf(kernels, scans, 1), options);
        const two = await solveGammaAnchor(problemOf(kernels, scans, 2), options);
        expect(two.state).toBe(one.state);
        if (one.state !== 'solved' || two.state !== 'solved') return;
        expect(two.lowerBound).toBeLessThanOrEqual(one.objective + ROUNDING);
      }),
      { numRuns: 50, seed: 3 },
    );
  });
});

it('the surrogate is never below the 0-1 loss', () => {
  const unit = fc.integer({ min: 0, max: 1024 }).map((v) => v / 1024);
  fc.assert(
    fc.property(unit, unit, unit, unit, fc.constantFrom(0.3, 0.5, 0.7), (x, p, q, lambda, gamma) => {
      const [l, u] = p < q ? [p, q] : [q, p];
      const columns = { truth: Float32Array.of(x), lower: Float32Array.of(l), upper: Float32Array.of(u) };
      const { loss } = lossSweep(kernels, columns, Uint32Array.of(0, 1), Float64Array.of(lambda), gamma);
      const missed = Math.max(l - x, x - u) > lambda;
      expect(loss[0]).toBeGreaterThanOrEqual(missed ? 1 - 1e-12 : 0);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

describe('what the gamma anchor refuses', () => {
  const problem = () => problemOf(kernels, [[[[0.5, 0.1, 0.2]]]]);

  it('options out of range', async () => {
    await expect(solveGammaAnchor(problem(), { epsilon: -0.1 })).rejects.toMatchObject({ code: 'usage' });
    await expect(solveGammaAnchor(problem(), { epsilon: 0.1, gammas: [] })).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(solveGammaAnchor(problem(), { epsilon: 0.1, gammas: [1] })).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(solveGammaAnchor(problem(), { epsilon: 0.1, gap: 0 })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('columns that do not fit, groups out of range, NaN', async () => {
    const good = problem();
    const short = { ...good, voxels: { ...good.voxels, lower: new Float32Array(0) } };
    await expect(solveGammaAnchor(short, { epsilon: 0.1 })).rejects.toMatchObject({ code: 'bad-input' });
    const stray = { ...good, groupOfSegment: Uint16Array.of(1) };
    await expect(solveGammaAnchor(stray, { epsilon: 0.1 })).rejects.toMatchObject({ code: 'bad-input' });
    for (const sides of [1, 2] as const) {
      const blank = { ...good, sides, voxels: { ...good.voxels, truth: Float32Array.of(Number.NaN) } };
      await expect(solveGammaAnchor(blank, { epsilon: 0.1 })).rejects.toMatchObject({ code: 'bad-input' });
    }
  });

  it('to go on when asked to stop', async () => {
    const signal = AbortSignal.abort();
    await expect(solveGammaAnchor(problem(), { epsilon: 0.1, signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });
});
