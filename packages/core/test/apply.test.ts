import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyLambda, type Interval, makePartition, Widening } from '../src/index.ts';
import { nextUp, roundDown } from './float-neighbours.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const LABELS = { 0: 'background', 1: 'body' };
const organs = makePartition({ kind: 'organ' }, LABELS);
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The f32 `steps` places further up (or down), for positive numbers. */
function neighbour(value: number, steps: number): number {
  float[0] = value;
  bits[0] = Math.max(0, bits[0] + steps);
  return float[0];
}

const unit = fc.oneof(
  fc.float({ min: 0, max: 1, noNaN: true }).map(Math.abs),
  fc.integer({ min: 0, max: 10 }).map((tenth) => Math.fround(tenth / 10)),
  fc.constantFrom(0, 1, 2 ** -149, 2 ** -126, 0.5, 1 - 2 ** -24),
);
const lambda = fc.oneof(
  unit,
  fc.float({ min: 0, max: Math.fround(1e-6), noNaN: true }).map(Math.abs),
  fc.constantFrom(0, 2 ** -149, 2 ** -25, Math.fround(0.1)),
);
/** f32 places from the boundary that λ draws: the voxels where rounding decides. */
const steps = fc.integer({ min: -4, max: 4 });

function publish(interval: Interval, values: readonly number[], sides: 1 | 2 = 1) {
  const regions = new Uint8Array(interval.lower.length).fill(1);
  const lambda = Float32Array.from(values);
  return applyLambda(kernels, interval, regions, { partition: organs, sides, lambda });
}

describe('published intervals', () => {
  it('hold every voxel that the score test covers, above all next to the boundary', () => {
    let covered = 0;
    let decided = 0;
    fc.assert(
      fc.property(unit, unit, lambda, steps, fc.boolean(), (a, b, level, step, below) => {
        const lower = Math.min(a, b);
        const upper = Math.max(a, b);
        const edge = below ? lower - level : upper + level;
        if (edge < 0 || edge > 1) return;
        const x = Math.min(1, neighbour(Math.fround(edge), step));
        const score = Math.max(Math.fround(lower - x), Math.fround(x - upper));
        const result = publish({ lower: Float32Array.of(lower), upper: Float32Array.of(upper) }, [0, level]);
        expect(result.lower[0]).toBeGreaterThanOrEqual(0);
        expect(result.upper[0]).toBeLessThanOrEqual(1);
        const reach = (level + nextUp(level)) / 2;
        expect(result.lower[0]).toBeLessThanOrEqual(Math.max(0, lower - reach));
        expect(result.upper[0]).toBeGreaterThanOrEqual(Math.min(1, upper + reach));
        if (score > level) return;
        covered++;
        if (Math.fround(lower - level) > x || Math.fround(upper + level) < x) decided++;
        expect(result.lower[0]).toBeLessThanOrEqual(x);
        expect(result.upper[0]).toBeGreaterThanOrEqual(x);
      }),
      { numRuns: 20000, seed: 31 },
    );
    expect(covered).toBeGreaterThan(5000);
    // Cases that a bound rounded to nearest would get wrong.
    expect(decided).toBeGreaterThan(10);
  });

  it('hold every voxel whose own score is λ', () => {
    fc.assert(
      fc.property(unit, unit, unit, (a, b, x) => {
        const lower = Math.min(a, b);
        const upper = Math.max(a, b);
        const level = Math.max(Math.fround(lower - x), Math.fround(x - upper));
        if (level < 0) return;
        const result = publish({ lower: Float32Array.of(lower), upper: Float32Array.of(upper) }, [0, level]);
        expect(result.lower[0]).toBeLessThanOrEqual(x);
        expect(result.upper[0]).toBeGreaterThanOrEqual(x);
      }),
      { numRuns: 20000, seed: 34 },
    );
  });

  it('hold every voxel whose own weighted score is λ, though that is rounded twice', () => {
    const weight = fc.float({ min: Math.fround(0.01), max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, weight, weight, (point, x, wl, wu) => {
        const level = Math.max(
          Math.fround(Math.fround(point - x) / wl),
          Math.fround(Math.fround(x - point) / wu),
        );
        if (level < 0) return;
        const bound = Float32Array.of(point);
        const weights = { lower: Float32Array.of(wl), upper: Float32Array.of(wu) };
        const result = publish({ lower: bound, upper: bound, weights }, [0, level]);
        expect(result.lower[0]).toBeLessThanOrEqual(x);
        expect(result.upper[0]).toBeGreaterThanOrEqual(x);
      }),
      { numRuns: 20000, seed: 32 },
    );
  });

  it('are no wider than λ asks by more than two places of f32 near 1', () => {
    fc.assert(
      fc.property(unit, unit, lambda, (a, b, level) => {
        const lower = Math.min(a, b);
        const upper = Math.max(a, b);
        const result = publish({ lower: Float32Array.of(lower), upper: Float32Array.of(upper) }, [0, level]);
        expect(result.lower[0]).toBeGreaterThanOrEqual(Math.max(0, lower - level) - 2 ** -23);
        expect(result.upper[0]).toBeLessThanOrEqual(Math.min(1, upper + level) + 2 ** -23);
      }),
      { numRuns: 5000, seed: 33 },
    );
  });

  it('are the whole range where λ is infinite or the voxel belongs to no group', () => {
    const interval = { lower: Float32Array.of(0.4, 0.4, 0.4), upper: Float32Array.of(0.6, 0.6, 0.6) };
    const regions = Uint8Array.of(0, 1, 9);
    const lambdaByOrgan = Float32Array.of(Infinity, 0.125);
    const result = applyLambda(kernels, interval, regions, {
      partition: organs,
      sides: 1,
      lambda: lambdaByOrgan,
    });
    expect(result.lower[0]).toBe(0);
    expect(result.upper[0]).toBe(1);
    expect(result.lower[2]).toBe(0);
    expect(result.upper[2]).toBe(1);
    expect(result.lower[1]).toBeCloseTo(0.275, 6);
    expect(Array.from(result.lambdaBelow)).toEqual([Infinity, 0.125, Infinity]);
    expect(Array.from(result.lambdaAbove)).toEqual([Infinity, 0.125, Infinity]);
  });

  it('widen each end by its own λ where there are two', () => {
    const interval = { lower: Float32Array.of(0.5), upper: Float32Array.of(0.625) };
    const result = publish(interval, [0, 0.25, 0, 0.0625], 2);
    expect(result.lower[0]).toBeCloseTo(0.25, 6);
    expect(result.upper[0]).toBeCloseTo(0.6875, 6);
    expect([result.lambdaBelow[0], result.lambdaAbove[0]]).toEqual([0.25, 0.0625]);
  });
});

