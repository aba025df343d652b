import type { Shape } from '@semcrc/imaging';

/** How windows are laid over a volume. */
export interface WindowRule {
  /** Slices × height × width of a window. */
  readonly patch: Shape;
  /** Share of a window that the next one covers again, 0 ≤ overlap < 1. */
  readonly overlap: number;
}

/** Windows over a volume, as MONAI's `sliding_window_inference` lays them with `mode="gaussian"`. */
export interface WindowPlan {
  /** The volume, padded to hold a window. */
  readonly padded: Shape;
  /** Voxels of padding before the first slice, row and column. */
  readonly before: Shape;
  readonly patch: Shape;
  /** First slices, rows and columns of windows, in voxels of the padded volume, ascending. */
  readonly starts: readonly [slices: readonly number[], rows: readonly number[], columns: readonly number[]];
  /** Weight of each voxel of a window. */
  readonly importance: Float32Array;
}

/** The share of a window's side that is the deviation of its weights, and the least weight. */
const deviation = 0.125;
const leastWeight = 1e-3;

/**
 * Lays windows over a volume as MONAI 1.3 does: the volume is padded around its middle until it holds one, windows step by
 * ⌊side · (1 − overlap)⌋ and at least 1, the last one ends at the edge. Weights are a product of Gaussians around the
 * middle, none below the larger of 10⁻³ and their own least.
 */
export function planWindows(shape: Shape, { patch, overlap }: WindowRule): WindowPlan {
  const each = <T>(of: (axis: 0 | 1 | 2) => T) => [of(0), of(1), of(2)] as const;
  const padded = each((axis) => Math.max(shape[axis], patch[axis]));
  const before = each((axis) => Math.floor((padded[axis] - shape[axis]) / 2));
  const starts = each((axis) => startsAlong(padded[axis], patch[axis], overlap));
  return { padded, before, patch, starts, importance: importanceOf(patch) };
}

function startsAlong(size: number, side: number, overlap: number): readonly number[] {
  const interval = size === side ? side : Math.max(1, Math.trunc(side * (1 - overlap)));
  const starts: number[] = [];
  for (let start = 0; ; start += interval) {
    starts.push(Math.min(start, size - side));
    if (start + side >= size) return starts;
  }
}

function importanceOf([slices, height, width]: Shape): Float32Array {
  const [alongZ, alongY, alongX] = [slices, height, width].map((side) =>
    Float32Array.from({ length: side }, (_, at) => {
      const off = at - (side - 1) / 2;
      return Math.exp((off * off) / (-2 * (deviation * side) ** 2));
    }),
  );
  const weights = new Float32Array(slices * height * width);
  let least = Number.POSITIVE_INFINITY;
  for (let z = 0, at = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      const row = Math.fround(alongZ[z] * alongY[y]);
      for (let x = 0; x < width; x++, at++) {
        weights[at] = row * alongX[x];
        if (weights[at] < least) least = weights[at];
      }
    }
  }
  const floor = Math.max(least, leastWeight);
  for (let at = 0; at < weights.length; at++) if (weights[at] < floor) weights[at] = floor;
  return weights;
}

/** One window: its corner in voxels of the padded volume, and which of how many it is, from 0. */
export interface Tile {
  readonly corner: Shape;
  readonly index: number;
  readonly count: number;
}

/** Slices that are final: one array per channel, each `count` × height × width. */
export interface FinishedSlices {
  readonly first: number;
  readonly count: number;
  readonly channels: readonly Float32Array[];
}

/** What is done over a volume window by window. */
export interface WindowWork {
  readonly channels: number;
  /** A window's values: channels × the voxels of the patch, x fastest. */
  readonly run: (tile: Tile) => Promise<Float32Array>;
  /** Takes slices in ascending order; the arrays are used again. */
  readonly onSlices: (slices: FinishedSlices) => void;
  /** Only these are wanted, ascending; windows that touch none of them are left out. All when left out. */
  readonly slices?: readonly number[];
}

/**
 * Runs a function on every window and blends what it gives: Σ w·p / Σ w at every voxel. Windows go from the lowest slices
 * to the highest, so that no more than the slices of one window are in memory for each channel.
 */
export async function blendWindows(
  shape: Shape,
  { padded, before, patch, starts, importance }: WindowPlan,
  { channels, run, onSlices, slices }: WindowWork,
): Promise<void> {
  const [depth, height, width] = patch;
  const [, rows, columns] = padded;
  const area = rows * columns;
  const wanted = new Uint8Array(padded[0]);
  if (slices) for (const slice of slices) wanted[slice + before[0]] = 1;
  else wanted.fill(1, before[0], before[0] + shape[0]);
  const layers = starts[0].filter((first) => wanted.subarray(first, first + depth).includes(1));
  const count = layers.length * starts[1].length * starts[2].length;
  const sums = Array.from({ length: channels }, () => new Float32Array(depth * area));
  const weights = new Float32Array(depth * area);
  const room = Array.from({ length: channels }, () => new Float32Array(shape[1] * shape[2]));
  let index = 0;
  for (const [order, first] of layers.entries()) {
    for (const row of starts[1]) {
      for (const column of starts[2]) {
        const values = await run({ corner: [first, row, column], index, count });
        index += 1;
        for (let z = 0, from = 0; z < depth; z++) {
          for (let y = 0; y < height; y++, from += width) {
            const to = z * area + (row + y) * columns + column;
            for (let x = 0; x < width; x++) weights[to + x] += importance[from + x];
            for (let channel = 0; channel < channels; channel++) {
              const sum = sums[channel];
              const start = channel * importance.length + from;
              for (let x = 0; x < width; x++) sum[to + x] += importance[from + x] * values[start + x];
            }
          }
        }
      }
    }
    const done = Math.min(depth, (layers[order + 1] ?? first + depth) - first);
    for (let z = 0; z < done; z++) if (wanted[first + z] === 1) finish(z, first + z - before[0]);
    for (const array of [weights, ...sums]) {
      array.copyWithin(0, done * area);
      array.fill(0, (depth - done) * area);
    }
  }

  function finish(z: number, slice: number): void {
    for (let y = 0, to = 0; y < shape[1]; y++) {
      const from = z * area + (y + before[1]) * columns + before[2];
      for (let x = 0; x < shape[2]; x++, to++) {
        for (let channel = 0; channel < channels; channel++)
          room[channel][to] = sums[channel][from + x] / weights[from + x];
      }
    }
    onSlices({ first: slice, count: 1, channels: room });
  }
}
