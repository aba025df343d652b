import { describe, expect, it } from 'vitest';
import { pairedDifference } from '../src/statistics/paired.ts';
import { madeDocument, numbers } from './made.ts';

/** Records of two procedures whose lengths differ, for each patient, by `effect(patient)`, over random splits. */
function splits(
  effect: (patient: number) => number,
  pool: number,
  tests: number,
  runs: number,
  next: () => number,
) {
  const {
    runs: [example],
  } = madeDocument({ runs: 1 });
  return Array.from({ length: runs }, (_, run) => {
    const order = Array.from({ length: pool }, (_, at) => ({ at, key: next() })).sort(
      (a, b) => a.key - b.key,
    );
    const test = order.slice(0, tests).map(({ at }) => at);
    return (['crc', 'sem-crc'] as const).map((procedure) => {
      const length = test.map((patient) => 0.2 + (procedure === 'crc' ? 0 : effect(patient)));
      return {
        ...example,
        procedure,
        run,
        split: { opt: [], cal: [], test: test.map(String) },
        test: {
          risk: 0.1,
          length: length.reduce((sum, one) => sum + one, 0) / tests,
          organs: {},
          perScan: { risk: test.map(() => 0.1), length },
        },
      };
    });
  }).flat();
}

describe('a paired comparison', () => {
  it('is the mean over patients of each patient’s mean difference, with ± 1.96·sd/√patients', () => {
    const effects = [0.01, -0.02, 0.03, 0.05];
    const records = splits((patient) => effects[patient], 4, 4, 3, numbers(1));
    const pair = pairedDifference(records, undefined, 'sem-crc', 'crc')!;
    const sd = Math.sqrt(effects.reduce((sum, one) => sum + (one - 0.0175) ** 2, 0) / 3);
    expect(pair.patients).toBe(4);
    expect(pair.difference).toBeCloseTo(0.0175, 12);
    expect(pair.half).toBeCloseTo((1.96 * sd) / 2, 12);
    expect(pair.monteCarloError).toBeCloseTo(0, 12);
  });

  it('takes the scans of one patient together', () => {
    const records = splits((scan) => (scan < 2 ? 0.01 : 0.05), 3, 3, 1, numbers(1));
    const pair = pairedDifference(records, { 0: 'a', 1: 'a', 2: 'b' }, 'sem-crc', 'crc')!;
    expect(pair.patients).toBe(2);
    expect(pair.difference).toBeCloseTo(0.03, 12);
  });

  // 300 pools: of 95% intervals, fewer than 90% or more than 99% cover in under 1 of 1000 such tests.
  it('covers the difference of new patients about as often as it says, and the spread over runs far less often', () => {
    const next = numbers(3);
    const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    let [covered, byRuns] = [0, 0];
    for (let pool = 0; pool < 300; pool++) {
      const effects = Array.from({ length: 60 }, () => -0.01 + 0.02 * normal());
      const pair = pairedDifference(
        splits((at) => effects[at], 60, 20, 20, next),
        undefined,
        'sem-crc',
        'crc',
      )!;
      const off = Math.abs(pair.difference + 0.01);
      if (off <= pair.half!) covered++;
      if (off <= 1.96 * pair.monteCarloError) byRuns++;
    }
    expect(covered / 300).toBeGreaterThan(0.9);
    expect(covered / 300).toBeLessThan(0.99);
    expect(byRuns / 300).toBeLessThan(0.8);
  });

  it('is not made where scans were not recorded', () => {
    const { runs } = madeDocument();
    const without = runs.map((record) => ({
      ...record,
      test: record.test && { risk: record.test.risk, length: record.test.length, organs: {} },
    }));
    expect(pairedDifference(without, undefined, 'sem-crc', 'crc')).toBeNull();
  });
});
