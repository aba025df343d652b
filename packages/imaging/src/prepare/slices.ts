import { SemcrcError } from '@semcrc/kernels';
import type { Box } from '../grid/crop.ts';
import { emptyLike, type LabelVolume, type Volume } from '../grid/volume.ts';

/** How the window of slices is chosen. */
export interface SliceRule {
  /** Slices in the window. */
  readonly length: number;
  /** Slices at each end of the scan that no window may hold. */
  readonly margin: number;
  /** A slice with fewer labelled voxels than this counts 0. */
  readonly leastLabelled: number;
}

/** The rule of the paper's experiments: 48 slices, none of the first and last 10, 4000 labelled voxels to count. */
export const paperSliceRule: SliceRule = { length: 48, margin: 10, leastLabelled: 4000 };

/** The window of slices chosen for a scan, or why the scan is left out. */
export type SliceWindow =
  | {
      readonly state: 'chosen';
      /** First slice of the window. */
      readonly start: number;
      readonly length: number;
      /** Labelled voxels in the slices that count. */
      readonly labelled: number;
      /** Slices of the window that count. */
      readonly counting: number;
    }
  | {
      readonly state: 'left-out';
      readonly reason: 'short' | 'unlabelled' | 'sparse';
      readonly message: string;
    };

/** Labelled voxels (label not 0) of every slice of a volume, or of a box that lies in it. */
export function labelledPerSlice(
  { data, shape: [slices, height, width] }: LabelVolume,
  box?: Box,
): Uint32Array {
  const { start, end } = box ?? { start: [0, 0, 0], end: [width, height, slices] };
  const counts = new Uint32Array(end[2] - start[2]);
  // Two labels at a time where there are none, which is nearly everywhere.
  const even = data.byteOffset % 4 === 0;
  const pairs = new Uint32Array(data.buffer, even ? data.byteOffset : 0, even ? data.length >> 1 : 0);
  for (let z = start[2]; z < end[2]; z++) {
    let count = 0;
    for (let y = start[1]; y < end[1]; y++) {
      const row = (z * height + y) * width;
      const last = row + end[0];
      for (let j = row + start[0]; j < last; j++) {
        if (even && (j & 1) === 0) while (j < last - 1 && pairs[j >> 1] === 0) j += 2;
        if (j < last && data[j] !== 0) count++;
      }
    }
    counts[z - start[2]] = count;
  }
  return counts;
}

/**
 * The window of consecutive slices with the most labelled voxels, the first of several. Slices with too few count 0.
 * Left out are scans that are `short` (fewer slices than window and both margins), `unlabelled` (no labelled voxel at
 * all) or `sparse` (fewer than half the slices of the best window count).
 *
 * @param labelled labelled voxels per slice, as {@link labelledPerSlice} has them.
 */
export function chooseSliceWindow(labelled: Uint32Array, rule: SliceRule = paperSliceRule): SliceWindow {
  const { length, margin, leastLabelled } = rule;
  const leftOut = (reason: 'short' | 'unlabelled' | 'sparse', message: string): SliceWindow => ({
    state: 'left-out',
    reason,
    message,
  });
  const needed = length + 2 * margin;
  if (labelled.length < needed) {
    return leftOut('short', `expected at least ${needed} slices, found ${labelled.length}`);
  }
  if (labelled.every((count) => count === 0))
    return leftOut('unlabelled', 'the segmentation has no labelled voxel');
  const counted = labelled.map((count) => (count >= leastLabelled ? count : 0));
  let sum = 0;
  let best = -1;
  let start = margin;
  for (let end = margin; end < labelled.length - margin; end++) {
    sum += counted[end];
    if (end - margin >= length) sum -= counted[end - length];
    if (end - margin >= length - 1 && sum > best) {
      best = sum;
      start = end - length + 1;
    }
  }
  const counting = counted.subarray(start, start + length).filter((count) => count > 0).length;
  if (counting < length / 2) {
    return leftOut(
      'sparse',
      `expected at least ${Math.ceil(length / 2)} of ${length} slices with ${leastLabelled} labelled voxels or more, found ${counting} in the best window`,
    );
  }
  return { state: 'chosen', start, length, labelled: best, counting };
}

/** Which slices of a window are taken: ⌊linspace(0, length − 1, count)⌋; 0, 15, 31, 47 for 4 of 48. */
export function sliceOffsets(length: number, count: number): readonly number[] {
  if (!(Number.isInteger(count) && Number.isInteger(length) && count >= 1 && count <= length)) {
    throw new SemcrcError('usage', `cannot take ${count} slices of ${length}`);
  }
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => Math.floor((i * (length - 1)) / (count - 1)));
}

/** The voxels of some slices, one slice after the other, in the order given. */
export function takeSlices<V extends Volume | LabelVolume>(volume: V, indices: readonly number[]): V['data'] {
  const [slices, height, width] = volume.shape;
  const area = height * width;
  const out = emptyLike(volume.data as Float32Array | Uint16Array, indices.length * area);
  indices.forEach((z, i) => {
    if (!(Number.isInteger(z) && z >= 0 && z < slices)) {
      throw new SemcrcError('usage', `slice ${z} of a volume of ${slices} slices`);
    }
    out.set(volume.data.subarray(z * area, (z + 1) * area), i * area);
  });
  return out as V['data'];
}
