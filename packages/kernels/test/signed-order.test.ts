import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerSigned, raiseSigned } from '../src/index.ts';

const signed = fc.oneof(
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(-1, 1, 0, 2 ** -149, -(2 ** -149), -1 + 2 ** -24, 1 - 2 ** -24),
);

describe('numbers in [−1, 1] raised to positive ones', () => {
  it('are finite and positive, in the same order, and come back as they were', () => {
    fc.assert(
      fc.property(fc.array(signed, { minLength: 2, maxLength: 40 }), (values) => {
        const own = Float32Array.from(values, (value) => value + 0);
        const raised = own.slice();
        raiseSigned(raised);
        for (let i = 0; i < own.length; i++) {
          expect(raised[i] > 0 && Number.isFinite(raised[i])).toBe(true);
          expect(Math.sign(raised[i] - raised[0])).toBe(Math.sign(own[i] - own[0]));
        }
        lowerSigned(raised);
        expect(raised).toEqual(own);
      }),
    );
  });

  it('count −0 as 0', () => {
    const values = Float32Array.of(-0);
    raiseSigned(values);
    lowerSigned(values);
    expect(Object.is(values[0], 0)).toBe(true);
  });
});
