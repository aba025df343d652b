import {
  checkColumns,
  checkGroups,
  checkOffsets,
  checkParts,
  checkPixels,
  checkRegions,
  checkSlices,
  pixelOutOfRange,
} from './arguments.ts';
import type { Groups, Pixels } from './columns.ts';
import { FEW_GROUPS } from './gather.ts';
import { type Instance, instanceOf, type Kernels } from './instance.ts';
import { CHUNK, forEachChunk, forEachShare, GroupOperand, Operand, takeParts } from './staging.ts';

/** Largest number of parts whose counters fit one register (divideFew of assembly/divide.ts). */
const FEW_PARTS = 4;

/**
 * Divides every group by a map of the plane: out[j] = groups[j] · partCount + parts[pixel of j], the region of voxel j.
 *
 * @param groups one per voxel, slice after slice.
 * @param groupCount every group number must be below it; groupCount · partCount ≤ 65536.
 * @param parts part of each pixel of a slice: 0 ≤ part < partCount.
 * @param partCount 1 … 256.
 * @param out as long as `groups`, not one of the inputs.
 * @throws SemcrcError `bad-input` on wrong types or lengths, slices that are not whole, more regions than u16 tell apart,
 * or a group or part out of range (with its index).
 */
export function divideGroups(
  k: Kernels,
  groups: Groups,
  groupCount: number,
  parts: Uint8Array,
  partCount: number,
  out: Uint16Array,
): void {
  const n = groups.length;
  checkGroups(groups, groupCount, n);
  checkParts(parts, partCount);
  checkSlices(parts.length, n);
  checkRegions(out, n, groupCount, partCount);
  const instance = instanceOf(k);
  const { raw } = instance;
  instance.scoped(() => {
    const labels = new GroupOperand(instance, groups, groupCount);
    const regions = new Operand(instance, out);
    const plane = takeParts(instance, parts, partCount);
    const divide = labels.wide ? raw.divideGroups16 : raw.divideGroups8;
    forEachChunk(parts.length, (from, count) => {
      for (let start = from; start < n; start += parts.length) {
        divide(labels.load(start, count), plane + from, count, partCount, regions.target(start));
        regions.store(start, count);
      }
    });
  });
}

/**
 * Divides every group by the side of its interval that the truth lies on: out[j] = groups[j], or groupCount more where
 * truth[j] > border[j]. A voxel of group `groupCount` counts on no side: it becomes 2 · groupCount.
 *
 * @param groups one per voxel, up to and including groupCount.
 * @param groupCount 1 … 32767.
 * @param truth, border of the same voxels; where either is NaN, the truth is not above.
 * @param out as long as `groups`, not one of the inputs.
 * @throws SemcrcError `bad-input` on wrong types or lengths, or a group out of range (with its index).
 */
export function divideSides(
  k: Kernels,
  groups: Groups,
  groupCount: number,
  truth: Float32Array,
  border: Float32Array,
  out: Uint16Array,
): void {
  const n = checkColumns('Float32Array', { truth, border });
  checkGroups(groups, groupCount + 1, n);
  checkRegions(out, n, 2 * groupCount + 1, 1);
  const instance = instanceOf(k);
  const { raw } = instance;
  instance.scoped(() => {
    const labels = new GroupOperand(instance, groups, groupCount + 1);
    const [x, edge] = [new Operand(instance, truth), new Operand(instance, border)];
    const lists = new Operand(instance, out);
    const divide = labels.wide ? raw.divideSides16 : raw.divideSides8;
    forEachChunk(n, (start, count) => {
      const group = labels.load(start, count);
      const [from, to] = [x.load(start, count), edge.load(start, count)];
      divide(group, from, to, count, groupCount, lists.target(start));
      lists.store(start, count);
    });
  });
}

