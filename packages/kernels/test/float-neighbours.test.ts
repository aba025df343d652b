import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextUp, reachOf, roundDown } from '../src/float-neighbours.ts';

describe('f32 neighbours', () => {
  test('roundDown is the largest f32 that is no larger', () => {
    const values = fc.oneof(
      fc.double({ noNaN: true, min: -2, max: 2 }),
      fc.double({ noNaN: true }),
      fc.constantFrom(-(2 ** -150), 2 ** -150, -0, 1e39, -1e39, Infinity, -Infinity),
    );
    fc.assert(
      fc.property(values, (value) => {
        const down = roundDown(value);
        expect(Math.fround(down)).toBe(down);
        expect(down).toBeLessThanOrEqual(value);
        const nearest = Math.fround(value);
        if (nearest <= value) expect(down).toBe(nearest);
        else if (down >= 0 && down < Infinity) expect(nextUp(down)).toBeGreaterThan(value);
      }),
      { numRuns: 5000 },
    );
    expect(roundDown(-(2 ** -150))).toBe(-(2 ** -149));
    expect(roundDown(1e39)).toBe(Math.fround(3.4028234663852886e38));
    expect(roundDown(-1e39)).toBe(-Infinity);
  });

  test.each([
    [-1, -1 + 2 ** -24],
    [-(2 ** -149), -0],
    [-0, 2 ** -149],
    [0, 2 ** -149],
    [0.5, 0.5 + 2 ** -24],
    [1, 1 + 2 ** -23],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('the next above %f is %f', (value, next) => {
    expect(nextUp(value)).toBe(next);
  });

  test('the reach of λ is the farthest that rounds to λ: beyond it lies what rounds to the next', () => {
    const values = fc.float({ min: 0, max: 1, noNaN: true }).map(Math.abs);
    fc.assert(
      fc.property(values, (lambda) => {
        const reach = reachOf(lambda);
        const next = nextUp(lambda);
        expect(reach - lambda).toBe(next - reach);
        expect(Math.fround(reach - (next - lambda) / 1024)).toBe(lambda);
        expect(Math.fround(reach + (next - lambda) / 1024)).toBe(next);
      }),
    );
  });
});
