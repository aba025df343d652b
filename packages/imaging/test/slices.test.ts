import { describe, expect, it } from 'vitest';
import {
  boxAbove,
  centreBox,
  chooseSliceWindow,
  crop,
  identityAffine,
  labelledPerSlice,
  makeVolume,
  sliceOffsets,
  takeSlices,
} from '../src/index.ts';
import { golden } from './goldens.ts';

interface Goldens {
  readonly windows: readonly {
    readonly counts: readonly number[];
    readonly expected: Record<string, unknown>;
  }[];
  readonly offsets: readonly {
    readonly length: number;
    readonly count: number;
    readonly expected: number[];
  }[];
  readonly centred: readonly {
    readonly shape: [number, number];
    readonly target: [number, number];
    readonly expected: number[];
  }[];
}

const { windows, offsets, centred } = golden<Goldens>('slices.json');

describe('the window of slices', () => {
  it('is the one numpy finds by trying all, or the scan is left out for the same reason', () => {
    const states = new Set<string>();
    for (const { counts, expected } of windows) {
      const found = chooseSliceWindow(Uint32Array.from(counts));
      expect(found).toMatchObject(expected);
      states.add(found.state === 'chosen' ? 'chosen' : found.reason);
    }
    expect(states).toEqual(new Set(['chosen', 'short', 'sparse']));
  });

  it('is the first of several equally labelled', () => {
    const rule = { length: 2, margin: 1, leastLabelled: 1 };
    const found = chooseSliceWindow(Uint32Array.of(9, 0, 3, 3, 0, 3, 3, 9), rule);
    expect(found).toEqual({ state: 'chosen', start: 2, length: 2, labelled: 6, counting: 2 });
  });

  it('says why a scan is left out', () => {
    expect(chooseSliceWindow(new Uint32Array(67))).toMatchObject({
      reason: 'short',
      message: 'expected at least 68 slices, found 67',
    });
    expect(chooseSliceWindow(new Uint32Array(68))).toMatchObject({ reason: 'unlabelled' });
    const few = new Uint32Array(68).fill(3999).fill(4000, 20, 43);
    expect(chooseSliceWindow(few)).toMatchObject({
      reason: 'sparse',
      message: expect.stringContaining('found 23'),
    });
    expect(chooseSliceWindow(few.fill(4000, 20, 44))).toMatchObject({ state: 'chosen', counting: 24 });
  });

  it('counts labelled voxels slice by slice', () => {
    const labels = makeVolume(Uint16Array.of(0, 1, 2, 0, 0, 0, 300, 4, 5), [3, 1, 3], identityAffine);
    expect([...labelledPerSlice(labels)]).toEqual([2, 0, 3]);
  });
});

describe('slices of a window', () => {
  it.each(offsets)('$count of $length', ({ length, count, expected }) => {
    expect(sliceOffsets(length, count)).toEqual(expected);
  });

  it('are 0, 15, 31, 47 in the paper', () => {
    expect(sliceOffsets(48, 4)).toEqual([0, 15, 31, 47]);
    expect(() => sliceOffsets(3, 4)).toThrow(/cannot take 4 slices of 3/);
  });

  it('are taken in the order asked', () => {
    const volume = makeVolume(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 1, 2], identityAffine);
    expect([...takeSlices(volume, [2, 0])]).toEqual([5, 6, 1, 2]);
    expect(() => takeSlices(volume, [3])).toThrow(/slice 3 of a volume of 3/);
  });
});

describe('boxes', () => {
  it.each(centred)('centre $shape to $target as numpy pads and takes', ({ shape, target, expected }) => {
    const values = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => i + 1);
    const volume = makeVolume(values, [1, ...shape], identityAffine);
    const out = crop(volume, centreBox(volume.shape, target));
    expect(out.shape).toEqual([1, ...target]);
    expect([...out.data]).toEqual(expected);
  });

  it('hold exactly the voxels above the threshold', () => {
    const data = new Float32Array(5 * 4 * 3);
    const volume = makeVolume(data, [3, 4, 5], [2, 0, 0, 1, 0, 3, 0, 1, 0, 0, 4, 1, 0, 0, 0, 1]);
    expect(boxAbove(volume)).toBeNull();
    data[1 + 5 * (2 + 4 * 1)] = 0.5;
    data[3 + 5 * (1 + 4 * 2)] = 1e-30;
    data[0] = -1;
    const box = boxAbove(volume);
    expect(box).toEqual({ start: [1, 1, 1], end: [4, 3, 3] });
    const cropped = crop(volume, box ?? expect.fail());
    expect(cropped.shape).toEqual([2, 2, 3]);
    expect(cropped.data[0 + 3 * (1 + 2 * 0)]).toBe(0.5);
    expect([3, 7, 11].map((i) => cropped.affine[i])).toEqual([3, 4, 5]);
    expect(boxAbove(volume, 0.25)).toEqual({ start: [1, 2, 1], end: [2, 3, 2] });
  });
});
