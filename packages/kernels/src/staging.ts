import { groupOutOfRange, partOutOfRange } from './arguments.ts';
import type { Groups } from './columns.ts';
import type { Instance } from './instance.ts';

/** Voxels per chunk: a chunk of a few columns stays in the second-level cache. */
export const CHUNK = 16384;

/**
 * An array argument as a kernel sees it. A view on kernel memory is used in place; any other array is staged: `load`
 * copies a chunk to scratch, `store` copies it back. Make all operands of a call before anything else takes memory,
 * since growing it detaches the views they were given as.
 */
export class Operand<T extends Float32Array | Float64Array | Uint8Array | Uint16Array | Uint32Array> {
  readonly length: number;
  readonly inPlace: boolean;
  /** Bytes of an element. */
  readonly size: number;
  readonly #array: T;
  readonly #address: number;
  #stage: T | undefined;
  #start = 0;
  #end = 0;
  readonly #instance: Instance;

  /** `stage`: scratch for a chunk, shared with operands never loaded at the same time; else the operand takes its own. */
  constructor(instance: Instance, array: T, stage?: number) {
    this.length = array.length;
    this.inPlace = array.buffer === instance.memory.buffer;
    this.#array = array;
    this.size = array.BYTES_PER_ELEMENT;
    this.#instance = instance;
    this.#address = this.inPlace
      ? array.byteOffset
      : (stage ?? instance.take(Math.min(CHUNK, array.length) * this.size));
  }

  /** The address of element `start`, valid for `count` ≤ CHUNK elements; staged arrays are copied in ahead. */
  load(start: number, count: number): number {
    if (this.inPlace) return this.#address + start * this.size;
    if (start < this.#start || start + count > this.#end) {
      this.#start = start;
      this.#end = Math.min(start + CHUNK, this.length);
      this.#view().set(this.#array.subarray(start, this.#end));
    }
    return this.#address + (start - this.#start) * this.size;
  }

  /** The address where a kernel may write elements from `start`; `store` must follow. */
  target(start: number): number {
    return this.inPlace ? this.#address + start * this.size : this.#address;
  }

  /** Copies what a kernel wrote to the address last given back to a staged array. */
  store(start: number, count: number): void {
    if (!this.inPlace) this.#array.set(this.#view().subarray(0, count), start);
  }

  #view(): T {
    const buffer = this.#instance.memory.buffer;
    if (this.#stage?.buffer !== buffer) {
      const View = this.#array.constructor as new (buffer: ArrayBuffer, address: number, length: number) => T;
      this.#stage = new View(buffer, this.#address, Math.min(CHUNK, this.length));
    }
    return this.#stage;
  }
}

/** Calls `body` with consecutive chunks [start, start + count) of n voxels. */
export function forEachChunk(n: number, body: (start: number, count: number) => void): void {
  for (let start = 0; start < n; start += CHUNK) body(start, Math.min(CHUNK, n - start));
}

/**
 * Calls `body` with consecutive pieces of every segment, cut at multiples of CHUNK from the segment's start: sums over
 * pieces come out the same to the bit whether the arrays are staged or in place.
 */
export function forEachPiece(
  offsets: Uint32Array,
  body: (segment: number, start: number, count: number) => void,
): void {
  for (let s = 0; s + 1 < offsets.length; s++) {
    const end = offsets[s + 1];
    for (let start = offsets[s]; start < end; start += CHUNK) body(s, start, Math.min(CHUNK, end - start));
  }
}

/**
 * Calls `body` with what each chunk holds of each segment, chunk after chunk: staged arrays are copied once, however
 * the segments are cut.
 */
export function forEachShare(
  offsets: Uint32Array,
  body: (segment: number, start: number, count: number) => void,
): void {
  const last = offsets.length - 1;
  let s = 0;
  for (let chunk = offsets[0]; chunk < offsets[last]; chunk += CHUNK) {
    const end = Math.min(chunk + CHUNK, offsets[last]);
    for (let start = chunk; start < end; start = Math.min(offsets[s + 1], end)) {
      while (offsets[s + 1] <= start) s++;
      body(s, start, Math.min(offsets[s + 1], end) - start);
    }
  }
}

/** A group column whose values are checked against groupCount as they are loaded. */
export class GroupOperand {
  readonly wide: boolean;
  readonly #instance: Instance;
  readonly #operand: Operand<Uint8Array | Uint16Array>;
  readonly #groupCount: number;

  constructor(instance: Instance, groups: Groups, groupCount: number) {
    this.wide = groups.BYTES_PER_ELEMENT === 2;
    this.#instance = instance;
    this.#operand = new Operand(instance, groups);
    this.#groupCount = groupCount;
  }

  /** The address of `count` ≤ CHUNK groups from `start`. @throws SemcrcError `bad-input` with the index of a bad one. */
  load(start: number, count: number): number {
    const address = this.#operand.load(start, count);
    const { raw, memory } = this.#instance;
    const largest = this.wide ? raw.largestGroup16(address, count) : raw.largestGroup8(address, count);
    if (largest >= this.#groupCount) {
      const View = this.wide ? Uint16Array : Uint8Array;
      const found = new View(memory.buffer, address, count) as Groups;
      const index = found.findIndex((group: number) => group >= this.#groupCount);
      throw groupOutOfRange(found[index], this.#groupCount, start + index);
    }
    return address;
  }

  /** As `load`, for groups that were checked in an earlier pass. */
  reload(start: number, count: number): number {
    return this.#operand.load(start, count);
  }
}

/**
 * The address of a plane's parts, one byte for each pixel, copied to scratch unless they lie on kernel memory. Their type
 * and count were checked.
 *
 * @throws SemcrcError `bad-input` when a part is not below partCount (with its index).
 */
export function takeParts(instance: Instance, parts: Uint8Array, partCount: number): number {
  const { length } = parts;
  const inPlace = parts.buffer === instance.memory.buffer;
  const address = inPlace ? parts.byteOffset : instance.takeCopy(parts);
  if (instance.raw.largestGroup8(address, length) >= partCount) {
    throw partOutOfRange(new Uint8Array(instance.memory.buffer, address, length), partCount);
  }
  return address;
}
