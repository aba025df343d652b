import {
  clampedLength,
  computeScaledScores,
  computeScores,
  type Kernels,
  loadKernels,
  missesBySegment,
} from '@semcrc/kernels';
import fc from 'fast-check';
import loadHighs, { type Highs } from 'highs';
import { beforeAll, describe, expect, it } from 'vitest';
import { envelopeAnchor, type LambdaPath, type LengthProblem } from '../src/index.ts';
import { problemOf, type Scans, scansOf } from './arbitrary.ts';

let kernels: Kernels;
let highs: Highs;
beforeAll(async () => {
  kernels = await loadKernels();
  highs = await loadHighs();
});

interface Point {
  readonly lambda: number;
  readonly cost: number;
  readonly miss: number;
}

/** Every step of every curve by plain loops: per place in λ the points at λ = 0 and at each positive score. */
function curvesOf(problem: LengthProblem): Point[][] {
  const { voxels, offsets, groupOfSegment, weightOfSegment, groupCount, sides } = problem;
  const { truth, lower, upper, lowerWeight, upperWeight } = voxels;
  const scores = new Float32Array(truth.length);
  if (lowerWeight && upperWeight) {
    computeScaledScores(kernels, { truth, lower, upper, lowerWeight, upperWeight }, scores);
  } else {
    computeScores(kernels, { truth, lower, upper }, scores);
  }
  return Array.from({ length: groupCount * sides }, (_, index) => {
    const missSide = (j: number) => sides === 1 || truth[j] < lower[j] === index < groupCount;
    const members: { j: number; weight: number }[] = [];
    groupOfSegment.forEach((group, s) => {
      for (let j = offsets[s]; j < offsets[s + 1]; j++) {
        if (group === index % groupCount) members.push({ j, weight: weightOfSegment[s] });
      }
    });
    const missed = members.filter(({ j }) => scores[j] > 0 && missSide(j));
    const steps = [...new Set([0, ...missed.map(({ j }) => scores[j])])].sort((a, b) => a - b);
    return steps.map((lambda) => {
      let cost = 0;
      for (const { j, weight } of members) {
        const below = Math.min(lambda * (lowerWeight?.[j] ?? 1), lower[j]);
        const above = Math.min(lambda * (upperWeight?.[j] ?? 1), 1 - upper[j]);
        if (sides === 1) cost += (weight * (below + above)) / 2;
        else cost += (weight * (index < groupCount ? below : above)) / 2;
      }
      const miss = missed.reduce((sum, { j, weight }) => sum + (scores[j] > lambda ? weight : 0), 0);
      return { lambda, cost, miss };
    });
  });
}

/** Vertices of each minorant as the path's edges tell them. */
function verticesOf(path: LambdaPath, curves: readonly Point[][]): Point[][] {
  const vertices = curves.map((curve) => curve.slice(0, 1));
  for (let e = 0; e < path.length; e++) {
    const own = vertices[path.index[e]];
    const last = own[own.length - 1];
    expect(path.lambdaFrom[e]).toBe(last.lambda);
    own.push({
      lambda: path.lambdaTo[e],
      cost: last.cost + path.cost[e],
      miss: last.miss - path.miss[e],
    });
  }
  return vertices;
}

/** The relaxation over all steps, not only over minorants: each place mixes its curve's points. */
function relaxedValue(curves: readonly Point[][], epsilon: number): number {
  const points = curves.flatMap((curve, place) => curve.map((point) => ({ ...point, place })));
  const rows = curves.length + 1;
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const { miss, place } of points) {
    indices.push(place, curves.length);
    values.push(1, miss);
    starts.push(indices.length);
  }
  const lower = new Float64Array(rows).fill(1);
  const upper = new Float64Array(rows).fill(1);
  lower[curves.length] = -highs.infinity;
  upper[curves.length] = epsilon;
  return highs.withModel(
    {
      numCols: points.length,
      numRows: rows,
      colCost: points.map(({ cost }) => cost),
      colLower: new Float64Array(points.length),
      colUpper: new Float64Array(points.length).fill(highs.infinity),
      rowLower: lower,
      rowUpper: upper,
      matrix: { format: 'csc', numRows: rows, numCols: points.length, starts, indices, values },
    },
    (model) => {
      model.options.set({
        output_flag: false,
        primal_feasibility_tolerance: 1e-10,
        dual_feasibility_tolerance: 1e-10,
      });
      expect(model.run().modelStatus).toBe(7);
      return model.getObjectiveValue();
    },
  );
}

