import { type Resampler, resampleLinear, resampleNearest, SemcrcError, type Sizes } from '@semcrc/kernels';
import {
  type Affine,
  applyAffine,
  cornerDistance,
  cornersOf,
  invertAffine,
  multiplyAffines,
  type Shape,
  type Vector3,
} from './affine.ts';
import { cropInto } from './crop.ts';
import { isOblique } from './orientation.ts';
import { type Grid, type LabelVolume, makeGrid, makeVolume, type Volume, voxelCount } from './volume.ts';

/** To the nearest integer, halves to the even one, as numpy rounds; what is a half up to 1e-9 is a half. */
function roundHalfEven(value: number): number {
  const snapped = Math.round(value * 1e9) / 1e9;
  const down = Math.floor(snapped);
  if (snapped - down !== 0.5) return Math.round(snapped);
  return down % 2 === 0 ? down : down + 1;
}

/**
 * The grid of another spacing over the same volume, by the rules of MONAI's `Spacing` (its defaults: axes kept, corners
 * aligned by voxel centres): the first voxel stays where it is, an axis of n voxels gets
 * round((n − 1) · old / new + 1) of them, halves to even, so that the last voxel stands up to half a new voxel before or
 * behind the old one.
 *
 * An oblique grid is replaced by one along the world axes (x right, y front, z up) that starts at the least corner of
 * the box around all voxel centres, with sizes by the same rule.
 *
 * @param spacing new distances along x, y, z in mm.
 * @throws SemcrcError `usage` when a spacing is not positive.
 */
export function spacingGrid(grid: Grid, spacing: Vector3): Grid {
  if (!spacing.every((s) => Number.isFinite(s) && s > 0)) {
    throw new SemcrcError('usage', `a spacing needs three positive numbers in mm, got ${spacing.join(', ')}`);
  }
  if (isOblique(grid.affine)) return worldGrid(grid, spacing);
  const [slices, height, width] = grid.shape;
  const sizes = [width, height, slices].map((n, axis) =>
    roundHalfEven(((n - 1) * grid.spacing[axis]) / spacing[axis] + 1),
  );
  const affine = grid.affine.map((v, i) => {
    const column = i % 4;
    return column === 3 || i >= 12 ? v : (v * spacing[column]) / grid.spacing[column];
  });
  return makeGrid([sizes[2], sizes[1], sizes[0]], affine);
}

function worldGrid({ shape, affine }: Grid, spacing: Vector3): Grid {
  const corners = cornersOf(shape).map(([x, y, z]) => applyAffine(affine, x, y, z));
  const least = [0, 1, 2].map((axis) => Math.min(...corners.map((corner) => corner[axis])));
  const most = [0, 1, 2].map((axis) => Math.max(...corners.map((corner) => corner[axis])));
  const sizes = [0, 1, 2].map((axis) => roundHalfEven((most[axis] - least[axis]) / spacing[axis] + 1));
  const rows = [0, 1, 2].flatMap((row) => {
    const numbers = [0, 0, 0, least[row]];
    numbers[row] = spacing[row];
    return numbers;
  });
  return makeGrid([sizes[2], sizes[1], sizes[0]], [...rows, 0, 0, 0, 1]);
}

/** Whether two grids have the same shape and put no corner voxel more than 1e-6 mm apart. */
function sameGrid(a: Grid, b: Grid): boolean {
  return a.shape.every((n, i) => n === b.shape[i]) && cornerDistance(a.affine, b.affine, a.shape) < 1e-6;
}

/** The voxel of a source that is the first of a target with the same voxels, shifted by whole voxels; null where it has others. */
function shiftOf(source: Grid, target: Grid): Vector3 | null {
  const matrix = toSource(source.affine, target.affine);
  const whole = matrix.map((value, at) => (at % 4 === 3 ? Math.round(value) : at % 5 === 0 ? 1 : 0));
  const shifted = multiplyAffines(source.affine, [...whole, 0, 0, 0, 1]);
  if (cornerDistance(shifted, target.affine, target.shape) >= 1e-6) return null;
  return [whole[3], whole[7], whole[11]];
}

