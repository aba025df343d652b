import { loadResampler, type Resampler } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Affine,
  type Box,
  crop,
  makeGrid,
  makeVolume,
  orientTo,
  reorientToRas,
  restoreImage,
  restoreLabels,
  type ScanCut,
  type Shape,
  spacingGrid,
  takeImage,
  takeLabels,
  uncrop,
  unwindowIntensity,
  voxelAt,
  voxelCount,
  windowIntensity,
} from '../src/index.ts';
import { worstDifference } from './goldens.ts';

let resampler: Resampler;
beforeAll(async () => {
  resampler = await loadResampler();
});

/** The 48 ways voxel axes may lie along the world's, as affines of unequal spacing. */
const orders: readonly Affine[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
].flatMap((axes) =>
  Array.from({ length: 8 }, (_, flips) => {
    const affine = [0, 0, 0, 11, 0, 0, 0, -7, 0, 0, 0, 3, 0, 0, 0, 1];
    axes.forEach((axis, column) => {
      affine[axis * 4 + column] = (flips & (1 << column) ? -1 : 1) * [0.5, 2, 1.25][column];
    });
    return affine;
  }),
);

const counted = (shape: Shape) => Float32Array.from({ length: voxelCount(shape) }, (_, i) => i);

describe('voxels turned to RAS order', () => {
  it('go back to every one of the 48 orders as they were', () => {
    const shape: Shape = [2, 3, 4];
    for (const affine of orders) {
      const image = makeVolume(counted(shape), shape, affine);
      const labels = makeVolume(Uint16Array.from(image.data), shape, affine);
      expect(orientTo(reorientToRas(image), image)).toEqual(image);
      expect(orientTo(reorientToRas(labels), labels)).toEqual(labels);
    }
  });

  it('are not put on a grid of another size', () => {
    const image = makeVolume(counted([2, 3, 4]), [2, 3, 4], orders[0]);
    expect(() => orientTo(image, makeGrid([2, 3, 5], orders[0]))).toThrow(/is not the grid of 2 × 3 × 5/);
  });
});

describe('uncropping', () => {
  it('gives every voxel of the box back, and the outside value elsewhere, whatever stood over', () => {
    const size = fc.integer({ min: 1, max: 6 });
    const start = fc.integer({ min: -4, max: 6 });
    fc.assert(
      fc.property(
        fc.tuple(size, size, size),
        fc.tuple(start, start, start),
        fc.tuple(size, size, size),
        (n, s, b) => {
          const volume = makeVolume(counted(n), n, orders[0]);
          const box: Box = { start: s, end: [s[0] + b[0], s[1] + b[1], s[2] + b[2]] };
          const back = uncrop(crop(volume, box, -5), box, volume, -1);
          expect(back.affine).toEqual(volume.affine);
          back.data.forEach((value, position) => {
            const inside = voxelAt(n, position).every((at, axis) => at >= s[axis] && at < box.end[axis]);
            expect(value).toBe(inside ? volume.data[position] : -1);
          });
        },
      ),
    );
  });

  it('refuses a volume that is not of the size of the box', () => {
    const volume = makeVolume(counted([2, 2, 2]), [2, 2, 2], orders[0]);
    expect(() => uncrop(volume, { start: [0, 0, 0], end: [2, 2, 1] }, volume)).toThrow(
      /was not cropped to a box/,
    );
  });
});

describe('a prepared volume brought back onto the scan', () => {
  const shape: Shape = [5, 7, 6];

  /** All slices at a multiple of the resolution, nothing cropped away, padded. */
  function wholeCut(affine: Affine, factor: number): ScanCut {
    const own = reorientToRas(makeVolume(counted(shape), shape, affine));
    const [x, y, z] = own.spacing;
    const grid = spacingGrid(own, [x / factor, y / factor, z / factor]);
    const [slices, height, width] = grid.shape;
    return {
      grid,
      box: { start: [0, 0, 0], end: [width, height, slices] },
      slices: Array.from({ length: slices }, (_, at) => at),
      size: [height + 3, width + 4],
    };
  }

  it('has the scan’s own values again in every voxel order and at whole multiples of its resolution', () => {
    for (const affine of orders) {
      for (const factor of [1, 2, 3]) {
        const cut = wholeCut(affine, factor);
        const values = counted(shape).map((value) => Math.fround(Math.sin(value)));
        const image = makeVolume(values, shape, affine);
        const taken = takeImage(resampler, reorientToRas(image), cut, -9);
        const back = restoreImage(resampler, taken, cut, image, -1);
        expect(back.affine).toEqual(image.affine);
        // A third of a spacing is no binary fraction: places are off by a rounding, 1e-12 of a voxel.
        if (factor === 3) expect(worstDifference(back.data, values)).toBeLessThan(1e-11);
        else expect(back).toEqual(image);
        const labels = makeVolume(
          Uint16Array.from(counted(shape), (v) => v % 5),
          shape,
          affine,
        );
        const some = takeLabels(resampler, reorientToRas(labels), cut);
        expect(restoreLabels(resampler, some, cut, labels)).toEqual(labels);
      }
    }
  });

  it('has them where something was prepared, and the outside value where not: slices left out, a crop, a smaller size', () => {
    const [affine] = orders;
    const scan = makeVolume(counted(shape), shape, affine);
    const cut: ScanCut = {
      grid: makeGrid(shape, affine),
      box: { start: [1, 0, 0], end: [6, 7, 5] },
      slices: [0, 2, 3],
      size: [3, 9],
    };
    const back = restoreImage(resampler, takeImage(resampler, scan, cut, 0), cut, scan, -1);
    // Around the middle of 7 rows stand rows 2, 3 and 4; 5 columns are padded to 9, so none is lost.
    const labels = makeVolume(
      Uint16Array.from(scan.data, (v) => v + 1),
      shape,
      affine,
    );
    const ids = restoreLabels(resampler, takeLabels(resampler, labels, cut), cut, scan);
    let inside = 0;
    back.data.forEach((value, position) => {
      const [x, y, z] = voxelAt(shape, position);
      const prepared = cut.slices.includes(z) && x >= 1 && y >= 2 && y < 5;
      if (prepared) inside++;
      if (prepared) expect([value, ids.data[position]]).toEqual([position, position + 1]);
      else expect([value, ids.data[position]]).toEqual([-1, 0]);
    });
    expect(inside).toBe(3 * 3 * 5);
  });

  it('turns intensities to HU and back', () => {
    const hu = makeVolume(Float32Array.of(-175, 0, 37.5, 250), [1, 2, 2], orders[0]);
    const back = unwindowIntensity(windowIntensity(hu)).data;
    expect(worstDifference(back, hu.data)).toBeLessThanOrEqual(425 * 2 ** -25);
    const beyond = makeVolume(Float32Array.of(-1000, 400), [1, 1, 2], orders[0]);
    expect([...unwindowIntensity(windowIntensity(beyond)).data]).toEqual([-175, 250]);
  });
});
