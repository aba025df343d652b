import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkSplitSizes,
  crcBound,
  defaultSizes,
  leastUnits,
  PAPER_OPTIONS,
  planRuns,
} from '../src/index.ts';

/** A cohort of as many patients, a scan each. */
function cohortOf(patients: number) {
  const ids = Array.from({ length: patients }, (_, at) => `s${at}`);
  return { ids, patients: ids, labels: { 0: 'background' } };
}

describe('sizes that are not given', () => {
  test.each([
    [40, { nOpt: 4, nCal: 32, nTest: 8 }],
    [160, { nOpt: 18, nCal: 128, nTest: 32 }],
    [639, { nOpt: 32, nCal: 512, nTest: 127 }],
    [640, { nOpt: 32, nCal: 512, nTest: 128 }],
    [5000, { nOpt: 32, nCal: 512, nTest: 128 }],
    [3, { nOpt: 2, nCal: 3, nTest: 0 }],
  ])('fit %i patients', (patients, sizes) => {
    expect(defaultSizes(patients)).toEqual(sizes);
  });

  test.each([
    [40, 8],
    [160, 32],
    [639, 32],
    [5000, 32],
    [3, 1],
  ])('with the preset paper: of %i patients %i optimize', (patients, nOpt) => {
    const { nCal, nTest } = defaultSizes(patients);
    expect(defaultSizes(patients, {}, { preset: 'paper' })).toEqual({ nOpt, nCal, nTest });
  });

  test.each([
    [28, 0.1, 4],
    [28, 0.05, 4],
    [28, 0.04, 4],
    [28, 0.038, 2],
    [28, 0.036, 1],
    [28, 0.034, 4],
    [28, 0.01, 4],
    [12, 0.1, 3],
    [12, 0.2, 4],
    [10, 0.1, 1],
    [9, 0.1, 4],
    [264, 0.01, 32],
    [128, 0.01, 18],
    [110, 0.01, 11],
  ])('of %i patients that calibrate at ε = %d, %i optimize: ⌈1/ε⌉ − 1 are left', (nCal, epsilon, nOpt) => {
    expect(defaultSizes(2000, { nCal }, { epsilon }).nOpt).toBe(nOpt);
    for (const preset of ['shortest', 'recentred'] as const)
      expect(defaultSizes(2000, { nCal }, { epsilon, preset }).nOpt).toBe(nOpt);
    // What is given wins.
    expect(defaultSizes(2000, { nCal, nOpt: 8 }, { epsilon }).nOpt).toBe(8);
  });

  test('leave as many as the condition needs wherever the cohort has them, and one to optimize', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 700 }),
        fc.double({ min: 2e-3, max: 0.9, noNaN: true }),
        fc.constantFrom('paper' as const, 'shortest' as const, undefined),
        (nCal, epsilon, preset) => {
          const { nOpt } = defaultSizes(2000, { nCal }, { epsilon, preset });
          expect(nOpt).toBeGreaterThanOrEqual(1);
          const least = leastUnits(crcBound(epsilon));
          if (nCal > least) expect(nCal - nOpt).toBeGreaterThanOrEqual(least);
        },
      ),
      { seed: 17 },
    );
  });

  test('fit every cohort of two patients or more, whatever one of them is given as', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 2000 }),
        fc.constantFrom('nOpt', 'nCal', 'nTest', 'none'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (patients, name, share) => {
          const most = { nOpt: 0, nCal: patients - 2, nTest: patients - 2, none: 0 }[name];
          const least = name === 'nCal' ? 2 : 0;
          const given = name === 'none' ? {} : { [name]: least + Math.floor(share * most) };
          const sizes = defaultSizes(patients, given);
          expect(sizes).toMatchObject(given);
          expect(() => checkSplitSizes(cohortOf(patients), sizes)).not.toThrow();
        },
      ),
      { seed: 16 },
    );
  });

  test('without test patients, every patient calibrates', () => {
    for (const patients of [12, 160, 900]) {
      expect(defaultSizes(patients, { nTest: 0 })).toMatchObject({ nCal: patients, nTest: 0 });
    }
  });

  test('those given that do not fit are refused, not shrunk', () => {
    const sizes = defaultSizes(40, { nCal: 64 });
    expect(sizes.nCal).toBe(64);
    expect(() => checkSplitSizes(cohortOf(40), sizes)).toThrow(/`nOpt` 4 `nCal` 32 `nTest` 8 would fit/);
  });
});

test('the tolerance proposed where n is too small is accepted, for every n', () => {
  for (let n = 2; n < 600; n++) {
    const plan = {
      ...{ procedures: ['crc'] as const, epsilons: [1e-3], runs: 1, seed: 0 },
      ...{ nOpt: 1, nCal: n, nTest: 0, options: PAPER_OPTIONS },
    };
    let proposed = Number.NaN;
    try {
      planRuns(plan, cohortOf(n));
    } catch (error) {
      proposed = Number(/tolerance of at least (\S+)$/.exec((error as Error).message)?.[1]);
    }
    expect(leastUnits(crcBound(proposed))).toBeLessThanOrEqual(n);
    // Rounded in the third digit, not more.
    expect(proposed - 1 / (n + 1)).toBeLessThan(0.01 / (n + 1) + 1e-12);
  }
});
