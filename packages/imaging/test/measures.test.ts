import { describe, expect, it } from 'vitest';
import {
  compareLabels,
  identityAffine,
  makeVolume,
  planeForSsim,
  psnr,
  type Shape,
  ssim,
} from '../src/index.ts';
import { golden } from './goldens.ts';

interface Goldens {
  readonly shape: readonly [number, number, number];
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly psnr: number;
  readonly ssim: number;
  readonly labels: readonly number[];
  readonly otherLabels: readonly number[];
  readonly dice: Readonly<Record<string, number>>;
}

const expected = golden<Goldens>('measures.json');
const shape: Shape = [expected.shape[2], expected.shape[1], expected.shape[0]];
const image = (values: readonly number[]) => makeVolume(Float32Array.from(values), shape, identityAffine);
const labels = (values: readonly number[]) => makeVolume(Uint16Array.from(values), shape, identityAffine);

describe('measures', () => {
  const first = image(expected.first);
  const second = image(expected.second);

  it('PSNR is numpy’s', () => {
    expect(psnr(first, second, 1)).toBeCloseTo(expected.psnr, 10);
    expect(psnr(first, second, 2)).toBeCloseTo(expected.psnr + 20 * Math.log10(2), 10);
    expect(psnr(first, first, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('SSIM is that of scipy’s Gaussian filter', () => {
    expect(ssim(first, second, 1)).toBeCloseTo(expected.ssim, 10);
    expect(ssim(first, first, 1)).toBeCloseTo(1, 12);
  });

  it('SSIM is taken in another plane as if the volume were turned, where axial slices are too small', () => {
    const [depth, height, width] = [3, 12, 13];
    const turn = (values: readonly number[]) =>
      makeVolume(
        // Axial slices become coronal ones.
        Float32Array.from({ length: depth * height * width }, (_, at) => {
          const [x, y, z] = [at % width, Math.floor(at / width) % depth, Math.floor(at / (width * depth))];
          return values[(y * height + z) * width + x] as number;
        }),
        [height, depth, width],
        identityAffine,
      );
    const values = (seed: number) =>
      Array.from({ length: depth * height * width }, (_, at) => ((at * 7919 + seed * 104729) % 997) / 997);
    const flat = (seed: number): ReturnType<typeof turn> =>
      makeVolume(Float32Array.from(values(seed)), [depth, height, width], identityAffine);
    expect(planeForSsim(flat(1))).toBe('axial');
    expect(planeForSsim(turn(values(1)))).toBe('coronal');
    expect(ssim(turn(values(1)), turn(values(2)), 1, 'coronal')).toBeCloseTo(ssim(flat(1), flat(2), 1), 12);
    const standing = (seed: number) => {
      const data = Float32Array.from({ length: depth * height * width }, (_, at) => {
        const [x, y, z] = [at % depth, Math.floor(at / depth) % width, Math.floor(at / (depth * width))];
        return values(seed)[(x * height + z) * width + y] as number;
      });
      return makeVolume(data, [height, width, depth], identityAffine);
    };
    expect(planeForSsim(standing(1))).toBe('sagittal');
    expect(ssim(standing(1), standing(2), 1, 'sagittal')).toBeCloseTo(ssim(flat(1), flat(2), 1), 12);
    expect(planeForSsim({ shape: [10, 40, 10] })).toBeNull();
  });

  it('Dice counts every label in either segmentation but 0', () => {
    const found = compareLabels(labels(expected.labels), labels(expected.otherLabels));
    expect(Object.fromEntries(found.map(({ label, dice }) => [label, dice]))).toEqual(expected.dice);
    const count = (values: readonly number[], label: number) => values.filter((v) => v === label).length;
    for (const { label, first: a, second: b } of found) {
      expect([a, b]).toEqual([count(expected.labels, label), count(expected.otherLabels, label)]);
    }
  });

  it('refuse volumes of different shapes and slices smaller than the window', () => {
    const other = makeVolume(new Float32Array(4), [1, 2, 2], identityAffine);
    expect(() => psnr(first, other, 1)).toThrow(/cannot compare volumes of 3 × 14 × 17 and 1 × 2 × 2/);
    expect(() => ssim(other, other, 1)).toThrow(/at least 11 × 11/);
  });
});
