import { SemcrcError } from '@semcrc/kernels';
import { datatypes, type NiftiDatatype, storedArrays } from './datatype.ts';
import type { NiftiHeader } from './header.ts';

type Stored =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Reverses each group of `size` bytes in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at + size <= bytes.length; at += size) {
    for (let i = at, j = at + size - 1; i < j; i++, j--) {
      const byte = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = byte;
    }
  }
}

/** The stored numbers in `bytes`; a view where alignment and byte order allow, else a copy. */
function storedVoxels(bytes: Uint8Array, datatype: NiftiDatatype, littleEndian: boolean): Stored {
  const size = datatypes[datatype].bytes;
  const direct = bytes.byteOffset % size === 0 && (littleEndian || size === 1);
  const from = direct ? bytes : new Uint8Array(bytes);
  if (!littleEndian && size > 1) swapBytes(from, size);
  return new storedArrays[datatype](from.buffer as ArrayBuffer, from.byteOffset, from.byteLength / size);
}

/** Voxels per block: small enough to stay in the first-level cache as f64. */
const blockVoxels = 4096;

/**
 * Decodes stored voxels block by block to f64 with slope and intercept applied, so that the loops of the callers see
 * one kind of array whatever the file holds.
 */
function forEachBlock(
  stored: Stored,
  { slope, inter }: NiftiHeader,
  take: (block: Float64Array, start: number) => void,
): void {
  const scratch = new Float64Array(Math.min(blockVoxels, stored.length));
  for (let start = 0; start < stored.length; start += blockVoxels) {
    const count = Math.min(blockVoxels, stored.length - start);
    const block = scratch.subarray(0, count);
    if (stored instanceof BigInt64Array || stored instanceof BigUint64Array) {
      for (let i = 0; i < count; i++) block[i] = Number(stored[start + i]);
    } else {
      block.set(stored.subarray(start, start + count));
    }
    if (slope !== 1 || inter !== 0) {
      for (let i = 0; i < count; i++) block[i] = block[i] * slope + inter;
    }
    take(block, start);
  }
}

/**
 * Stored bytes to intensities: slope · v + inter in f64, rounded once to f32. NaN is kept; see `firstNaNVoxel`.
 *
 * @param bytes whole voxels.
 * @param out one f32 per voxel.
 */
export function decodeImage(header: NiftiHeader, bytes: Uint8Array, out: Float32Array): void {
  const stored = storedVoxels(bytes, header.datatype, header.littleEndian);
  const plain = header.slope === 1 && header.inter === 0;
  if (plain && !(stored instanceof BigInt64Array) && !(stored instanceof BigUint64Array)) {
    out.set(stored);
    return;
  }
  if (stored instanceof Int16Array) {
    scaleInt16(stored, header, out);
    return;
  }
  forEachBlock(stored, header, (block, start) => out.set(block, start));
}

// Of all kinds of numbers, scaled ones are mostly these: a loop that sees nothing else takes a third less time.
function scaleInt16(stored: Int16Array, { slope, inter }: NiftiHeader, out: Float32Array): void {
  for (let j = 0; j < stored.length; j++) out[j] = stored[j] * slope + inter;
}

/** Scaled label numbers are off by rounding of slope and intercept, this much at most. */
const labelRounding = 1e-3;

/**
 * Stored bytes to label numbers, slope and intercept applied. Where there are such (a mask of 255 with the slope 1/255, say),
 * what is next to an integer counts as it.
 *
 * @param first index in the file of the first voxel in `bytes`, for messages.
 * @returns how many values were no integer, and were rounded.
 * @throws SemcrcError `bad-input` at the first value that is not an integer in 0..65535, with index and value.
 */
export function decodeLabels(
  header: NiftiHeader,
  bytes: Uint8Array,
  out: Uint16Array,
  first: number,
  name: string,
): number {
  const stored = storedVoxels(bytes, header.datatype, header.littleEndian);
  const plain = header.slope === 1 && header.inter === 0;
  if (plain && (stored instanceof Uint8Array || stored instanceof Uint16Array)) {
    out.set(stored);
    return 0;
  }
  let rounded = 0;
  forEachBlock(stored, header, (block, start) => {
    for (let i = 0; i < block.length; i++) {
      const value = block[i];
      let label = value & 0xffff;
      if (label !== value) {
        const nearest = Math.round(value);
        label = nearest & 0xffff;
        if (plain || label !== nearest || Math.abs(value - nearest) > labelRounding)
          refuseLabel(name, first + start + i, value);
        rounded++;
      }
      out[start + i] = label;
    }
  });
  return rounded;
}

function refuseLabel(name: string, index: number, value: number): never {
  throw new SemcrcError(
    'bad-input',
    `${name}: expected label numbers (integers from 0 to 65535), found ${value} at voxel ${index}; is it a segmentation?`,
    { data: { file: name, index, value: String(value) } },
  );
}

/**
 * Index of the first NaN of an image, or −1. The files semcrc calibrates on may hold none: a voxel without a value
 * would count as covered.
 */
export function firstNaNVoxel(data: Float32Array): number {
  // A sum is NaN when a term is (or when opposite infinities meet), so one test stands for 64.
  const whole = data.length - (data.length % 64);
  for (let start = 0; start < whole; start += 64) {
    let sum = 0;
    for (let i = start; i < start + 64; i++) sum += data[i];
    if (!Number.isNaN(sum)) continue;
    for (let i = start; i < start + 64; i++) if (Number.isNaN(data[i])) return i;
  }
  for (let i = whole; i < data.length; i++) if (Number.isNaN(data[i])) return i;
  return -1;
}
