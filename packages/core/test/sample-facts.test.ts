import { describe, expect, it } from 'vitest';
import { doubtsOfCohort, lookOf, type Sample, sampleFacts } from '../src/index.ts';

const LABELS = { 0: 'background', 1: 'body', 7: 'liver', 64: 'lung_left' };

/** A scan of which a share is background (at 0), the rest liver at some intensity. */
function scanOf(background: number, liver: number): Sample {
  const voxels = 7000;
  const organs = Uint8Array.from({ length: voxels }, (_, voxel) => (voxel < background * voxels ? 0 : 7));
  const truth = Float32Array.from(organs, (organ) => (organ === 0 ? 0 : liver));
  const mended = { clipped: 0, crossed: 0 };
  return { id: 's', patient: 's', shape: [1, 70, 100], truth, lower: truth, upper: truth, organs, mended };
}

const doubts = (scans: readonly Sample[], window: [number, number] | null = [-175, 250]) =>
  doubtsOfCohort(lookOf(scans.map(sampleFacts)), LABELS, window);

describe('what scans look like', () => {
  it('is their share of background and the median truth of each organ', () => {
    const { background, medians } = sampleFacts(scanOf(0.4, 0.5));
    expect(background).toBeCloseTo(0.4, 3);
    expect(medians).toEqual({ 0: 0, 7: 0.5 });
  });

  it('is the same to the bit in whatever order scans are read: workers finish in any', () => {
    // Added up from the left and from the right, these differ in the last bit.
    const scans = [0.1, 0.2, 0.3].map((background) => ({ background, medians: { 7: background } }));
    expect(0.1 + 0.2 + 0.3).not.toBe(0.3 + 0.2 + 0.1);
    expect(lookOf(scans.toReversed())).toEqual(lookOf(scans));
  });

  it('raises no doubts for a body that fills half of the slice', () => {
    expect(doubts([scanOf(0.5, 0.6), scanOf(0.69, 0.5)])).toEqual([]);
  });

  it('raises doubts where most is background, with what would help', () => {
    expect(doubts([scanOf(0.9, 0.5), scanOf(0.8, 0.5)])).toEqual([
      expect.stringMatching(/^85% of the voxels are background .*`within` body.*`size`/),
    ]);
  });

  it('raises doubts where an organ lies in air or is bone, in HU where the window is known', () => {
    expect(doubts([scanOf(0.5, 0)])).toEqual([
      expect.stringMatching(/liver lie at -175 HU or below.*`labels`/),
    ]);
    expect(doubts([scanOf(0.5, 1)], null)).toEqual([expect.stringMatching(/liver lie at 1 or above/)]);
    // One odd scan is none of the cohort's.
    expect(doubts([scanOf(0.5, 0), scanOf(0.5, 0.5), scanOf(0.5, 0.6)])).toEqual([]);
  });
});
