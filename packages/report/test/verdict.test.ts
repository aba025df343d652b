import { describe, expect, it } from 'vitest';
import { factsOf } from '../src/experiment.ts';
import { overlapFlag } from '../src/verdict/flags.ts';
import { summaryOf } from '../src/verdict/summary.ts';
import { judge, type Measurement, type PromiseMade } from '../src/verdict/verdict.ts';
import { madeDocument } from './made.ts';

const PROMISE: PromiseMade = {
  procedure: 'sem-crc',
  epsilon: 0.1,
  bound: 'crc',
  delta: null,
  within: 'scan',
};
const measuredAt = (mean: number, sd: number | null = 0.03): Measurement => ({
  scan: { cal: { n: 100, mean: 0.09, sd }, test: { n: 50, mean, sd } },
  organs: [],
  splits: 1,
});

describe('a verdict', () => {
  it('holds where the risk measured is at most ε', () => {
    expect(judge(PROMISE, measuredAt(0.1)).judgement).toBe('kept');
  });

  it('leaves a risk above ε to chance up to 2.33 standard errors', () => {
    const error = 0.03 * Math.sqrt(1 / 100 + 1 / 50);
    expect(judge(PROMISE, measuredAt(0.1 + 2.32 * error)).judgement).toBe('chance');
    expect(judge(PROMISE, measuredAt(0.1 + 2.34 * error)).judgement).toBe('broken');
  });

  it('says so where a risk above ε cannot be judged, or nothing was measured', () => {
    expect(judge(PROMISE, measuredAt(0.12, null)).judgement).toBe('untested');
    expect(judge(PROMISE, { scan: null, organs: [], splits: 0 }).judgement).toBe('untested');
  });

  it('tests the test patients alone where the risk of this calibration was promised', () => {
    const rcps = { ...PROMISE, bound: 'wsr', delta: 0.1 };
    const alone = 0.03 / Math.sqrt(50);
    expect(judge(rcps, measuredAt(0.1 + 2.3 * alone)).judgement).toBe('chance');
    expect(judge(rcps, measuredAt(0.1 + 2.4 * alone)).judgement).toBe('broken');
    expect(judge(PROMISE, measuredAt(0.1 + 2.4 * alone)).judgement).toBe('chance');
  });

  it('judges every organ where each was promised, and names the one that is broken', () => {
    const organ = (name: string, mean: number) => ({ name, ...measuredAt(mean).scan! });
    const verdict = judge(
      { ...PROMISE, procedure: 'organ-crc' },
      { ...measuredAt(0.05), organs: [organ('liver', 0.09), organ('spleen', 0.13)] },
    );
    expect(verdict.judgement).toBe('broken');
    expect(verdict.brokenOrgans).toEqual(['spleen']);
    expect(verdict.conclusion).toContain('spleen');
    expect(verdict.conclusion).not.toContain('liver');
  });

  it('promises nothing for pooled losses', () => {
    expect(judge({ ...PROMISE, procedure: 'pooled' }, measuredAt(0.5)).judgement).toBe('none');
  });
});

describe('the summary of an experiment', () => {
  const summary = (making: Parameters<typeof madeDocument>[0]) =>
    summaryOf(
      factsOf({
        name: 'made',
        document: madeDocument(making),
        curve: null,
        mended: { clipped: 12, crossed: 0 },
        background: 0.6,
        example: null,
        digest: null,
      }),
    );

  it('names likely causes where a promise is broken', () => {
    const { verdict, advice } = summary({ risk: 0.2 });
    expect(verdict.judgement).toBe('broken');
    expect(advice[0]).toContain('Likely causes');
  });

  it('says what more scans would give, in HU', () => {
    expect(summary({}).advice.join(' ')).toMatch(/HU on average with n = 20 to [\d.]+ HU with 40/);
  });

  it('says that organs may lie above what is promised for the scan, and names organ-crc', () => {
    const { advice, organs } = summary({ risk: 0.105 });
    expect(organs[0].risk).toBeGreaterThan(0.1);
    expect(advice.join(' ')).toContain('organ-crc');
  });

  it('flags few scans, γ at the end of its range, and clipped predictions', () => {
    expect(summary({}).flags.map(({ title }) => title)).toEqual(
      expect.arrayContaining([
        'Few calibration scans',
        'γ at the end of its range',
        'Predictions mended on reading',
      ]),
    );
  });
});

describe('scans in two parts of a split', () => {
  it('are a red flag, by patient', () => {
    const split = { opt: ['a'], cal: ['b', 'c'], test: ['d'] };
    expect(overlapFlag([split], undefined)).toEqual([]);
    expect(overlapFlag([{ ...split, test: ['b'] }], undefined)).toMatchObject([{ weight: 'red' }]);
    expect(overlapFlag([split], { c: 'one', d: 'one' })).toMatchObject([{ weight: 'red' }]);
  });
});
