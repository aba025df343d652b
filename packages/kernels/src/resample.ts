import type { Arena } from './arena.ts';
import { SemcrcError } from './error.ts';
import {
  linearTable,
  nearestTable,
  OUTSIDE,
  planSampling,
  reachesOutside,
  rowPlaces,
  type Sampling,
  type Sizes,
} from './resample-plan.ts';
import { type Resampler, type ResamplerInstance, resamplerInstance } from './resampler.ts';

/** A volume as plain numbers: x fastest, sizes along x, y, z. */
export interface Samples<T extends Float32Array | Uint16Array> {
  readonly data: T;
  readonly size: Sizes;
}

function plan(
  source: Samples<Float32Array | Uint16Array>,
  target: Sizes,
  toSource: readonly number[],
): Sampling {
  const sampling = planSampling(source.size, target, toSource);
  const [x, y, z] = source.size;
  if (source.data.length !== x * y * z) {
    throw new SemcrcError('usage', `${x} × ${y} × ${z} voxels expected, found ${source.data.length}`);
  }
  return sampling;
}

/** Where results go: an array of theirs, or a new one. */
function resultOf<T extends Float32Array | Uint16Array>(
  [width, height, slices]: Sizes,
  into: T | undefined,
  create: (length: number) => T,
): T {
  const voxels = width * height * slices;
  if (into !== undefined && into.length !== voxels) {
    throw new SemcrcError(
      'usage',
      `${width} × ${height} × ${slices} voxels do not fit an array of ${into.length}`,
    );
  }
  return into ?? create(voxels);
}

/** Calls `each` with every row of the target: its y and z, and its first index. */
function forEachRow([width, height, slices]: Sizes, each: (y: number, z: number, at: number) => void): void {
  for (let z = 0, at = 0; z < slices; z++) {
    for (let y = 0; y < height; y++, at += width) each(y, z, at);
  }
}

/**
 * Trilinear resampling, computed in f64 and rounded once to f32. Along the axes it works slice by slice (memory: three
 * slices), through other matrices on a copy of the whole source.
 *
 * @param target sizes of the result along x, y, z.
 * @param toSource 3 × 4 matrix, row by row: target voxel index (x, y, z, 1) to source voxel index.
 * @param outside the value beyond the reach of the source: more than half a voxel of the coarser grid off its outermost
 *   voxel centres. Nearer than that the border value holds. A function is asked only where the target goes so far.
 * @param into where the target's voxels are written; a new array when left out. May not overlap the source.
 * @returns target voxels, x fastest.
 * @throws SemcrcError `usage` on sizes or matrices that cannot be.
 */
export function resampleLinear(
  resampler: Resampler,
  source: Samples<Float32Array>,
  target: Sizes,
  toSource: readonly number[],
  outside: number | (() => number),
  into?: Float32Array,
): Float32Array {
  const instance = resamplerInstance(resampler);
  const sampling = plan(source, target, toSource);
  const out = resultOf(target, into, (length) => new Float32Array(length));
  const askFor = (value: () => number) => (reachesOutside(sampling) ? value() : Number.NaN);
  const fill = typeof outside === 'number' ? outside : askFor(outside);
  const resample = sampling.alongAxes ? linearAlongAxes : linearThroughMatrix;
  instance.scoped((arena) => resample(instance, arena, source, sampling, fill, out));
  return out;
}

function linearAlongAxes(
  { raw }: ResamplerInstance,
  arena: Arena,
  { data, size: [width, height] }: Samples<Float32Array>,
  sampling: Sampling,
  outside: number,
  out: Float32Array,
): void {
  const [outWidth, outHeight, outSlices] = sampling.targetSize;
  const columns = linearTable(sampling, 0);
  const rows = linearTable(sampling, 1);
  const levels = linearTable(sampling, 2);
  const area = width * height;
  const slots = [arena.float32(area), arena.float32(area)];
  const outArea = outWidth * outHeight;
  const result = arena.float32(outArea);
  const scratch = arena.float64(width);
  const tables = [
    arena.uint32(2 * outHeight),
    arena.float64(outHeight),
    arena.uint32(2 * outWidth),
    arena.float64(outWidth),
  ] as const;
  tables[0].view.set(rows.pairs);
  tables[1].view.set(rows.weights);
  tables[2].view.set(columns.pairs);
  tables[3].view.set(columns.weights);
  const held = [-1, -1];
  // The slot that holds source slice z, copied in unless it is there already; `keep` is the slot not to overwrite.
  const slotOf = (z: number, keep: number): number => {
    const found = held.indexOf(z);
    if (found >= 0) return found;
    const slot = keep === 0 ? 1 : 0;
    slots[slot].view.set(data.subarray(z * area, (z + 1) * area));
    held[slot] = z;
    return slot;
  };
  for (let z = 0; z < outSlices; z++) {
    const slice = out.subarray(z * outArea, (z + 1) * outArea);
    const low = levels.pairs[2 * z];
    if (low === OUTSIDE) {
      slice.fill(outside);
      continue;
    }
    const weight = levels.weights[z];
    const high = weight > 0 ? levels.pairs[2 * z + 1] : low;
    const lowSlot = slotOf(low, held.indexOf(high));
    const highSlot = slotOf(high, lowSlot);
    raw.linearSlice(
      slots[lowSlot].view.byteOffset,
      slots[highSlot].view.byteOffset,
      weight,
      width,
      tables[0].view.byteOffset,
      tables[1].view.byteOffset,
      outHeight,
      tables[2].view.byteOffset,
      tables[3].view.byteOffset,
      outWidth,
      scratch.view.byteOffset,
      outside,
      result.view.byteOffset,
    );
    slice.set(result.view);
  }
}

