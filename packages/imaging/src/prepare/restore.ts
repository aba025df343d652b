import type { Resampler } from '@semcrc/kernels';
import { applyAffine, invertAffine, multiplyAffines } from '../grid/affine.ts';
import { centreBox, crop, cropGrid } from '../grid/crop.ts';
import { orientTo, rasGrid } from '../grid/orientation.ts';
import { resampleImage, resampleLabels } from '../grid/resample.ts';
import {
  type Grid,
  type LabelVolume,
  makeGrid,
  makeVolume,
  type Volume,
  voxelCount,
} from '../grid/volume.ts';
import type { ScanCut } from './scan-cut.ts';

/**
 * A prepared image brought back onto the scan's own grid, the inverse of `takeImage`: padding is dropped, slices go to their
 * places, and every voxel of the grid is interpolated (trilinear) between them. Between slices that were not neighbours
 * nothing is interpolated: each holds for half a voxel around it.
 *
 * Where a voxel of the grid stands on one that was prepared, it has its value: to the bit, unless a spacing is no binary
 * fraction, and then up to 1e-11 of what its neighbours differ.
 *
 * @param data `cut.slices.length` × height × width voxels.
 * @param onto the scan's grid, in its file's voxel order.
 * @param outside the value where nothing was prepared.
 */
export function restoreImage(
  resampler: Resampler,
  data: Float32Array,
  cut: ScanCut,
  onto: Grid,
  outside: number,
): Volume {
  const target = rasGrid(onto);
  const restored = new Float32Array(voxelCount(target.shape)).fill(outside);
  for (const run of runsOf(data, cut)) {
    const { grid, start } = reached(target, run);
    // NaN marks what the run does not reach: other runs, or nothing, have it.
    const part = resampleImage(resampler, run, grid, Number.NaN).data;
    for (let voxel = 0; voxel < part.length; voxel++) {
      const value = part[voxel];
      if (!Number.isNaN(value)) restored[start + voxel] = value;
    }
  }
  return orientTo(makeVolume(restored, target.shape, target.affine), onto);
}

/** As {@link restoreImage}, for labels: each voxel takes that of the nearest prepared one, 0 where there is none. */
export function restoreLabels(
  resampler: Resampler,
  data: Uint16Array,
  cut: ScanCut,
  onto: Grid,
): LabelVolume {
  const target = rasGrid(onto);
  const restored = new Uint16Array(voxelCount(target.shape));
  for (const run of runsOf(data, cut)) {
    const { grid, start } = reached(target, run);
    const part = resampleLabels(resampler, run, grid).data;
    for (let voxel = 0; voxel < part.length; voxel++)
      if (part[voxel] !== 0) restored[start + voxel] = part[voxel];
  }
  return orientTo(makeVolume(restored, target.shape, target.affine), onto);
}

/** The prepared slices without their padding, neighbours in one volume, in RAS order. */
function runsOf<T extends Float32Array | Uint16Array>(
  data: T,
  { grid, box, slices, size: [height, width] }: ScanCut,
): readonly (Grid & { readonly data: T })[] {
  const area = height * width;
  const boxShape = [1, box.end[1] - box.start[1], box.end[0] - box.start[0]] as const;
  const [x, y] = centreBox(boxShape, [height, width]).start;
  const start = [Math.max(0, -x), Math.max(0, -y)] as const;
  const end = [Math.min(width, boxShape[2] - x), Math.min(height, boxShape[1] - y)] as const;
  const runs: (Grid & { readonly data: T })[] = [];
  for (let first = 0; first < slices.length; ) {
    let count = 1;
    while (slices[first + count] === slices[first] + count) count++;
    const corner = [box.start[0] + x, box.start[1] + y, slices[first]] as const;
    const placed = cropGrid(grid, {
      start: corner,
      end: [corner[0] + width, corner[1] + height, corner[2] + count],
    });
    const stack = makeVolume(
      data.subarray(first * area, (first + count) * area) as T,
      placed.shape,
      placed.affine,
    );
    const inner = { start: [...start, 0], end: [...end, count] } as const;
    runs.push(crop(stack as Volume | LabelVolume, inner) as unknown as Grid & { readonly data: T });
    first += count;
  }
  return runs;
}

/** The slices of a grid that a volume can reach, with a voxel to spare, and the index of their first voxel. */
function reached(
  target: Grid,
  { affine, shape: [slices, height, width] }: Grid,
): { grid: Grid; start: number } {
  const toTarget = multiplyAffines(invertAffine(target.affine), affine);
  const corners = [-1, width].flatMap((x) =>
    [-1, height].flatMap((y) => [-1, slices].map((z) => applyAffine(toTarget, x, y, z)[2])),
  );
  const [count, targetHeight, targetWidth] = target.shape;
  const first = Math.min(Math.max(0, Math.floor(Math.min(...corners)) - 1), count - 1);
  const end = Math.max(first + 1, Math.min(count, Math.ceil(Math.max(...corners)) + 2));
  const grid = cropGrid(target, { start: [0, 0, first], end: [targetWidth, targetHeight, end] });
  return { grid: makeGrid(grid.shape, grid.affine), start: first * targetHeight * targetWidth };
}
