import { SemcrcError } from '@semcrc/kernels';
import { applyAffine, type Shape, type Vector3 } from './affine.ts';
import {
  emptyLike,
  type Grid,
  type LabelVolume,
  makeGrid,
  makeVolume,
  type Volume,
  voxelCount,
} from './volume.ts';

/** A box of voxels: from `start` (inclusive) to `end` (exclusive), indices along x, y, z. */
export interface Box {
  readonly start: Vector3;
  readonly end: Vector3;
}

/** Index of the first value above the threshold in [from, to), or `to`. */
function firstAbove(data: Float32Array, from: number, to: number, threshold: number): number {
  let at = from;
  while (at < to && !(data[at] > threshold)) at++;
  return at;
}

/** Index behind the last value above the threshold in [from, to), or `from`. */
function endAbove(data: Float32Array, from: number, to: number, threshold: number): number {
  let at = to;
  while (at > from && !(data[at - 1] > threshold)) at--;
  return at;
}

/** The smallest box that holds every voxel above the threshold, or null when there is none. */
export function boxAbove({ data, shape: [slices, height, width] }: Volume, threshold = 0): Box | null {
  let [startX, startY, startZ] = [width, height, slices];
  let [endX, endY, endZ] = [0, 0, 0];
  for (let z = 0, row = 0; z < slices; z++) {
    for (let y = 0; y < height; y++, row += width) {
      // Of a row that the box holds along y and z already, only what lies left and right of the box can widen it.
      const held = endZ === z + 1 && y >= startY && y < endY;
      const first = firstAbove(data, row, row + (held ? startX : width), threshold) - row;
      if (!held) {
        if (first === width) continue;
        startY = Math.min(startY, y);
        endY = Math.max(endY, y + 1);
        startZ = Math.min(startZ, z);
        endZ = z + 1;
      }
      startX = Math.min(startX, first);
      endX = Math.max(endX, endAbove(data, row + Math.max(first, endX), row + width, threshold) - row);
    }
  }
  return endZ === 0 ? null : { start: [startX, startY, startZ], end: [endX, endY, endZ] };
}

/**
 * The grid of a box of voxels; the box may stand over, in part or whole.
 * @throws SemcrcError `usage` for an empty box.
 */
export function cropGrid({ affine }: Grid, { start, end }: Box): Grid {
  const sizes = [0, 1, 2].map((axis) => end[axis] - start[axis]);
  if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw new SemcrcError('usage', `a box needs integer start below end, got ${start} to ${end}`);
  }
  const origin = applyAffine(affine, ...start);
  const moved = affine.map((v, i) => (i % 4 === 3 && i < 12 ? origin[(i - 3) / 4] : v));
  return makeGrid([sizes[2], sizes[1], sizes[0]], moved);
}

/** The voxels of a box; where it stands over the volume they are `outside`. The affine follows. */
export function crop<V extends Volume | LabelVolume>(volume: V, box: Box, outside = 0): V {
  const grid = cropGrid(volume, box);
  const data = emptyLike(volume.data, voxelCount(grid.shape));
  cropInto(volume, box, data, outside);
  return makeVolume(data, grid.shape, grid.affine) as V;
}

/**
 * The inverse of {@link crop}: the voxels of a cropped (or padded) volume at their places in the grid it was cropped from.
 * What stands over that grid, the padding, is dropped; where the crop has nothing the grid is `outside`.
 *
 * @param box the box the volume was cropped to, in voxels of `grid`.
 * @throws SemcrcError `usage` when the volume has not the size of the box.
 */
export function uncrop<V extends Volume | LabelVolume>(volume: V, box: Box, grid: Grid, outside = 0): V {
  const { shape } = cropGrid(grid, box);
  if (shape.join() !== volume.shape.join()) {
    throw new SemcrcError(
      'usage',
      `a volume of ${volume.shape.join(' × ')} was not cropped to a box of ${shape.join(' × ')} (slices × height × width)`,
    );
  }
  const [slices, height, width] = grid.shape;
  const [x, y, z] = box.start;
  const back: Box = { start: [-x, -y, -z], end: [width - x, height - y, slices - z] };
  return makeVolume(crop(volume, back, outside).data, grid.shape, grid.affine) as V;
}

/**
 * As {@link crop}, into an array at hand.
 * @throws SemcrcError `usage` when its length is not the number of voxels in the box.
 */
export function cropInto<V extends Volume | LabelVolume>(
  { data, shape: [slices, height, width] }: V,
  { start: [startX, startY, startZ], end: [endX, endY, endZ] }: Box,
  into: V['data'],
  outside = 0,
): void {
  const newWidth = endX - startX;
  const newHeight = endY - startY;
  if (into.length !== newWidth * newHeight * (endZ - startZ)) {
    throw new SemcrcError(
      'usage',
      `a box of ${newWidth} × ${newHeight} × ${endZ - startZ} voxels does not fit an array of ${into.length}`,
    );
  }
  const from = Math.max(0, startX);
  const to = Math.min(width, endX);
  const within =
    startX >= 0 && endX <= width && startY >= 0 && endY <= height && startZ >= 0 && endZ <= slices;
  if (!within) into.fill(outside);
  for (let z = Math.max(0, startZ); z < Math.min(slices, endZ); z++) {
    for (let y = Math.max(0, startY); y < Math.min(height, endY); y++) {
      if (from >= to) continue;
      const row = (z * height + y) * width;
      const target = ((z - startZ) * newHeight + (y - startY)) * newWidth + (from - startX);
      into.set(data.subarray(row + from, row + to), target);
    }
  }
}

/**
 * The box that brings every slice to height × width around its middle: where a slice is larger it is cropped, where it is
 * smaller the box stands over it and {@link crop} pads. As MONAI's `ResizeWithPadOrCrop`: a crop from n to m starts at
 * ⌊n/2⌋ − ⌊m/2⌋, a pad of d voxels puts ⌊d/2⌋ before.
 */
export function centreBox(
  [slices, height, width]: Shape,
  target: readonly [height: number, width: number],
): Box {
  const startOf = (n: number, m: number) =>
    m <= n ? Math.floor(n / 2) - Math.floor(m / 2) : -Math.floor((m - n) / 2);
  const y = startOf(height, target[0]);
  const x = startOf(width, target[1]);
  return { start: [x, y, 0], end: [x + target[1], y + target[0], slices] };
}
