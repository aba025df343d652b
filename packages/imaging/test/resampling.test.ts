import { loadResampler, type Resampler } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Affine,
  cornerDistance,
  crop,
  cropGrid,
  identityAffine,
  makeGrid,
  makeVolume,
  rasGrid,
  reorientToRas,
  resampleImage,
  resampleLabels,
  type Shape,
  sourceSlices,
  spacingGrid,
  type Vector3,
  voxelCount,
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

describe('the slices that targets need', () => {
  const size = { min: 1, max: 9 };
  const turn = fc.double({ min: -0.4, max: 0.4, noNaN: true });
  /** Axes in any order and direction, each some way off its world axis or on it. */
  const affine = fc
    .record({
      order: fc.constantFrom([0, 1, 2], [0, 1, 2], [2, 0, 1], [1, 0, 2]),
      steps: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(0.7, -0.8, 1.5, -1.5, 2.5))),
      turns: fc.oneof(fc.constant([0, 0, 0]), fc.tuple(turn, turn, turn)),
      origin: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -9, max: 9, noNaN: true }))),
    })
    .map(({ order, steps, turns, origin }): Affine => {
      const rows = [0, 1, 2].flatMap((row) => {
        const entries = [0, 1, 2].map((axis) => steps[axis] * (order[axis] === row ? 1 : turns[row] / 4));
        return [...entries, origin[row]];
      });
      return [...rows, 0, 0, 0, 1];
    });
  const source = fc
    .record({ affine, shape: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer(size), fc.integer(size)) })
    .map(({ affine: own, shape }) => makeGrid(shape, own));

  it('are all that their resampling looks at', () => {
    const step = fc.constantFrom(1, 1.3, 3, 8);
    const spacing = fc.tuple(step, step, step);
    const places = fc.array(fc.nat(99), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(source, spacing, places, (grid, mm, percents) => {
        const image = makeVolume(
          Float32Array.from({ length: voxelCount(grid.shape) }, (_, i) => ((i * 7919) % 1000) - 300),
          grid.shape,
          grid.affine,
        );
        const labels = makeVolume(Uint16Array.from(image.data, Math.abs), grid.shape, grid.affine);
        const whole = spacingGrid(rasGrid(grid), mm);
        const [slices, height, width] = whole.shape;
        const targets = percents.map((percent) => {
          const z = Math.floor((percent * slices) / 100);
          return cropGrid(whole, { start: [0, 0, z], end: [width, height, z + 1] });
        });
        const spans = sourceSlices(grid, targets);
        for (const [index, { first, end }] of spans.entries()) {
          expect(first).toBeGreaterThan(index === 0 ? -1 : spans[index - 1].end);
          expect(end).toBeGreaterThan(first);
          expect(end).toBeLessThanOrEqual(grid.shape[0]);
        }
        // What else there is would be seen in every result that it had a part in.
        const area = grid.shape[1] * grid.shape[2];
        const among = (i: number) => spans.some(({ first, end }) => i >= first * area && i < end * area);
        const [seen, seenLabels] = [
          { ...image, data: image.data.map((value, i) => (among(i) ? value : Number.NaN)) },
          { ...labels, data: labels.data.map((value, i) => (among(i) ? value : 65535)) },
        ];
        const [turned, turnedLabels] = [reorientToRas(seen), reorientToRas(seenLabels)];
        for (const target of targets) {
          expect(resampleImage(resampler, turned, target, -1).data).toEqual(
            resampleImage(resampler, reorientToRas(image), target, -1).data,
          );
          expect(resampleLabels(resampler, turnedLabels, target).data).toEqual(
            resampleLabels(resampler, reorientToRas(labels), target).data,
          );
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('become one span where they overlap or touch', () => {
    const grid = makeGrid([100, 2, 2], identityAffine);
    const at = (...places: readonly number[]) =>
      sourceSlices(
        grid,
        places.map((z) => makeGrid([1, 2, 2], identityAffine.with(11, z))),
      );
    expect(at(50)).toEqual([{ first: 49, end: 52 }]);
    expect(at(50, 51)).toEqual([{ first: 49, end: 53 }]);
    expect(at(53, 50)).toEqual([{ first: 49, end: 55 }]);
    expect(at(99, 54, 0, 50)).toEqual([
      { first: 0, end: 2 },
      { first: 49, end: 52 },
      { first: 53, end: 56 },
      { first: 98, end: 100 },
    ]);
    expect(at()).toEqual([]);
  });
});

describe('resampling', () => {
  it('of a place beyond the source needs its last slice at most', () => {
    const grid = makeGrid([2, 2, 2], identityAffine);
    expect(sourceSlices(grid, [makeGrid([1, 1, 1], identityAffine.with(11, 9))])).toEqual([
      { first: 1, end: 2 },
    ]);
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