/**
 * Divides every segment by a map of the plane, stably: the values of segment s whose pixel lies in part p become segment
 * s · partCount + p, in the order they had, within the range that segment s had. What ascends goes on ascending.
 *
 * Fastest with `out` on kernel memory.
 *
 * @param values contiguous by segment.
 * @param pixels the pixel of each value, an index into `parts`.
 * @param offsets segment s owns offsets[s] (inclusive) to offsets[s + 1] (exclusive); never decreasing.
 * @param parts part of each pixel of the plane: 0 ≤ part < partCount.
 * @param partCount 1 … 256.
 * @param out as long as `values`, none of the inputs.
 * @returns offsets of the parts, length segments · partCount + 1: as `offsets`, for segments s · partCount + p.
 * @throws SemcrcError `bad-input` on wrong types or lengths, offsets out of order or range, or a pixel or part out of
 * range (with its index).
 */
export function divideByPixel(
  k: Kernels,
  values: Float32Array,
  pixels: Pixels,
  offsets: Uint32Array,
  parts: Uint8Array,
  partCount: number,
  out: Float32Array,
): Uint32Array {
  const n = checkColumns('Float32Array', { values, out });
  checkPixels(pixels, n);
  checkParts(parts, partCount);
  const segments = checkOffsets(offsets, n);
  const instance = instanceOf(k);
  const { raw } = instance;
  const scope = instance.open();
  try {
    const source = new Operand(instance, values);
    const keys = new Operand<Pixels>(instance, pixels);
    const inPlace = out.buffer === instance.memory.buffer;
    const target = inPlace ? out.byteOffset : -1;
    const plane = { address: takeParts(instance, parts, partCount), length: parts.length, partCount };
    const address = inPlace ? target : instance.take(n * 4);
    const codes = instance.take(n);
    const counts = countParts(instance, keys, offsets, plane, codes);

    const divided = new Uint32Array(segments * partCount + 1);
    let from = offsets[0];
    for (let part = 0; part < counts.length; part++) {
      divided[part] = from;
      from += counts[part];
    }
    divided[counts.length] = from;

    // divideFew moves the cursors of four parts, where there are fewer too.
    const cursors = instance.take((segments * partCount + FEW_PARTS) * 4);
    instance.uint32(cursors, counts.length).set(divided.subarray(0, counts.length));
    const places = instance.take(partCount <= FEW_PARTS ? 0 : CHUNK * 4);
    forEachShare(offsets, (s, start, count) => {
      const own = cursors + s * partCount * 4;
      if (partCount <= FEW_PARTS) {
        raw.divideFew(source.load(start, count), codes + start, count, own, address);
      } else {
        raw.rank8(codes + start, count, own, places);
        raw.scatter(source.load(start, count), places, address, count);
      }
    });
    if (!inPlace) {
      const result = new Float32Array(instance.memory.buffer, address, n);
      out.set(result.subarray(offsets[0], from), offsets[0]);
    }
    return divided;
  } finally {
    instance.close(scope);
  }
}

interface Plane {
  readonly address: number;
  readonly length: number;
  readonly partCount: number;
}

/** Values of each part of each segment; puts the part of every value, a byte each, at `codes`. */
function countParts(
  instance: Instance,
  pixels: Operand<Pixels>,
  offsets: Uint32Array,
  plane: Plane,
  codes: number,
): Uint32Array {
  const { raw, memory } = instance;
  const { partCount } = plane;
  const length = (offsets.length - 1) * partCount;
  const counts = instance.takeZeroed(length * 4);
  const wide = pixels.size === 4;
  const largest = wide ? raw.largestOf32 : raw.largestGroup16;
  const partsOfPixels = wide ? raw.partsOfPixels32 : raw.partsOfPixels16;
  forEachShare(offsets, (s, start, count) => {
    const chunk = pixels.load(start, count);
    if (largest(chunk, count) >>> 0 >= plane.length) {
      const View = wide ? Uint32Array : Uint16Array;
      throw pixelOutOfRange(new View(memory.buffer, chunk, count), start, plane.length);
    }
    partsOfPixels(chunk, count, plane.address, codes + start);
    const own = counts + s * partCount * 4;
    if (partCount <= FEW_GROUPS) raw.countFewGroups8(codes + start, count, partCount, own);
    else raw.countGroups8(codes + start, count, own);
  });
  return instance.uint32(counts, length).slice();
}
