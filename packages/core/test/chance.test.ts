import { describe, expect, it } from 'vitest';
import {
  FLAGGED_ABOVE,
  flaggedAbove,
  normalTail,
  randomStream,
  standardErrorsAbove,
  standardErrorsOfTest,
} from '../src/index.ts';
import { mean } from './reference.ts';

function sampleSd(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Losses of one honest CRC calibration and of its test patients: loss of patient i at λ is max(a_i − λ, 0). */
function calibration(next: () => number, n: number, tests: number, epsilon: number) {
  const patient = () => 0.1 + 0.4 * next() ** 2;
  const cal = Array.from({ length: n }, patient);
  const test = Array.from({ length: tests }, patient);
  const at = (own: readonly number[], lambda: number) => own.map((a) => Math.max(a - lambda, 0));
  let [low, high] = [0, 1];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    const sum = at(cal, middle).reduce((total, loss) => total + loss, 0);
    if ((sum + 1) / (n + 1) <= epsilon) high = middle;
    else low = middle;
  }
  const losses = (own: readonly number[]) => {
    const all = at(own, high);
    return { n: own.length, mean: mean(all), sd: sampleSd(all) };
  };
  return { cal: losses(cal), test: losses(test) };
}

describe('a measured risk above ε', () => {
  // 2000 calibrations; were the rate of flags 1%, more than 36 of them come in under 1 of 1000 such tests.
  it('is flagged in about one of a hundred honest calibrations, where a t-test on test patients cries wolf far more often', () => {
    const { uniform: next } = randomStream(7, 0);
    let [above, flagged, naive] = [0, 0, 0];
    for (let trial = 0; trial < 2000; trial++) {
      const { cal, test } = calibration(next, 400, 128, 0.1);
      if (test.mean > 0.1) above++;
      if (standardErrorsAbove(0.1, cal, test)! > FLAGGED_ABOVE) flagged++;
      if (standardErrorsOfTest(0.1, test)! > 1.645) naive++;
    }
    expect(flagged).toBeLessThanOrEqual(36);
    expect(above / 2000).toBeGreaterThan(0.3);
    expect(naive).toBeGreaterThan(2 * 36);
  });

  it('is flagged where the true risk is twice ε', () => {
    const { uniform: next } = randomStream(8, 0);
    let flagged = 0;
    for (let trial = 0; trial < 200; trial++) {
      const { cal, test } = calibration(next, 400, 128, 0.2);
      if (standardErrorsAbove(0.1, cal, test)! > FLAGGED_ABOVE) flagged++;
    }
    expect(flagged).toBe(200);
  });

  it('is counted in standard errors of calibration and measurement together', () => {
    const cal = { n: 100, mean: 0.1, sd: 0.05 };
    const test = { n: 25, mean: 0.13, sd: 0.05 };
    expect(standardErrorsAbove(0.1, cal, test)).toBeCloseTo(0.03 / (0.05 * Math.sqrt(1 / 100 + 1 / 25)), 12);
    expect(standardErrorsOfTest(0.1, test)).toBeCloseTo(0.03 / (0.05 / 5), 12);
  });

  it('cannot be judged where no spread is known, and is beyond doubt where there is none', () => {
    expect(standardErrorsAbove(0.1, { n: 9, mean: 0, sd: null }, { n: 9, mean: 0.2, sd: null })).toBeNull();
    expect(standardErrorsAbove(0.1, { n: 9, mean: 0, sd: 0 }, { n: 9, mean: 0.2, sd: 0 })).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(standardErrorsOfTest(0.1, { n: 1, mean: 0.2, sd: null })).toBeNull();
  });
});

describe('the normal tail', () => {
  it('has the values of a table', () => {
    expect(normalTail(2.3263478740408408)).toBeCloseTo(0.01, 10);
    expect(normalTail(3.090232306167813)).toBeCloseTo(0.001, 10);
  });

  it('sets the flag of several comparisons so that all together are flagged as often as one', () => {
    expect(flaggedAbove(1)).toBe(FLAGGED_ABOVE);
    expect(normalTail(flaggedAbove(11)) * 11).toBeCloseTo(normalTail(FLAGGED_ABOVE), 10);
  });
});
