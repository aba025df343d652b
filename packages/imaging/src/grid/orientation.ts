import { SemcrcError } from '@semcrc/kernels';
import { type Affine, isInvertible, multiplyAffines, spacingOf } from './affine.ts';
import { emptyLike, type Grid, type LabelVolume, makeGrid, makeVolume, type Volume } from './volume.ts';
import { copyRows, copyStrided, copyStrided16, reverseSpans } from './voxel-order.ts';

/** The closest world axis (0 right, 1 front, 2 up) of a voxel axis, and whether it runs against it. */
export interface AxisOrientation {
  readonly axis: 0 | 1 | 2;
  readonly flipped: boolean;
}

/** One entry per voxel axis x, y, z. */
export type Orientation = readonly [AxisOrientation, AxisOrientation, AxisOrientation];

/**
 * The rotation closest to the directions of the three voxel axes: P · Q of the singular value decomposition P S Q,
 * by one-sided Jacobi rotations, which leave axes that are orthogonal already untouched. Row-major 3 × 3.
 */
function closestRotation(affine: Affine): number[] {
  const spacing = spacingOf(affine);
  const columns = [0, 1, 2].map((c) => [0, 1, 2].map((r) => affine[r * 4 + c] / spacing[c]));
  const basis = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      const alpha = dot(columns[p], columns[p]);
      const beta = dot(columns[q], columns[q]);
      const gamma = dot(columns[p], columns[q]);
      if (Math.abs(gamma) <= 1e-16 * Math.sqrt(alpha * beta)) continue;
      rotated = true;
      const zeta = (beta - alpha) / (2 * gamma);
      const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      const cosine = 1 / Math.sqrt(1 + t * t);
      for (const matrix of [columns, basis]) rotate(matrix, p, q, cosine, cosine * t);
    }
    if (!rotated) break;
  }
  const rotation = new Array<number>(9).fill(0);
  for (let k = 0; k < 3; k++) {
    const size = Math.sqrt(dot(columns[k], columns[k]));
    for (let r = 0; r < 3; r++) {
      for (let c = 0; c < 3; c++) rotation[r * 3 + c] += (columns[k][r] / size) * basis[k][c];
    }
  }
  return rotation;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function rotate(matrix: number[][], p: number, q: number, cosine: number, sine: number): void {
  for (let r = 0; r < 3; r++) {
    const a = matrix[p][r];
    const b = matrix[q][r];
    matrix[p][r] = cosine * a - sine * b;
    matrix[q][r] = sine * a + cosine * b;
  }
}

/**
 * The closest world axis of each voxel axis, as nibabel's `io_orientation` finds it: the closest rotation to the
 * affine, voxel axes taken from the one that is most certain, a world axis used once.
 *
 * @throws SemcrcError `bad-input` when the affine is singular or not finite.
 */
export function orientationOf(affine: Affine): Orientation {
  if (!isInvertible(affine)) {
    throw new SemcrcError('bad-input', `affine has no orientation: ${affine.slice(0, 12).join(' ')}`);
  }
  const rotation = closestRotation(affine);
  const strength = [0, 1, 2].map((c) => Math.max(...[0, 1, 2].map((r) => rotation[r * 3 + c] ** 2)));
  const order = [0, 1, 2].sort((a, b) => strength[b] - strength[a] || a - b);
  const result: AxisOrientation[] = [];
  const free = new Set([0, 1, 2]);
  for (const column of order) {
    let best = -1;
    for (const row of free) {
      if (best < 0 || Math.abs(rotation[row * 3 + column]) > Math.abs(rotation[best * 3 + column]))
        best = row;
    }
    free.delete(best);
    result[column] = { axis: best as 0 | 1 | 2, flipped: rotation[best * 3 + column] < 0 };
  }
  return result as unknown as Orientation;
}

/** Three letters, one per voxel axis, for where it runs to: `RAS`, `LPS`, … as nibabel's `aff2axcodes`. */
export function axisCodes(affine: Affine): string {
  return orientationOf(affine)
    .map(({ axis, flipped }) => (flipped ? 'LPI' : 'RAS')[axis])
    .join('');
}

/** The largest angle, in radians, between a voxel axis and its closest world axis. */
export function obliquity(affine: Affine): number {
  const spacing = spacingOf(affine);
  const angles = orientationOf(affine).map(({ axis }, column) => {
    const along = Math.abs(affine[axis * 4 + column]);
    const across = [0, 1, 2].filter((r) => r !== axis).map((r) => affine[r * 4 + column]);
    return spacing[column] === 0 ? 0 : Math.atan2(Math.hypot(...across), along);
  });
  return Math.max(...angles);
}

/**
 * Whether the voxel axes leave the world axes by more than 1e-3 rad (0.06°, half a millimetre over 512 mm).
 * Quaternions are stored as f32 and can be off by several 1e-4 rad near half turns, so less than that says nothing.
 */
export function isOblique(affine: Affine): boolean {
  return obliquity(affine) > 1e-3;
}

/** How an orientation rearranges a grid: the grid in RAS order, and where its voxels lie in the old data. */
interface Rearrangement {
  readonly grid: Grid;
  /** Position in the old data of the first new voxel, and the steps along the new x, y, z. */
  readonly start: number;
  readonly steps: readonly number[];
}

