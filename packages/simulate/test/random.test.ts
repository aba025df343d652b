import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentiate, generatorOf, portableLog, streamOf } from '../src/random.ts';

describe('the logarithm with portable bits', () => {
  it('agrees with Math.log to 4e-15 relative on (0, 1]', () => {
    expect(portableLog(1)).toBe(0);
    fc.assert(
      fc.property(fc.double({ min: 2 ** -24, max: 1, noNaN: true }), (u) => {
        // Near 1 the value tends to 0 and so does its absolute error.
        expect(Math.abs(portableLog(u) - Math.log(u))).toBeLessThanOrEqual(
          4e-15 * Math.max(Math.abs(Math.log(u)), 1e-9),
        );
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});

describe('the exponential with portable bits', () => {
  it('agrees with Math.exp to 4e-15 relative from −700 to 700', () => {
    const exp = (...values: number[]): number[] => {
      const found = Float64Array.from(values);
      exponentiate(found);
      return [...found];
    };
    expect(exp(0, -1000, -1e300)).toEqual([1, 0, 0]);
    fc.assert(
      fc.property(fc.array(fc.double({ min: -700, max: 700, noNaN: true })), (values) => {
        for (const [at, found] of exp(...values).entries()) {
          // The reduced argument is off by an ulp of x, which the exponential passes on.
          const allowed = 4e-15 + 3e-16 * Math.abs(values[at]);
          expect(Math.abs(found / Math.exp(values[at]) - 1)).toBeLessThanOrEqual(allowed);
        }
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});

describe('the stream of a scan', () => {
  it('is apart from those of its parts, and theirs from each other', () => {
    const first = new Set<string>();
    for (let index = 0; index < 40; index++) {
      for (const generator of [
        generatorOf(0, index),
        ...Array.from({ length: 40 }, (_, part) => streamOf(0, index, part - 1)),
      ]) {
        first.add(`${generator.next()} ${generator.next()}`);
      }
    }
    expect(first.size).toBe(40 * 41);
  });

  it('is another one for every scan and seed', () => {
    const first = new Set<string>();
    for (let seed = -2; seed < 3; seed++) {
      for (let index = 0; index < 1000; index++) {
        const generator = generatorOf(seed, index);
        first.add(`${generator.next()} ${generator.next()}`);
      }
    }
    expect(first.size).toBe(5000);
  });
});
