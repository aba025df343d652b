import type { SemcrcError } from '@semcrc/kernels';
import { describe, expect, it } from 'vitest';
import {
  type Calibration,
  checkSamePreparing,
  type Preparing,
  preparingDifferences,
  UNKNOWN_PREPARING,
} from '../src/index.ts';

const WHOLE: Preparing = {
  ...UNKNOWN_PREPARING,
  ...{ point: true, std: true, body: true, draws: 4, segmentation: 'labels', truthUnits: 'hu' },
  ...{ labels: 'suprem', window: [-175, 250] },
};
const PAPER: Preparing = {
  ...WHOLE,
  ...{ prepare: 'paper', spacing: [1.5, 1.5, 3], slices: 4, size: [256, 256] },
  ...{ windowSlices: 48, margin: 10, leastLabelled: 4000, crop: 'truth' },
};

type Method = Pick<Calibration, 'partition' | 'heuristic' | 'within'> & Partial<Pick<Calibration, 'shrink'>>;
const ORGANS: Method = { partition: { kind: 'organ' }, heuristic: 'quantile', within: 'scan' };
const UNIFORM: Method = { ...ORGANS, partition: { kind: 'uniform' } };
const POSITIONS: Method = {
  ...ORGANS,
  partition: { kind: 'position', height: 1, width: 1, groupCount: 1, map: 'AA==' },
};
const LEARNED: Method = {
  ...ORGANS,
  partition: { kind: 'learned', features: [], trees: {}, rules: {} },
};
const strata = (name: 'intensity' | 'width' | 'gradient'): Method => ({
  ...ORGANS,
  partition: { kind: 'strata', features: [{ name, bins: 2 }], cuts: {} },
});

/** What of a calibration is looked at. */
const made = (method: Method, preparing: Preparing) =>
  ({
    ...method,
    source: { name: 'a', digest: '', scans: 1, leftOut: 0, preparing },
  }) as unknown as Calibration;

const found = (method: Method, change: object, by: Preparing = WHOLE) =>
  preparingDifferences(made(method, by), { ...by, ...change } as Preparing).map(
    ({ kind, options }) => `${kind} ${options.join(' ')}`,
  );

