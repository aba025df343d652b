import { loadResampler, type Resampler } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Affine,
  cornerDistance,
  crop,
  cropGrid,
  identityAffine,
  makeGrid,
  makeVolume,
  resampleImage,
  resampleLabels,
  type Shape,
  sourceSlices,
  spacingGrid,
  type Vector3,
} from '../src/index.ts';
import { golden, worstDifference } from './goldens.ts';

interface Case {
  readonly name: string;
  readonly shape: readonly [number, number, number];
  readonly affine: Affine;
  readonly spacing: Vector3;
  readonly newShape: readonly [number, number, number];
  readonly newAffine: Affine;
  readonly image: readonly number[];
  readonly labels: readonly number[];
  readonly covered: readonly number[];
  readonly linear: readonly number[];
  readonly nearest: readonly number[];
}

const slowestFirst = ([x, y, z]: readonly [number, number, number]): Shape => [z, y, x];

let resampler: Resampler;
beforeAll(async () => {
  resampler = await loadResampler();
});

describe.each(golden<readonly Case[]>('resampling.json'))('resampling to a spacing: $name', (example) => {
  const shape = slowestFirst(example.shape);
  const image = makeVolume(Float32Array.from(example.image), shape, example.affine);
  const labels = makeVolume(Uint16Array.from(example.labels), shape, example.affine);
  const grid = spacingGrid(image, example.spacing);

  it('has the shape and affine of MONAI', () => {
    expect(grid.shape).toEqual(slowestFirst(example.newShape));
    expect(worstDifference(grid.affine, example.newAffine)).toBeLessThan(1e-12);
    expect(worstDifference(grid.spacing, example.spacing)).toBeLessThan(1e-12);
  });

  it('has the values of scipy, trilinear within one rounding, labels identical', () => {
    const linear = resampleImage(resampler, image, grid, -9999).data;
    const nearest = resampleLabels(resampler, labels, grid).data;
    example.covered.forEach((covered, i) => {
      // Values reach 1000, whose f32 neighbours are 6e-5 away: 6e-8 of the range, far below the 1e-5 asked for.
      if (covered) expect(Math.abs(linear[i] - example.linear[i])).toBeLessThanOrEqual(6.2e-5);
      else expect(linear[i]).toBe(-9999);
      expect(nearest[i]).toBe(covered ? example.nearest[i] : 0);
    });
  });

  it('gives any part of the grid the same values', () => {
    const box = {
      start: [1, 0, 0],
      end: [grid.shape[2] - 1, grid.shape[1], Math.ceil(grid.shape[0] / 2)],
    } as const;
    const whole = crop(resampleImage(resampler, image, grid), box);
    const part = resampleImage(resampler, image, cropGrid(grid, box), Math.min(...example.image));
    expect(worstDifference(part.data, whole.data)).toBeLessThan(1e-6);
    const wholeLabels = crop(resampleLabels(resampler, labels, grid), box);
    expect(resampleLabels(resampler, labels, cropGrid(grid, box)).data).toEqual(wholeLabels.data);
  });

  it('needs no other slices of the source than it says', () => {
    for (const z of [0, grid.shape[0] - 1]) {
      const slice = cropGrid(grid, { start: [0, 0, z], end: [grid.shape[2], grid.shape[1], z + 1] });
      const [{ first, end }] = sourceSlices(image, [slice]);
      const box = { start: [0, 0, first], end: [shape[2], shape[1], end] } as const;
      expect(
        worstDifference(
          resampleImage(resampler, crop(image, box), slice, -1).data,
          resampleImage(resampler, image, slice, -1).data,
        ),
      ).toBeLessThan(1e-6);
      expect(resampleLabels(resampler, crop(labels, box), slice).data).toEqual(
        resampleLabels(resampler, labels, slice).data,
      );
    }
  });
});

describe('resampling', () => {
  it('of a place beyond the source needs no slices', () => {
    const grid = makeGrid([2, 2, 2], identityAffine);
    expect(sourceSlices(grid, [makeGrid([1, 1, 1], identityAffine.with(11, 9))])).toEqual([]);
  });

  it('returns a volume on its own grid as it is', () => {
    const volume = makeVolume(Float32Array.of(1, 2, 3, 4), [1, 2, 2], identityAffine);
    expect(resampleImage(resampler, volume, spacingGrid(volume, [1, 1, 1]))).toBe(volume);
    const labels = makeVolume(Uint16Array.of(1, 2, 3, 4), [1, 2, 2], identityAffine);
    expect(resampleLabels(resampler, labels, makeGrid([1, 2, 2], identityAffine))).toBe(labels);
  });

  it('fills what an image does not cover with its least value, labels with 0', () => {
    const far = makeGrid([1, 1, 3], [1, 0, 0, -2, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const volume = makeVolume(Float32Array.of(7, -5), [1, 1, 2], identityAffine);
    expect([...resampleImage(resampler, volume, far).data]).toEqual([-5, -5, 7]);
    const labels = makeVolume(Uint16Array.of(7, 5), [1, 1, 2], identityAffine);
    expect([...resampleLabels(resampler, labels, far).data]).toEqual([0, 0, 7]);
  });

  it('puts an oblique scan on world axes that hold all its voxel centres', () => {
    const turn = 0.4;
    const affine = [
      Math.cos(turn),
      -Math.sin(turn),
      0,
      5,
      Math.sin(turn),
      Math.cos(turn),
      0,
      6,
      0,
      0,
      2,
      7,
      0,
      0,
      0,
      1,
    ];
    const grid = spacingGrid(makeGrid([4, 30, 20], affine), [1, 1, 1]);
    expect(grid.affine.slice(0, 3)).toEqual([1, 0, 0]);
    expect(cornerDistance(grid.affine, grid.affine, grid.shape)).toBe(0);
    const width = 19 * Math.cos(turn) + 29 * Math.sin(turn);
    expect(Math.abs(grid.shape[2] - 1 - width)).toBeLessThanOrEqual(0.5);
    expect(grid.affine[3]).toBeCloseTo(5 - 29 * Math.sin(turn), 12);
  });

  it('refuses a spacing that is not positive', () => {
    expect(() => spacingGrid(makeGrid([1, 1, 1], identityAffine), [1, 0, 1])).toThrow(/positive numbers/);
  });
});
