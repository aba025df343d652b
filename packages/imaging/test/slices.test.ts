import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { voxelAt } from '../src/grid/volume.ts';
import {
  type Box,
  boxAbove,
  centreBox,
  chooseSliceWindow,
  crop,
  cropInto,
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

  it('counts those of a box as in its voxels alone, wherever it lies in memory', () => {
    const box = fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 }), fc.nat(1))
      .chain((sizes) => {
        const [width, height, shift] = sizes;
        const within = (size: number) =>
          fc
            .tuple(fc.nat(size - 1), fc.nat(size - 1))
            .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
        const data = fc.array(fc.constantFrom(0, 0, 0, 1, 256), {
          minLength: 3 * width * height,
          maxLength: 3 * width * height,
        });
        return fc.record({
          shape: fc.constant([3, height, width] as const),
          shift: fc.constant(shift),
          data,
          x: within(width),
          y: within(height),
          z: within(3),
        });
      });
    fc.assert(
      fc.property(box, ({ shape, shift, data, x, y, z }) => {
        const labels = makeVolume(
          Uint16Array.from([...Array<number>(shift).fill(9), ...data]).subarray(shift),
          shape,
          identityAffine,
        );
        const part: Box = { start: [x[0], y[0], z[0]], end: [x[1], y[1], z[1]] };
        expect(labelledPerSlice(labels, part)).toEqual(labelledPerSlice(crop(labels, part)));
        const [, height, width] = shape;
        const counts = [0, 1, 2].map(
          (slice) =>
            data.slice(slice * height * width, (slice + 1) * height * width).filter((v) => v !== 0).length,
        );
        expect([...labelledPerSlice(labels)]).toEqual(counts);
      }),
    );
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

  it('hold no more than the voxels above the threshold reach', () => {
    const shape = [4, 5, 6] as const;
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(4 * 5 * 6 - 1), { maxLength: 12 }), (places) => {
        const data = new Float32Array(4 * 5 * 6);
        for (const place of places) data[place] = 1;
        const found = places.map((place) => voxelAt(shape, place));
        const along = (axis: number) => found.map((place) => place[axis]);
        expect(boxAbove(makeVolume(data, shape, identityAffine))).toEqual(
          places.length === 0
            ? null
            : {
                start: [0, 1, 2].map((axis) => Math.min(...along(axis))),
                end: [0, 1, 2].map((axis) => Math.max(...along(axis)) + 1),
              },
        );
      }),
    );
  });

  it('are cropped into arrays of their size only, padded where they stand over', () => {
    const volume = makeVolume(Uint16Array.of(1, 2, 3, 4), [1, 2, 2], identityAffine);
    const box: Box = { start: [1, -1, 0], end: [3, 1, 1] };
    const into = new Uint16Array(4).fill(7);
    cropInto(volume, box, into, 9);
    expect([...into]).toEqual([9, 9, 2, 9]);
    expect(() => cropInto(volume, box, new Uint16Array(5))).toThrow(
      /2 × 2 × 1 voxels does not fit an array of 5/,
    );
  });
});