/** The cheapest choice of one step per place that meets ε, by trying all. */
function cheapest(curves: readonly Point[][], epsilon: number, place = 0, cost = 0, miss = 0): number {
  if (place === curves.length) return miss <= epsilon + 1e-12 ? cost : Infinity;
  return curves[place].reduce(
    (best, point) =>
      Math.min(best, cheapest(curves, epsilon, place + 1, cost + point.cost, miss + point.miss)),
    Infinity,
  );
}

/** Share missed when the losses are counted anew, voxel by voxel, with the f32 λ. */
function recount(problem: LengthProblem, lambda: Float64Array): number {
  const { voxels, offsets, groupOfSegment, weightOfSegment, groupCount, sides } = problem;
  const { truth, lower, upper } = voxels;
  if (sides === 1) {
    const scores = new Float32Array(truth.length);
    computeScores(kernels, { truth, lower, upper }, scores);
    const perSegment = Float32Array.from(groupOfSegment, (group) => lambda[group]);
    const misses = missesBySegment(kernels, scores, offsets, perSegment);
    return misses.reduce((sum, count, s) => sum + count * weightOfSegment[s], 0);
  }
  let sum = 0;
  groupOfSegment.forEach((group, s) => {
    for (let j = offsets[s]; j < offsets[s + 1]; j++) {
      const below = Math.fround(lower[j] - truth[j]) > lambda[group];
      const above = Math.fround(truth[j] - upper[j]) > lambda[groupCount + group];
      if (below || above) sum += weightOfSegment[s];
    }
  });
  return sum;
}

const epsilons = fc.constantFrom(0, 0.01, 0.05, 0.1, 0.3);
const sidesOf = fc.constantFrom<1 | 2>(1, 2);