function sizesOf([slices, height, width]: Shape): Sizes {
  return [width, height, slices];
}

function toSource(source: Affine, target: Affine): readonly number[] {
  return multiplyAffines(invertAffine(source), target).slice(0, 12);
}

/**
 * An image on another grid, trilinear through both affines, in f64 and rounded once. Beyond the outermost voxel centres
 * the border value holds for half a voxel of the coarser grid (as MONAI's `border` padding), farther out `outside`.
 * On its own grid an image is returned as it is; shifted by whole voxels, its values are copied.
 *
 * @param outside the value where the image has none; its least value when left out (air, in a CT).
 * @param into an array with one element per voxel of the target, written to unless the image is on that grid; new when left out.
 */
export function resampleImage(
  resampler: Resampler,
  volume: Volume,
  target: Grid,
  outside?: number,
  into?: Float32Array,
): Volume {
  if (sameGrid(volume, target)) return volume;
  const fill = outside ?? (() => least(volume.data));
  const first = shiftOf(volume, target);
  if (first) {
    const [slices, height, width] = target.shape;
    const end: Vector3 = [first[0] + width, first[1] + height, first[2] + slices];
    const data = into ?? new Float32Array(voxelCount(target.shape));
    const sizes = sizesOf(volume.shape);
    const within = first.every((start, axis) => start >= 0 && end[axis] <= sizes[axis]);
    cropInto(volume, { start: first, end }, data, typeof fill === 'number' ? fill : within ? 0 : fill());
    return makeVolume(data, target.shape, target.affine);
  }
  const source = { data: volume.data, size: sizesOf(volume.shape) };
  const matrix = toSource(volume.affine, target.affine);
  const data = resampleLinear(resampler, source, sizesOf(target.shape), matrix, fill, into);
  return makeVolume(data, target.shape, target.affine);
}

function least(data: Float32Array): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let j = 0; j < data.length; j++) if (data[j] < smallest) smallest = data[j];
  return smallest;
}

/**
 * Labels on another grid: each voxel takes the label of the nearest, of two equally near the upper one (as scipy's
 * order 0), and 0 where there is none. Labels are never interpolated. `into` as in {@link resampleImage}.
 */
export function resampleLabels(
  resampler: Resampler,
  labels: LabelVolume,
  target: Grid,
  into?: Uint16Array,
): LabelVolume {
  if (sameGrid(labels, target)) return labels;
  const source = { data: labels.data, size: sizesOf(labels.shape) };
  const matrix = toSource(labels.affine, target.affine);
  const data = resampleNearest(resampler, source, sizesOf(target.shape), matrix, 0, into);
  return makeVolume(data, target.shape, target.affine);
}

/**
 * Which slices of a source (its voxel axis z) its resampling to some targets needs, with one to spare at each end: reading
 * no others gives the same values (so long as `outside` is given, or nothing lies outside). Of a source that ends before a
 * target begins it is the last slice, whose values hold a little farther, and likewise the first.
 *
 * @returns spans from `first` to before `end`, ascending and apart.
 */
export function sourceSlices(
  source: Grid,
  targets: readonly Grid[],
): readonly { readonly first: number; readonly end: number }[] {
  const toVoxels = invertAffine(source.affine);
  const [count] = source.shape;
  const needed = targets.map((target) => {
    const matrix = multiplyAffines(toVoxels, target.affine);
    const places = cornersOf(target.shape).map(([x, y, z]) => applyAffine(matrix, x, y, z)[2]);
    const first = Math.floor(Math.min(...places)) - 1;
    const end = Math.ceil(Math.max(...places)) + 2;
    return { first: Math.max(0, Math.min(first, count - 1)), end: Math.min(count, Math.max(end, 1)) };
  });
  const spans: { first: number; end: number }[] = [];
  for (const span of needed.sort((a, b) => a.first - b.first)) {
    const last = spans.at(-1);
    if (last && span.first <= last.end) last.end = Math.max(last.end, span.end);
    else spans.push(span);
  }
  return spans;
}
