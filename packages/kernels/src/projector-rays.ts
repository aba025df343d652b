import type { Block } from './arena.ts';
import { type Projector, projectorInstance } from './projector.ts';
import {
  CONE_RECORD,
  type ConeViews,
  checkCounts,
  checkLength,
  checkSamples,
  STACK_RECORD,
  type StackViews,
  type VoxelSize,
  viewCount,
} from './projector-views.ts';
import type { Samples } from './resample.ts';

/** Zeros around a column of the slab: what interpolation at the ends reads, and a vector beyond. */
const BELOW = 4;
const ABOVE = 8;
/** Steps whose profiles a kernel keeps, and the bytes of a header. */
const BLOCK = 32;
const HEADER = 16;
/** Slices of a stack that are projected together: a tile of this depth stays in cache. */
export const STACK_SLICES = 32;

/** Copies slices `from` … `to` of a volume into a slab with z fastest, a border of zeros around it. */
function fillSlab(
  { data, size: [width, height] }: Samples<Float32Array>,
  from: number,
  to: number,
  slab: Float32Array,
  depth: number,
  below: number,
): void {
  slab.fill(0);
  const area = width * height;
  for (let y = 0; y < height; y++) {
    for (let z = from; z < to; z++) {
      let source = z * area + y * width;
      let target = ((y + 1) * (width + 2) + 1) * depth + below + z - from;
      for (let x = 0; x < width; x++, source++, target += depth) slab[target] = data[source];
    }
  }
}

/** The slices that rays of some views pass, within 0 … slices: the first, and one beyond the last. */
function slicesOf({ records, rows }: ConeViews, slices: number): readonly [from: number, to: number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < records.length; at += CONE_RECORD) {
    const ends = [records[at + 2], records[at + 5], records[at + 5] + (rows - 1) * records[at + 8]];
    least = Math.min(least, ...ends);
    most = Math.max(most, ...ends);
  }
  const within = (z: number) => Math.min(Math.max(z, 0), slices - 1);
  return [within(Math.floor(least) - 1), within(Math.floor(most) + 2) + 1];
}

/**
 * Line integrals of a volume (trilinear, zero outside) from source to detector by Joseph's method: samples where a ray
 * crosses the planes of voxel centres along its dominant axis in x and y. The source and the detector must lie outside
 * the volume. Needs memory for the slices the views pass, not for the volume.
 *
 * @param size of a voxel; the integrals' unit of length.
 * @param into views × columns × rows; a new array when left out.
 * @returns the integrals, rows fastest. Each view's bits depend on that view alone.
 * @throws SemcrcError `usage` when sizes, records and arrays do not fit.
 */
export function projectCone(
  projector: Projector,
  volume: Samples<Float32Array>,
  views: ConeViews,
  size: VoxelSize,
  into?: Float32Array,
): Float32Array {
  const instance = projectorInstance(projector);
  const { records, columns, rows } = views;
  checkSamples(volume);
  checkCounts({ columns, rows });
  const count = viewCount(records, CONE_RECORD);
  const pixels = columns * rows;
  const out = into ?? new Float32Array(count * pixels);
  checkLength('the array of integrals', out.length, count * pixels);
  if (count === 0) return out;
  const [width, height, slices] = volume.size;
  const [from, to] = slicesOf(views, slices);
  const depth = to - from + BELOW + ABOVE;
  let rise = 0;
  for (let at = 8; at < records.length; at += CONE_RECORD) rise = Math.max(rise, Math.abs(records[at]));
  const stride = 16 * Math.ceil(((rows - 1) * rise + 12) / 4);
  instance.scoped((arena) => {
    const slab = arena.float32((width + 2) * (height + 2) * depth + ABOVE);
    const scratch = arena.uint8(BLOCK * (HEADER + stride));
    const sums = arena.float32(rows + 3);
    const result = arena.float32(pixels);
    fillSlab(volume, from, to, slab.view, depth, BELOW);
    for (let view = 0; view < count; view++) {
      const [sx, sy, sz, px, py, pz, ex, ey, rz] = records.subarray(
        view * CONE_RECORD,
        (view + 1) * CONE_RECORD,
      );
      // Heights count from a slice near the source, whichever slices are at hand: so their f32 are the view's own.
      const base = Math.floor(sz);
      instance.raw.projectCone(
        ...[slab.view.byteOffset, width, height, depth, BELOW + base - from, -1 - base, slices - base],
        ...[sx, sy, sz - base, px, py, pz - base, ex, ey, rz, columns, rows, ...size],
        ...[scratch.view.byteOffset, stride, sums.view.byteOffset, result.view.byteOffset],
      );
      out.set(result.view, view * pixels);
    }
  });
  return out;
}

/** Copies `slices` values a column from `first` on between an array of `all` a column and a block of `depth`. */
function eachColumn(
  columns: number,
  all: number,
  depth: number,
  copy: (from: number, block: number) => void,
): void {
  for (let column = 0; column < columns; column++) copy(column * all, column * depth);
}

/** Four slices a vector. */
export const whole = (slices: number): number => 4 * Math.ceil(slices / 4);

/**
 * As {@link projectCone} for a stack of slices, each seen by the same beam in its own plane.
 *
 * @param size of a voxel along x and y.
 * @param into views × columns × slices; a new array when left out.
 * @returns the integrals, slices fastest.
 */
export function projectStack(
  projector: Projector,
  volume: Samples<Float32Array>,
  { records, columns }: StackViews,
  [sizeX, sizeY]: readonly [number, number],
  into?: Float32Array,
): Float32Array {
  const instance = projectorInstance(projector);
  checkSamples(volume);
  checkCounts({ columns });
  const count = viewCount(records, STACK_RECORD);
  const [width, height, slices] = volume.size;
  const out = into ?? new Float32Array(count * columns * slices);
  checkLength('the array of integrals', out.length, count * columns * slices);
  for (let from = 0; from < slices; from += STACK_SLICES) {
    const to = Math.min(from + STACK_SLICES, slices);
    const depth = whole(to - from);
    instance.scoped((arena) => {
      const stack = arena.float32((width + 2) * (height + 2) * depth);
      const result: Block<Float32Array> = arena.float32(columns * depth);
      fillSlab(volume, from, to, stack.view, depth, 0);
      const found = result.view;
      for (let view = 0; view < count; view++) {
        const record = records.subarray(view * STACK_RECORD, (view + 1) * STACK_RECORD);
        instance.raw.projectStack(
          ...[stack.view.byteOffset, width, height, depth, ...record, columns, sizeX, sizeY],
          found.byteOffset,
        );
        const start = view * columns * slices + from;
        eachColumn(columns, slices, depth, (at, block) => {
          for (let z = 0; z < to - from; z++) out[start + at + z] = found[block + z];
        });
      }
    });
  }
  return out;
}