describe('bounds', () => {
  it('are rounded as the bits of f32 say, to the bit', () => {
    const level = fc.oneof(
      lambda,
      lambda.map((value) => -value),
      fc.constant(Number.POSITIVE_INFINITY),
    );
    const weight = fc.float({ min: Math.fround(0.01), max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, unit, level, level, weight, fc.nat(2), (a, b, p, ...rest) => {
        const [one, other, w, kind] = rest;
        // λ is negative only where intervals shrink to a point.
        const [below, above] = kind === 1 ? [one, other] : [Math.abs(one), Math.abs(other)];
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const interval = { lower: Float32Array.of(low), upper: Float32Array.of(high) };
        const middle = Math.min(Math.max(p, low), high);
        const more = [
          {},
          { point: Float32Array.of(middle) },
          { weights: { lower: Float32Array.of(w), upper: Float32Array.of(w) } },
        ][kind];
        const result = publish({ ...interval, ...more }, [0, below, 0, above].slice(0, 4), 2);
        const reach = (value: number) => {
          const largest = roundDown(value);
          return (largest + nextUp(largest)) / 2;
        };
        const reachOf = (value: number) => (kind === 2 ? reach(reach(value) * w) : reach(value));
        const least = roundDown(low - reachOf(below));
        const most = -roundDown(-(high + reachOf(above)));
        const expected = [
          Math.max(kind === 1 ? Math.min(middle, least) : least, 0),
          Math.min(kind === 1 ? Math.max(middle, most) : most, 1),
        ];
        expect([result.lower[0] + 0, result.upper[0] + 0]).toEqual(expected.map((value) => value + 0));
      }),
      { numRuns: 8000, seed: 35 },
    );
  });

  it('leave out the voxels that are marked as missed, and those only', () => {
    const weight = fc.float({ min: Math.fround(0.01), max: 1, noNaN: true });
    let missed = 0;
    fc.assert(
      fc.property(unit, unit, unit, unit, lambda, lambda, weight, fc.nat(2), (a, b, p, x, ...rest) => {
        const [below, above, w, kind] = rest;
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const point = Float32Array.of(Math.min(Math.max(p, low), high));
        const weights = { lower: Float32Array.of(w), upper: Float32Array.of(w) };
        const interval = {
          ...{ lower: Float32Array.of(low), upper: Float32Array.of(high) },
          ...(kind === 1 ? { point } : kind === 2 ? { weights } : {}),
        };
        const values = Float32Array.of(0, below, 0, above);
        const calibrated = { partition: organs, sides: 2 as const, lambda: values };
        const mark = new Uint8Array(1);
        new Widening(kernels, calibrated).markMissed(interval, Uint8Array.of(1), Float32Array.of(x), mark);
        const divisor = kind === 2 ? w : 1;
        const scores = [
          Math.fround(Math.fround(low - x) / divisor),
          Math.fround(Math.fround(x - high) / divisor),
        ];
        expect(mark[0]).toBe(scores[0] > below || scores[1] > above ? 1 : 0);
        missed += mark[0];
        if (mark[0] === 1) return;
        const bounds = applyLambda(kernels, interval, Uint8Array.of(1), calibrated);
        expect(bounds.lower[0]).toBeLessThanOrEqual(x);
        expect(bounds.upper[0]).toBeGreaterThanOrEqual(x);
      }),
      { numRuns: 8000, seed: 36 },
    );
    expect(missed).toBeGreaterThan(500);
  });
});