describe('the envelope anchor against plain loops', () => {
  it('has minorants below their curves that touch them at every vertex, ends at no miss', async () => {
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 3 }), sidesOf, async (scans, sides) => {
        const problem = problemOf(kernels, scans, sides);
        const anchor = await envelopeAnchor(problem, { epsilon: 0.1 });
        if (anchor.state !== 'solved') expect.unreachable('always feasible');
        const curves = curvesOf(problem);
        verticesOf(anchor.path, curves).forEach((vertices, place) => {
          for (const vertex of vertices) {
            const point = curves[place].find(({ lambda }) => lambda === vertex.lambda);
            expect(point?.cost).toBeCloseTo(vertex.cost, 12);
            expect(point?.miss).toBeCloseTo(vertex.miss, 12);
          }
          expect(vertices[vertices.length - 1].miss).toBeCloseTo(0, 12);
          for (const { cost, miss } of curves[place]) {
            const right = vertices.findIndex((vertex) => vertex.cost >= cost);
            if (right < 0) continue;
            const [a, b] = [vertices[Math.max(0, right - 1)], vertices[right]];
            const share = b.cost > a.cost ? (cost - a.cost) / (b.cost - a.cost) : 1;
            expect(miss).toBeGreaterThanOrEqual(a.miss + share * (b.miss - a.miss) - 1e-12);
          }
        });
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('has the value of the LP that HiGHS finds over all steps as its lower bound', async () => {
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 4 }), sidesOf, epsilons, async (scans, sides, epsilon) => {
        const problem = problemOf(kernels, scans, sides);
        const anchor = await envelopeAnchor(problem, { epsilon });
        if (anchor.state !== 'solved') expect.unreachable('always feasible');
        expect(anchor.lowerBound).toBeCloseTo(relaxedValue(curvesOf(problem), epsilon), 9);
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('brackets the best 0-1 solution found by trying all, and its point meets ε when recounted', async () => {
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 2, most: 6 }), sidesOf, epsilons, async (scans, sides, epsilon) => {
        const problem = problemOf(kernels, scans, sides);
        const anchor = await envelopeAnchor(problem, { epsilon });
        if (anchor.state !== 'solved') expect.unreachable('always feasible');
        const best = cheapest(curvesOf(problem), epsilon);
        expect(anchor.lowerBound).toBeLessThanOrEqual(best + 1e-12);
        expect(anchor.objective).toBeGreaterThanOrEqual(best - 1e-12);
        const lambda = anchor.lambda.map((value) => (Number.isNaN(value) ? 0 : value));
        expect(recount(problem, lambda)).toBeLessThanOrEqual(epsilon + 1e-12);
        expect(lambda.every((value) => Math.fround(value) === value)).toBe(true);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('charges half the mean length that its λ add, clamped to the range', async () => {
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 3 }), sidesOf, epsilons, async (scans, sides, epsilon) => {
        const problem = problemOf(kernels, scans, sides);
        const { voxels, offsets, groupOfSegment, weightOfSegment, groupCount } = problem;
        const anchor = await envelopeAnchor(problem, { epsilon });
        if (anchor.state !== 'solved') expect.unreachable('always feasible');
        const levels = (shift: number) =>
          Float64Array.from(groupOfSegment, (group, s) =>
            offsets[s] < offsets[s + 1] ? anchor.lambda[group + shift] : 0,
          );
        const lengths = (below: Float64Array, above: Float64Array) =>
          clampedLength(kernels, voxels, offsets, below, above).reduce(
            (sum, length, s) => sum + length * weightOfSegment[s],
            0,
          );
        const none = new Float64Array(groupOfSegment.length);
        const widened = lengths(levels(0), levels(sides === 2 ? groupCount : 0));
        expect(anchor.objective).toBeCloseTo((widened - lengths(none, none)) / 2, 12);
      }),
      { numRuns: 100, seed: 6 },
    );
  });

  it('takes a width per voxel and side', async () => {
    const widths = fc.array(fc.constantFrom(0.01, 0.25, 0.5, 1, 2), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 2 }), sidesOf, widths, widths, async (scans, sides, a, b) => {
        const plain = problemOf(kernels, scans, sides);
        const lowerWeight = Float32Array.from(plain.voxels.truth, (_, j) => a[j % 50]);
        const upperWeight = Float32Array.from(plain.voxels.truth, (_, j) => b[j % 50]);
        const problem = { ...plain, voxels: { ...plain.voxels, lowerWeight, upperWeight } };
        const anchor = await envelopeAnchor(problem, { epsilon: 0.1 });
        if (anchor.state !== 'solved') expect.unreachable('always feasible');
        // Distances over widths are rounded to f32.
        expect(anchor.lowerBound).toBeCloseTo(relaxedValue(curvesOf(problem), 0.1), 6);
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});

describe('the path', () => {
  it('grows every λ without a jump, through exact vertices, and along +ω beyond its end', async () => {
    await fc.assert(
      fc.asyncProperty(scansOf({ groups: 3 }), sidesOf, async (scans, sides) => {
        const anchor = await envelopeAnchor(problemOf(kernels, scans, sides), { epsilon: 0.1 });
        if (anchor.state !== 'solved') expect.unreachable('always feasible');
        const { path } = anchor;
        const before = path.at(0, new Float64Array(path.size));
        before.forEach((value, u) => {
          expect(value).toBe(path.present[u] ? 0 : Number.NaN);
        });
        const steps = 8;
        for (let i = 1; i <= steps * (path.length + 2); i++) {
          const t = i / steps;
          const now = path.at(t, new Float64Array(path.size));
          let moved = 0;
          now.forEach((value, u) => {
            if (!path.present[u]) return;
            expect(value).toBeGreaterThanOrEqual(before[u]);
            if (value > before[u]) moved++;
            const edge = Math.ceil(t) - 1;
            const span = edge < path.length ? path.lambdaTo[edge] - path.lambdaFrom[edge] : 1;
            expect(value - before[u]).toBeLessThanOrEqual(span / steps + 1e-12);
          });
          if (t <= path.length) expect(moved).toBe(1);
          if (Number.isInteger(t) && t <= path.length) {
            expect(now[path.index[t - 1]]).toBe(path.lambdaTo[t - 1]);
          }
          before.set(now);
        }
      }),
      { numRuns: 50, seed: 5 },
    );
  });

  it('goes through the anchor at its position', async () => {
    const scans: Scans = [
      [
        [
          [0.5, 0.1, 0.2],
          [0.5, 0.1, 0.15],
          [0.5, 0.1, 0],
        ],
        [[0.4, 0.05, -0.2]],
      ],
    ];
    const anchor = await envelopeAnchor(problemOf(kernels, scans), { epsilon: 0.25 });
    if (anchor.state !== 'solved') expect.unreachable('always feasible');
    expect([...anchor.path.at(anchor.position, new Float64Array(2))]).toEqual([...anchor.lambda]);
  });

  it('takes edges of equal slope by place, and the edges of one place in order', async () => {
    const same: Scans[number][number] = [
      [0.5, 0.125, 0.25],
      [0.5, 0.125, 0.1875],
      [0.5, 0.125, 0],
    ];
    const anchor = await envelopeAnchor(problemOf(kernels, [[same, same, same]]), { epsilon: 0 });
    if (anchor.state !== 'solved') expect.unreachable('always feasible');
    const { path } = anchor;
    expect([...path.index]).toEqual([0, 1, 2]);
    expect([...path.lambdaTo]).toEqual([0.125, 0.125, 0.125]);
  });
});

describe('the envelope anchor at its edges', () => {
  it('has no edge for a group that is covered', async () => {
    const scans: Scans = [
      [
        [[0.5, 0.25, 0.125]],
        [
          [0.5, 0.125, 0.25],
          [0.5, 0.25, 0],
        ],
      ],
    ];
    const anchor = await envelopeAnchor(problemOf(kernels, scans), { epsilon: 0 });
    if (anchor.state !== 'solved') expect.unreachable('always feasible');
    expect([...anchor.path.index]).toEqual([1]);
    expect([...anchor.lambda]).toEqual([0, 0.125]);
  });

  it('takes the free edges of a group at the edge of the range first', async () => {
    // Truth outside the range is missed by an interval that spans it; widening costs nothing.
    const plain = problemOf(kernels, [
      [
        [
          [0.5, 0.125, 0.25],
          [0.5, 0.25, 0],
        ],
        [
          [0.5, 0.5, 0],
          [0.5, 0.5, 0],
        ],
      ],
    ]);
    const truth = Float32Array.from(plain.voxels.truth);
    truth[2] = 1.25;
    truth[3] = 1.5;
    const problem = { ...plain, voxels: { ...plain.voxels, truth } };
    const anchor = await envelopeAnchor(problem, { epsilon: 0.25 });
    expect(anchor).toMatchObject({ state: 'solved', objective: 0, lowerBound: 0, gap: 0, position: 1 });
    if (anchor.state !== 'solved') return;
    expect([...anchor.path.index]).toEqual([1, 0]);
    expect([...anchor.lambda]).toEqual([0, 0.5]);
  });

  it('charges a voxel at the edge of the range on one side only', async () => {
    // [0, 0.25] with the truth at 0.5: λ = 0.25 widens above alone, so the length grows by 0.25, and half is charged.
    const anchor = await envelopeAnchor(problemOf(kernels, [[[[0, 0.25, 0.5]]]]), { epsilon: 0 });
    expect(anchor).toMatchObject({ state: 'solved', objective: 0.125 });
  });

  it('says where the LP stops between vertices, and is exact where it does not', async () => {
    const scans: Scans = [
      [
        [
          [0.5, 0.125, 0.25],
          [0.5, 0.25, 0],
        ],
        [
          [0.5, 0.125, 0.375],
          [0.5, 0.25, 0],
        ],
      ],
    ];
    const within = await envelopeAnchor(problemOf(kernels, scans), { epsilon: 0.375 });
    expect(within).toMatchObject({ state: 'solved', fractional: 0, position: 1 });
    if (within.state === 'solved') expect(within.lowerBound).toBeCloseTo(within.objective / 2, 10);
    const onVertex = await envelopeAnchor(problemOf(kernels, scans), { epsilon: 0.25 });
    expect(onVertex).toMatchObject({ state: 'solved', fractional: undefined, position: 1 });
    if (onVertex.state === 'solved') expect(onVertex.gap).toBeLessThan(1e-10);
  });

  it('is infeasible below 0 only, and refuses NaN', async () => {
    const problem = problemOf(kernels, [[[[0.5, 0.1, 0.2]]]]);
    expect(await envelopeAnchor(problem, { epsilon: -0.01 })).toEqual({ state: 'infeasible' });
    expect((await envelopeAnchor(problem, { epsilon: 0 })).state).toBe('solved');
    await expect(envelopeAnchor(problem, { epsilon: Number.NaN })).rejects.toMatchObject({ code: 'usage' });
    for (const column of ['truth', 'lower', 'upper'] as const) {
      const voxels = { ...problem.voxels, [column]: Float32Array.of(Number.NaN) };
      await expect(envelopeAnchor({ ...problem, voxels }, { epsilon: 0.1 })).rejects.toMatchObject({
        code: 'bad-input',
      });
    }
  });
});