function linearThroughMatrix(
  { raw }: ResamplerInstance,
  arena: Arena,
  { data, size }: Samples<Float32Array>,
  sampling: Sampling,
  outside: number,
  out: Float32Array,
): void {
  const width = sampling.targetSize[0];
  const source = arena.float32(data.length);
  const result = arena.float32(width);
  source.view.set(data);
  const { reach } = sampling;
  forEachRow(sampling.targetSize, (y, z, at) => {
    const places = rowPlaces(sampling, y, z);
    raw.linearRow(
      source.view.byteOffset,
      ...size,
      ...places,
      ...reach,
      width,
      outside,
      result.view.byteOffset,
    );
    out.set(result.view, at);
  });
}

/**
 * Nearest-neighbour resampling of labels; a place half way between two voxels takes the upper one (as
 * `scipy.ndimage` has it for order 0). Parameters as {@link resampleLinear}.
 */
export function resampleNearest(
  resampler: Resampler,
  source: Samples<Uint16Array>,
  target: Sizes,
  toSource: readonly number[],
  outside: number,
  into?: Uint16Array,
): Uint16Array {
  const instance = resamplerInstance(resampler);
  const sampling = plan(source, target, toSource);
  const out = resultOf(target, into, (length) => new Uint16Array(length));
  if (sampling.alongAxes)
    instance.scoped((arena) => nearestAlongAxes(instance, arena, source, sampling, outside, out));
  else instance.scoped((arena) => nearestThroughMatrix(instance, arena, source, sampling, outside, out));
  return out;
}

function nearestAlongAxes(
  { raw }: ResamplerInstance,
  arena: Arena,
  { data, size: [width, height] }: Samples<Uint16Array>,
  sampling: Sampling,
  outside: number,
  out: Uint16Array,
): void {
  const [outWidth, outHeight, outSlices] = sampling.targetSize;
  const area = width * height;
  const outArea = outWidth * outHeight;
  const source = arena.uint16(area);
  const result = arena.uint16(outArea);
  const rows = arena.uint32(outHeight);
  const columns = arena.uint32(outWidth);
  rows.view.set(nearestTable(sampling, 1));
  columns.view.set(nearestTable(sampling, 0));
  const levels = nearestTable(sampling, 2);
  let held = -1;
  for (let z = 0; z < outSlices; z++) {
    const slice = out.subarray(z * outArea, (z + 1) * outArea);
    if (levels[z] === OUTSIDE) {
      slice.fill(outside);
      continue;
    }
    // Neighbouring target slices often fall on one source slice: its result is still there.
    if (levels[z] !== held) {
      held = levels[z];
      source.view.set(data.subarray(held * area, (held + 1) * area));
      raw.nearestSlice(
        source.view.byteOffset,
        width,
        rows.view.byteOffset,
        outHeight,
        columns.view.byteOffset,
        outWidth,
        outside,
        result.view.byteOffset,
      );
    }
    slice.set(result.view);
  }
}

function nearestThroughMatrix(
  { raw }: ResamplerInstance,
  arena: Arena,
  { data, size }: Samples<Uint16Array>,
  sampling: Sampling,
  outside: number,
  out: Uint16Array,
): void {
  const width = sampling.targetSize[0];
  const source = arena.uint16(data.length);
  const result = arena.uint16(width);
  source.view.set(data);
  const { reach } = sampling;
  forEachRow(sampling.targetSize, (y, z, at) => {
    const places = rowPlaces(sampling, y, z);
    raw.nearestRow(
      source.view.byteOffset,
      ...size,
      ...places,
      ...reach,
      width,
      outside,
      result.view.byteOffset,
    );
    out.set(result.view, at);
  });
}
