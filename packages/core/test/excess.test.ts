import { describe, expect, it } from 'vitest';
import {
  type Calibration,
  type CohortEvaluation,
  calibrationScansIn,
  excessOf,
  FLAGGED_ABOVE,
  flaggedAbove,
  normalTail,
  randomStream,
  standardErrorsAbove,
} from '../src/index.ts';

const seen = (n: number, mean: number, sd: number | null) => ({ n, mean, sd });

describe('standard errors above ε', () => {
  it('pool both spreads over patients: by hand for 20 and 12', () => {
    // s² = (19·0.04² + 11·0.06²)/30 = 0.0023333; z = 0.03 / (s·√(1/20 + 1/12)).
    const z = standardErrorsAbove(0.1, seen(20, 0.05, 0.04), seen(12, 0.13, 0.06));
    expect(z).toBeCloseTo(
      0.03 / (Math.sqrt((19 * 0.0016 + 11 * 0.0036) / 30) * Math.sqrt(1 / 20 + 1 / 12)),
      12,
    );
  });

  it('tell an honest calibration from a broken one: seeded, 2.33 is passed by at most 2.5% of honest ones', () => {
    // Losses are exponential with mean μ; λ̂ scales them so that the calibration mean is what the CRC condition asks for.
    const { uniform } = randomStream(17, 0);
    const draw = () => -Math.log(1 - uniform());
    const flagged = (shift: number) => {
      let count = 0;
      for (let trial = 0; trial < 2000; trial++) {
        const cal = Array.from({ length: 50 }, draw);
        const scale = (51 * 0.1 - 1) / cal.reduce((sum, loss) => sum + loss, 0);
        const test = Array.from({ length: 25 }, () => draw() * shift);
        const z = standardErrorsAbove(0.1, losses(cal, scale), losses(test, scale));
        if (z !== null && z > FLAGGED_ABOVE) count++;
      }
      return count / 2000;
    };
    expect(flagged(1)).toBeLessThan(0.025);
    expect(flagged(3)).toBeGreaterThan(0.8);
  });
});

function losses(values: readonly number[], scale: number) {
  const n = values.length;
  const mean = (values.reduce((sum, value) => sum + value, 0) / n) * scale;
  const square = values.reduce((sum, value) => sum + (value * scale - mean) ** 2, 0);
  return { n, mean, sd: Math.sqrt(square / (n - 1)) };
}

describe('several risks at once', () => {
  it('are flagged above a larger z, so that all together are flagged no more often than one', () => {
    expect(flaggedAbove(1)).toBe(2.33);
    for (const organs of [2, 9, 11]) {
      expect(organs * normalTail(flaggedAbove(organs))).toBeCloseTo(normalTail(2.33), 9);
    }
    expect(normalTail(2.33)).toBeCloseTo(0.0099031, 6);
  });
});

const CALIBRATION = {
  procedure: 'organ-crc',
  epsilon: 0.1,
  bound: 'crc',
  losses: seen(20, 0.05, 0.02),
  organs: {
    2: { status: 'calibrated', nCal: 20, losses: seen(20, 0.05, 0.02) },
    7: { status: 'calibrated', nCal: 20, losses: seen(20, 0.05, 0.02) },
    9: { status: 'infeasible', nCal: 3 },
  },
} as unknown as Calibration;
const risk = (mean: number) => ({ risk: { mean, sd: 0.02, low: 0, high: 1 }, patients: 12, scans: 12 });
const MEASURED = {
  ...risk(0.2),
  organs: { 2: risk(0.09), 7: risk(0.16), 9: risk(0.5) },
} as unknown as CohortEvaluation;

describe('the excess of a risk', () => {
  it('is judged organ by organ where each was promised, and only those calibrated', () => {
    const excess = excessOf(CALIBRATION, MEASURED);
    expect(excess).toMatchObject({ flagged: true, organs: ['7'], flaggedAbove: flaggedAbove(2) });
    expect(excess.z).toBeGreaterThan(8);
  });

  it('is judged over the scan where that was promised; pooled losses promise nothing', () => {
    expect(excessOf({ ...CALIBRATION, procedure: 'sem-crc' }, MEASURED)).toMatchObject({
      flagged: true,
      organs: [],
    });
    expect(excessOf({ ...CALIBRATION, procedure: 'pooled' }, MEASURED)).toMatchObject({
      flagged: false,
      z: null,
    });
    const kept = { ...MEASURED, ...risk(0.09) } as CohortEvaluation;
    expect(excessOf({ ...CALIBRATION, procedure: 'crc' }, kept).flagged).toBe(false);
  });
});

describe('scans that a calibration was made on', () => {
  const used = {
    split: { opt: ['a'], cal: ['b', 'c'], test: ['d'] },
    source: { digest: 'own' },
    fingerprints: { a: '0', b: '1', c: '2' },
  } as unknown as Calibration;
  const { fingerprints: _, ...plain } = used;
  const unprinted = plain as Calibration;

  it('are found by fingerprint, under any id and in any cohort', () => {
    const cohort = { ids: ['x', 'b', 'y'], digest: 'other', fingerprints: ['1', '9', '8'] };
    expect(calibrationScansIn(used, cohort)).toEqual(['x']);
  });

  it('are found by id where fingerprints are not known and the cohort is the calibration’s own', () => {
    expect(calibrationScansIn(unprinted, { ids: ['a', 'd'], digest: 'own' })).toEqual(['a']);
    expect(calibrationScansIn(used, { ids: ['d', 'c', 'b', 'a'], digest: 'other' })).toEqual(['c', 'b', 'a']);
    expect(calibrationScansIn(used, { ids: ['a', 'd'], digest: 'other' })).toEqual([]);
  });
});
