import { SemcrcError } from '@semcrc/kernels';
import { applyAffine, type Shape, type Vector3 } from './affine.ts';
import { emptyLike, type Grid, type LabelVolume, makeGrid, makeVolume, type Volume } from './volume.ts';

/** A box of voxels: from `start` (inclusive) to `end` (exclusive), indices along x, y, z. */
export interface Box {
  readonly start: Vector3;
  readonly end: Vector3;
}

/** The smallest box that holds every voxel above the threshold, or null when there is none. */
export function boxAbove(volume: Volume, threshold = 0): Box | null {
  const [slices, height, width] = volume.shape;
  const { data } = volume;
  const start = [width, height, slices];
  const end = [0, 0, 0];
  for (let z = 0, row = 0; z < slices; z++) {
    for (let y = 0; y < height; y++, row += width) {
      let first = 0;
      while (first < width && !(data[row + first] > threshold)) first++;
      if (first === width) continue;
      let last = width - 1;
      while (!(data[row + last] > threshold)) last--;
      start[0] = Math.min(start[0], first);
      end[0] = Math.max(end[0], last + 1);
      start[1] = Math.min(start[1], y);
      end[1] = Math.max(end[1], y + 1);
      start[2] = Math.min(start[2], z);
      end[2] = z + 1;
    }
  }
  return end[2] === 0 ? null : { start: [start[0], start[1], start[2]], end: [end[0], end[1], end[2]] };
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
  const [slices, height, width] = volume.shape;
  const [newSlices, newHeight, newWidth] = grid.shape;
  const [startX, startY, startZ] = box.start;
  const data = emptyLike(volume.data, newSlices * newHeight * newWidth);
  if (outside !== 0) data.fill(outside);
  const from = Math.max(0, startX);
  const to = Math.min(width, box.end[0]);
  for (let z = Math.max(0, startZ); z < Math.min(slices, box.end[2]); z++) {
    for (let y = Math.max(0, startY); y < Math.min(height, box.end[1]); y++) {
      if (from >= to) continue;
      const row = (z * height + y) * width;
      const target = ((z - startZ) * newHeight + (y - startY)) * newWidth + (from - startX);
      data.set(volume.data.subarray(row + from, row + to), target);
    }
  }
  return makeVolume(data, grid.shape, grid.affine) as V;
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
