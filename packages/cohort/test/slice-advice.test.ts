import { chooseSliceWindow, paperSliceRule } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import { adviseSlices, type SliceCensus } from '../src/scan/slice-advice.ts';
import type { SliceChoice } from '../src/sources/scan-options.ts';
import { uniform } from './random-cohort.ts';

const PAPER: SliceChoice = {
  spacing: null,
  slices: 4,
  size: [256, 256],
  windowSlices: paperSliceRule.length,
  margin: paperSliceRule.margin,
  leastLabelled: paperSliceRule.leastLabelled,
  crop: 'truth',
};

/** A scan of some slices, each with as many labelled voxels as `count` says. */
const scan = (
  name: string,
  slices: number,
  count: (slice: number) => number,
  box: SliceCensus['box'] = [250, 250],
): SliceCensus => ({ scan: name, labelled: Uint32Array.from({ length: slices }, (_, at) => count(at)), box });

/** Whether a scan passes a rule, asked of the function that leaves scans out. */
function passes({ labelled }: SliceCensus, asked: SliceChoice): boolean {
  const { windowSlices: length, margin, leastLabelled } = asked;
  return chooseSliceWindow(labelled, { length, margin, leastLabelled }).state === 'chosen';
}

describe('what lets scans pass', () => {
  it('is nothing where all of them do', () => {
    expect(adviseSlices([scan('a', 70, () => 5000), scan('b', 300, () => 9000)], PAPER)).toBeNull();
  });

  it('is a window and margins that fit the shortest, in the proportions asked for', () => {
    const advice = adviseSlices([scan('a', 90, () => 5000), scan('b', 24, () => 5000)], PAPER);
    expect(advice?.settings).toEqual({ windowSlices: 16, margin: 4 });
    expect(advice?.sentence).toBe(
      '1 of 2 scans would be left out; what lets all of them pass: `windowSlices` 16 `margin` 4',
    );
  });

  it('is every option at once where scans are short, sparse and small', () => {
    const small = Array.from({ length: 5 }, (_, at) => scan(`s${at}`, 24, () => 700, [110, 90]));
    const advice = adviseSlices(small, PAPER);
    expect(advice?.settings).toEqual({ windowSlices: 16, margin: 4, leastLabelled: 500, size: [128, 128] });
    expect(advice?.sentence).toBe(
      '5 of 5 scans would be left out, and of most scans more than half of 256 × 256 would be padding; ' +
        'what lets all of them pass: `windowSlices` 16 `margin` 4 `leastLabelled` 500 `size` 128,128',
    );
  });

  it('is fewer slices where there are not as many as are to be taken', () => {
    const advice = adviseSlices([scan('a', 3, () => 8000)], PAPER);
    expect(advice?.settings).toEqual({ slices: 3, windowSlices: 3, margin: 0 });
  });

  it('is a size alone where scans pass, and are mostly padding', () => {
    const advice = adviseSlices([scan('a', 80, () => 5000, [100, 120])], PAPER);
    expect(advice?.settings).toEqual({ size: [128, 128] });
    expect(advice?.sentence).toMatch(
      /^of most scans more than half of 256 × 256 would be padding; fitting slices: /,
    );
  });

  it('names scans in which nothing is labelled, which nothing lets pass', () => {
    const advice = adviseSlices([scan('empty', 80, () => 0), scan('b', 30, () => 5000)], PAPER);
    expect(advice?.hopeless).toEqual(['empty']);
    expect(advice?.sentence).toMatch(
      /2 of 2 scans .* lets all of them pass but empty, where nothing is labelled: /,
    );
    expect(adviseSlices([scan('empty', 80, () => 0)], PAPER)).toBeNull();
  });

  it('holds for any cohort: with the settings proposed, all pass that have a labelled slice', () => {
    const next = uniform(7);
    const whole = (most: number) => Math.floor(next() * most);
    for (let cohort = 0; cohort < 300; cohort++) {
      const asked: SliceChoice = {
        ...PAPER,
        slices: 1 + whole(6),
        windowSlices: 6 + whole(60),
        margin: whole(15),
        leastLabelled: whole(3) * whole(9000),
      };
      const scans = Array.from({ length: 1 + whole(5) }, (_, at) => {
        const slices = 1 + whole(120);
        const [from, to, most] = [whole(slices), whole(slices), whole(3) === 0 ? 3 : 12_000];
        const count = (slice: number) => (slice >= from && slice <= to ? whole(most) : 0);
        return scan(`s${at}`, slices, count, [20 + whole(300), 20 + whole(300)]);
      });
      const advice = adviseSlices(scans, asked);
      const able = scans.filter(({ labelled }) => labelled.some((count) => count > 0));
      const proposed = { ...asked, ...advice?.settings };
      expect(able.every((one) => passes(one, proposed))).toBe(true);
      expect(proposed.slices).toBeLessThanOrEqual(proposed.windowSlices);
      expect(proposed.margin).toBeGreaterThanOrEqual(0);
    }
  });
});