function rearrange(
  { shape: [slices, height, width], affine }: Grid,
  orientation: Orientation,
): Rearrangement {
  const sizes = [width, height, slices];
  const strides = [1, width, width * height];
  const newSizes = [0, 0, 0];
  const steps = [0, 0, 0];
  let start = 0;
  const undo = new Array<number>(16).fill(0);
  undo[15] = 1;
  orientation.forEach(({ axis, flipped }, column) => {
    newSizes[axis] = sizes[column];
    steps[axis] = flipped ? -strides[column] : strides[column];
    undo[column * 4 + axis] = flipped ? -1 : 1;
    undo[column * 4 + 3] = flipped ? sizes[column] - 1 : 0;
    if (flipped) start += (sizes[column] - 1) * strides[column];
  });
  const grid = makeGrid([newSizes[2], newSizes[1], newSizes[0]], multiplyAffines(affine, undo));
  return { grid, start, steps };
}

function isRas(orientation: Orientation): boolean {
  return orientation.every(({ axis, flipped }, column) => axis === column && !flipped);
}

/** Takes voxel indices of a grid to those of the same voxels in RAS order, as {@link rasGrid} has them. */
export function fileOrder({ shape: [slices, height, width], affine }: Grid): Affine {
  const sizes = [width, height, slices];
  const order = new Array<number>(16).fill(0);
  order[15] = 1;
  orientationOf(affine).forEach(({ axis, flipped }, column) => {
    order[axis * 4 + column] = flipped ? -1 : 1;
    order[axis * 4 + 3] = flipped ? sizes[column] - 1 : 0;
  });
  return order;
}

/** The grid that {@link reorientToRas} gives a volume, without its voxels. */
export function rasGrid(grid: Grid): Grid {
  const orientation = orientationOf(grid.affine);
  return isRas(orientation) ? makeGrid(grid.shape, grid.affine) : rearrange(grid, orientation).grid;
}

/**
 * The same voxels in RAS order: axes swapped and flipped so that x, y, z run closest to right, front and up, the affine
 * following. What nibabel's `as_closest_canonical` does: no voxel value changes, an oblique volume stays oblique.
 * A volume in RAS order already is returned as it is.
 */
export function reorientToRas<V extends Volume | LabelVolume>(volume: V): V {
  const orientation = orientationOf(volume.affine);
  if (isRas(orientation)) return volume;
  const { grid, start, steps } = rearrange(volume, orientation);
  return copyVoxels(volume, grid, start, steps);
}

/**
 * Voxels in RAS order, put into the order of a grid that shows the same place: the inverse of {@link reorientToRas}, where
 * `grid` is that of the volume it was given. No value changes. The affine is the grid's.
 *
 * @throws SemcrcError `usage` when the sizes of the volume are not those of the grid in RAS order.
 */
export function orientTo<V extends Volume | LabelVolume>(volume: V, grid: Grid): V {
  const orientation = orientationOf(grid.affine);
  const expected = rearrange(grid, orientation).grid.shape;
  if (expected.join() !== volume.shape.join()) {
    throw new SemcrcError(
      'usage',
      `a volume of ${volume.shape.join(' × ')} (slices × height × width) is not the grid of ${grid.shape.join(' × ')} in RAS order`,
    );
  }
  if (isRas(orientation)) return makeVolume(volume.data, grid.shape, grid.affine) as V;
  const [slices, height, width] = volume.shape;
  const sizes = [width, height, slices];
  const strides = [1, width, width * height];
  let start = 0;
  const steps = orientation.map(({ axis, flipped }) => {
    if (flipped) start += (sizes[axis] - 1) * strides[axis];
    return flipped ? -strides[axis] : strides[axis];
  });
  return copyVoxels(volume, grid, start, steps);
}

/** The voxels of a volume on a grid: `start` is where the first lies in the old data, `steps` those along the new x, y, z. */
function copyVoxels<V extends Volume | LabelVolume>(
  volume: V,
  { shape, affine }: Grid,
  start: number,
  steps: readonly number[],
): V {
  const data = emptyLike(volume.data, volume.data.length);
  if (Math.abs(steps[0]) === 1) copyRows(volume.data, data, shape, start, steps);
  else if (data instanceof Float32Array) copyStrided(volume.data as Float32Array, data, shape, start, steps);
  else copyStrided16(volume.data as Uint16Array, data, shape, start, steps);
  return makeVolume(data, shape, affine) as V;
}

/**
 * As {@link reorientToRas}, for a volume its owner needs no more: where axes are only flipped the voxels are turned round
 * in place, which spares the memory of a second volume and most of the time.
 */
export function turnToRas<V extends Volume | LabelVolume>(volume: V): V {
  const orientation = orientationOf(volume.affine);
  if (isRas(orientation)) return volume;
  if (orientation.some(({ axis }, column) => axis !== column)) return reorientToRas(volume);
  const { data, shape } = volume;
  const [slices, height, width] = shape;
  const [flipX, flipY, flipZ] = orientation.map(({ flipped }) => flipped);
  const area = width * height;
  for (let z = 0; z < slices; z++) {
    const slice = data.subarray(z * area, (z + 1) * area);
    if (flipX && flipY) slice.reverse();
    else if (flipX) for (let row = 0; row < area; row += width) slice.subarray(row, row + width).reverse();
    else if (flipY) reverseSpans(slice, height, width);
  }
  if (flipZ) reverseSpans(data, slices, area);
  return makeVolume(data, shape, rearrange(volume, orientation).grid.affine) as V;
}