describe('scans made otherwise than those of a calibration', () => {
  it('differ in nothing when they were made alike, whatever the method', () => {
    for (const method of [ORGANS, UNIFORM, POSITIONS, strata('intensity')]) {
      for (const preparing of [WHOLE, PAPER, UNKNOWN_PREPARING])
        expect(found(method, {}, preparing)).toEqual([]);
    }
  });

  it('are refused where slices are learned from and these do not show them whole', () => {
    const cut = { ...PAPER, spacing: null } as Preparing;
    const kept = { ...cut, surroundings: true } as Preparing;
    const centred = { ...ORGANS, centre: { terms: [], organs: {} } } as Method;
    for (const method of [LEARNED, centred]) {
      const between = (by: Preparing, at: Preparing) =>
        preparingDifferences(made(method, by), at).map(({ kind, options }) => `${kind} ${options[0]}`);
      expect(between(kept, kept)).toEqual([]);
      expect(between(kept, WHOLE)).toEqual(['extrapolation prepare']);
      expect(between(WHOLE, kept)).toEqual(['extrapolation prepare']);
      expect(between(WHOLE, cut)[0]).toBe('refuse spacing');
      expect(between(kept, { ...kept, spacing: [1, 1, 1] } as Preparing)[0]).toBe('refuse spacing');
    }
    expect(found(ORGANS, { spacing: [1, 1, 1] }, kept)).toEqual(['extrapolation spacing']);
  });

  it.each([
    ['no body mask', ORGANS, { body: false }, ['refuse body']],
    [
      'no body mask where the loss counts the body',
      { ...UNIFORM, within: 'body' },
      { body: false },
      ['refuse body'],
    ],
    ['no body mask where one λ covers all', UNIFORM, { body: false }, []],
    ['no point where strata need it', strata('intensity'), { point: false }, ['refuse point']],
    ['no point where strata are of widths', strata('width'), { point: false }, []],
    [
      'no point where the interval is about it',
      { ...UNIFORM, heuristic: 'mse' },
      { point: false },
      ['refuse point'],
    ],
    ['no point where nothing looks at it', ORGANS, { point: false }, []],
    [
      'no point where intervals shrink to it',
      { ...UNIFORM, shrink: true },
      { point: false },
      ['refuse point'],
    ],
    ['no point where strata are learned from it', LEARNED, { point: false }, ['refuse point']],
    ['no body mask where learned strata are of organs', LEARNED, { body: false }, ['refuse body']],
    ['no deviation', { ...ORGANS, heuristic: 'std' }, { std: false }, ['refuse std']],
    ['fewer draws', { ...ORGANS, heuristic: 'samples' }, { draws: 3 }, ['refuse samples']],
    ['fewer draws that nothing looks at', ORGANS, { draws: 3 }, []],
    ['another window', UNIFORM, { window: [-160, 240] }, ['refuse window']],
    ['predictions in HU', UNIFORM, { predictionUnits: 'hu' }, ['refuse predictionUnits']],
    ['another scheme', ORGANS, { labels: 'flare' }, ['refuse labels']],
    ['another scheme that nothing looks at', UNIFORM, { labels: 'flare' }, []],
    ['a map of other numbers', ORGANS, { labels: 'map.json', labelNames: { 1: 'liver' } }, ['refuse labels']],
    ['labels of their own that the calibration lacks', ORGANS, { extraLabels: ['duodenum'] }, []],
    ['truth stored windowed', ORGANS, { truthUnits: 'window' }, []],
    ['masks instead of labels', ORGANS, { segmentation: 'masks' }, []],
    ['what a store of another program tells', ORGANS, { ...UNKNOWN_PREPARING, window: [-175, 250] }, []],
  ] as const)('%s', (_, method, change, expected) => {
    expect(found(method as Method, change)).toEqual(expected);
  });

  it('a body mask that the calibration did not have, and labels it had of their own', () => {
    expect(found(ORGANS, { body: true }, { ...WHOLE, body: false })).toEqual(['refuse body']);
    const more = { ...WHOLE, extraLabels: ['duodenum', 'colon'] };
    expect(found(ORGANS, { extraLabels: ['colon'] }, more)).toEqual(['refuse extraLabels']);
  });

  it('a label map is known by what it says, not by its path', () => {
    const map = { ...WHOLE, labels: 'a/map.json', labelNames: { 1: 'spleen', 2: 'liver' } };
    expect(found(ORGANS, { labels: 'b/other.json', labelNames: { 2: 'liver', 1: 'spleen' } }, map)).toEqual(
      [],
    );
    expect(found(ORGANS, { labelNames: { 1: 'liver', 2: 'spleen' } }, map)).toEqual(['refuse labels']);
  });

  it('other slices or spacing are an extrapolation, said with what was calibrated on', () => {
    const text = checkSamePreparing(made(ORGANS, PAPER), { name: 'x', preparing: WHOLE });
    expect(text).toMatch(
      /4 slices of 256 × 256 a scan at 1.5 × 1.5 × 3 mm.*these are whole scans.*extrapolation/,
    );
    expect(found(ORGANS, { spacing: [2, 2, 3] }, PAPER)).toEqual(['extrapolation spacing']);
    expect(found(ORGANS, { margin: 5, slices: 8 }, PAPER)).toEqual(['extrapolation slices margin']);
    expect(found(ORGANS, { crop: 'point' }, PAPER)).toEqual(['extrapolation crop']);
    expect(checkSamePreparing(made(ORGANS, PAPER), { name: 'x', preparing: PAPER })).toBeNull();
  });

  it('positions in scans cropped to their truth mean nothing in a scan that has none', () => {
    const { crop: _, ...rest } = PAPER;
    expect(preparingDifferences(made(POSITIONS, PAPER), WHOLE).map(({ kind }) => kind)).toEqual(['refuse']);
    const byPoint = { ...rest, crop: 'point' } as Preparing;
    expect(preparingDifferences(made(POSITIONS, byPoint), WHOLE).map(({ kind }) => kind)).toEqual([
      'extrapolation',
    ]);
  });

  it('are refused naming every option at once', () => {
    const preparing = { ...WHOLE, body: false, window: [0, 1], labels: 'flare' } as Preparing;
    const refused = () => checkSamePreparing(made(ORGANS, WHOLE), { name: 'new.csv', preparing });
    expect(refused).toThrow(/new.csv: .*`body`.*`window` -175,250.*`labels` suprem/);
    try {
      refused();
    } catch (error) {
      expect((error as SemcrcError).code).toBe('usage');
      expect((error as SemcrcError).data).toEqual({
        options: ['body', 'window', 'labels'],
        inputs: ['body'],
      });
    }
  });
});
