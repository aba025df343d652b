import type { Resampler } from '@semcrc/kernels';
import type { Vector3 } from '../grid/affine.ts';
import { type Box, boxAbove, centreBox, cropGrid, cropInto } from '../grid/crop.ts';
import { resampleImage, resampleLabels } from '../grid/resample.ts';
import { type Grid, type LabelVolume, type Volume, voxelCount } from '../grid/volume.ts';
import { chooseSliceWindow, labelledPerSlice, sliceOffsets } from './slices.ts';

/** How section 4 of the paper takes a few slices of one size from a scan. */
export interface PaperSlices {
  /** New spacing along x, y, z in mm; null keeps each scan's own. */
  readonly spacing: Vector3 | null;
  /** Slices taken from the window, evenly spread. */
  readonly slices: number;
  /** Height and width every slice is cropped or padded to. */
  readonly size: readonly [height: number, width: number];
  /** Slices in the window, and what decides where it lies: see `SliceRule`. */
  readonly windowSlices: number;
  readonly margin: number;
  readonly leastLabelled: number;
}

/**
 * What a prepared volume holds of a scan. A prepared volume is `slices.length` × `size`, one slice on top of the other;
 * {@link takeImage} and {@link takeLabels} make one, `restoreImage` and `restoreLabels` bring it back.
 */
export interface ScanCut {
  /** The scan's grid in RAS order, resampled, before any crop. */
  readonly grid: Grid;
  /** In voxels of `grid`. Slices are cropped to its extent along x and y. */
  readonly box: Box;
  /** Slices taken, as z of `grid`, ascending. */
  readonly slices: readonly number[];
  /** Height and width that every slice is then cropped or padded to, around its middle. */
  readonly size: readonly [height: number, width: number];
}

/** What is taken of a scan, or why the scan is left out. */
export type CutChoice =
  | { readonly state: 'chosen'; readonly cut: ScanCut }
  | { readonly state: 'left-out'; readonly reason: string };

/**
 * Chooses what is taken of a scan, as section 4 of the paper does: the box of an image (of the windowed truth, there) above 0, and of the window of
 * slices with the most labelled voxels a few, evenly spread.
 *
 * @param image in HU or windowed, in RAS order, resampled.
 * @param segmentation on the same grid; any label but 0 counts as labelled.
 * @param backgroundTop the value of the image that windowing makes 0: the lower end of the window, 0 where it is windowed.
 */
export function chooseCut(
  image: Volume,
  segmentation: LabelVolume,
  backgroundTop: number,
  { slices, size, windowSlices, margin, leastLabelled }: Omit<PaperSlices, 'spacing'>,
): CutChoice {
  const box = boxAbove(image, backgroundTop);
  if (!box)
    return {
      state: 'left-out',
      reason: `no voxel of the image it is cropped to is above ${backgroundTop}${backgroundTop === 0 ? '' : ' HU'}`,
    };
  const rule = { length: windowSlices, margin, leastLabelled };
  const window = chooseSliceWindow(labelledPerSlice(segmentation, box), rule);
  if (window.state === 'left-out') return { state: 'left-out', reason: window.message };
  const first = box.start[2] + window.start;
  const { shape, affine, spacing } = image;
  const taken = sliceOffsets(window.length, slices).map((offset) => first + offset);
  return { state: 'chosen', cut: { grid: { shape, affine, spacing }, box, slices: taken, size } };
}

/** The voxels of each slice taken, in `cut.grid`, one slice thick. */
export function sliceBoxes({ box: { start, end }, slices }: ScanCut): readonly Box[] {
  return slices.map((z) => ({ start: [start[0], start[1], z], end: [end[0], end[1], z + 1] }));
}

/** The same slices of a scan, each whole. */
export function wholeSlices(cut: ScanCut): ScanCut {
  const [slices, height, width] = cut.grid.shape;
  return { ...cut, box: { start: [0, 0, 0], end: [width, height, slices] }, size: [height, width] };
}

/** Row and column in a whole slice of the first pixel of what a cut holds of it; negative where padding precedes. */
export function firstPixel({ box: { start, end }, size }: ScanCut): {
  readonly row: number;
  readonly column: number;
} {
  const [x, y] = centreBox([1, end[1] - start[1], end[0] - start[0]], size).start;
  return { row: start[1] + y, column: start[0] + x };
}

/** The grid of each slice taken, before it is cropped or padded to the final size. */
export function sliceGrids(cut: ScanCut): readonly Grid[] {
  return sliceBoxes(cut).map((box) => cropGrid(cut.grid, box));
}

/**
 * One-slice volumes cropped or padded to one size around their middle, on top of each other.
 *
 * @param into room for exactly these.
 * @param outside the value of padding.
 */
export function stackSlices<V extends Volume | LabelVolume>(
  slices: Iterable<V>,
  [height, width]: readonly [height: number, width: number],
  into: V['data'],
  outside = 0,
): void {
  const area = height * width;
  let position = 0;
  for (const slice of slices) {
    const part = into.subarray(position, position + area);
    cropInto(slice, centreBox(slice.shape, [height, width]), part, outside);
    position += area;
  }
}

/** Gives memory for the slices that are resampled one after the other; undefined for new arrays. */
export type SliceRoom<T> = (voxels: number) => T | undefined;

/**
 * What a cut takes of an image: resampled (trilinear) onto each slice, cropped and padded.
 *
 * @param image in RAS order, on any grid over the same scan.
 * @param outside the value beyond the image and of padding: of background, in the image's unit.
 * @returns `cut.slices.length` × height × width voxels.
 */
export function takeImage(
  resampler: Resampler,
  image: Volume,
  cut: ScanCut,
  outside: number,
  room?: SliceRoom<Float32Array>,
): Float32Array {
  const data = new Float32Array(voxelCount([cut.slices.length, ...cut.size]));
  stackSlices(
    eachSlice(cut, (grid) => resampleImage(resampler, image, grid, outside, room?.(voxelCount(grid.shape)))),
    cut.size,
    data,
    outside,
  );
  return data;
}

/** As {@link takeImage}, for labels (nearest voxel): beyond them, and in the padding, there is none (0). */
export function takeLabels(
  resampler: Resampler,
  labels: LabelVolume,
  cut: ScanCut,
  room?: SliceRoom<Uint16Array>,
): Uint16Array {
  const data = new Uint16Array(voxelCount([cut.slices.length, ...cut.size]));
  stackSlices(
    eachSlice(cut, (grid) => resampleLabels(resampler, labels, grid, room?.(voxelCount(grid.shape)))),
    cut.size,
    data,
  );
  return data;
}

/** One slice at a time, so that all may lie in one array. */
function* eachSlice<V>(cut: ScanCut, take: (grid: Grid) => V): Generator<V, void, void> {
  for (const grid of sliceGrids(cut)) yield take(grid);
}
