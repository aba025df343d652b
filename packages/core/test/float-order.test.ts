import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfway, nextAbove } from '../src/search/float-order.ts';

/** Rank of a double among all doubles, −0 just below +0. */
function rank(value: number): bigint {
  const bits = new BigInt64Array(Float64Array.of(value).buffer)[0];
  return bits >= 0n ? bits : -(bits & 0x7fffffffffffffffn) - 1n;
}

const doubles = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 1, -1, 2 ** -1022, 1.7976931348623157e308, -1.7976931348623157e308),
);

describe('the order of doubles', () => {
  it('halves a stretch by rank', () => {
    fc.assert(
      fc.property(doubles, doubles, (a, b) => {
        const [low, high] = rank(a) <= rank(b) ? [a, b] : [b, a];
        expect(rank(halfway(low, high))).toBe((rank(low) + rank(high)) >> 1n);
      }),
      { numRuns: 5000, seed: 31 },
    );
  });

  it('is closed in on from any stretch in at most 64 halvings', () => {
    fc.assert(
      fc.property(doubles, doubles, doubles, (a, b, c) => {
        const [low, target, high] = [a, b, c].sort((x, y) => (rank(x) < rank(y) ? -1 : 1));
        let [below, above] = [low, high];
        let steps = 0;
        for (let middle = halfway(below, above); !Object.is(middle, below); middle = halfway(below, above)) {
          if (rank(middle) >= rank(target)) above = middle;
          else below = middle;
          steps++;
        }
        expect(steps).toBeLessThanOrEqual(64);
        expect(Object.is(above, target) || Object.is(low, target)).toBe(true);
      }),
      { numRuns: 2000, seed: 32 },
    );
  });

  it('steps to the next double', () => {
    fc.assert(
      fc.property(doubles, (value) => {
        if (value === Number.POSITIVE_INFINITY) return;
        expect(rank(nextAbove(value))).toBe(rank(value) + 1n);
      }),
      { numRuns: 2000, seed: 33 },
    );
  });
});
