import { SemcrcError } from './error.ts';

/** Bytes of a WebAssembly page. */
export const PAGE = 65536;
const LINE = 64;
/** Arrays of this many bytes and more are set apart, so that equal indices of them never share a cache set. */
const LARGE = 65536;
const STAGGER = 4096 + 5 * LINE;
/** Memory grows in steps of 4 MiB; pages never touched cost nothing. */
const STEP = 64;

/** The most one WebAssembly memory can hold: 4 GiB. The last page stays unused, so that no end address wraps to 0. */
export const MAXIMUM_PAGES = 65536;

/** What the kernels need of a `WebAssembly.Memory`, in words that need no types of a browser's. */
export interface KernelMemory {
  /** Detached and replaced when the memory grows. */
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB; returns how many there were. */
  grow(pages: number): number;
}

/** An array on kernel memory. */
export interface Block<T> {
  /** The array; re-made after memory grew (growing detaches views, so read `view` anew after calls that allocate). */
  readonly view: T;
  /** Elements, not bytes. */
  readonly length: number;
}

type ViewConstructor<T> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => T;

/**
 * Arrays on kernel memory with stack discipline: `release(mark)` frees everything allocated since `mark()`. Kernels
 * use such arrays in place, without a copy. New arrays are 16-byte aligned and staggered (large arrays a power of two
 * apart would collide in cache); their contents are whatever was there before. Memory grows as needed up to 4 GiB and
 * never shrinks.
 */
export class Arena {
  readonly #memory: KernelMemory;
  readonly #base: number;
  #top: number;

  /** @internal */
  constructor(memory: KernelMemory, base: number) {
    this.#memory = memory;
    this.#base = base;
    this.#top = base;
  }

  /** Room for `length` f32 values. */
  float32(length: number): Block<Float32Array> {
    return this.#block(Float32Array, 4, length);
  }

  /** Room for `length` f64 values. */
  float64(length: number): Block<Float64Array> {
    return this.#block(Float64Array, 8, length);
  }

  /** Room for `length` u32 values. */
  uint32(length: number): Block<Uint32Array> {
    return this.#block(Uint32Array, 4, length);
  }

  /** Room for `length` u16 values. */
  uint16(length: number): Block<Uint16Array> {
    return this.#block(Uint16Array, 2, length);
  }

  /** Room for `length` bytes. */
  uint8(length: number): Block<Uint8Array> {
    return this.#block(Uint8Array, 1, length);
  }

  /** The present height of the stack, for `release`. */
  mark(): number {
    return this.#top;
  }

  /** Frees every array allocated since `mark`; their blocks must not be used any more. */
  release(mark: number): void {
    if (!(mark >= this.#base && mark <= this.#top)) {
      throw new SemcrcError('usage', `release(${mark}) is outside the arena (${this.#base} to ${this.#top})`);
    }
    this.#top = mark;
  }

  /** Bytes at the returned address, 16-byte aligned. @internal */
  allocate(bytes: number): number {
    const gap = bytes >= LARGE ? STAGGER : 0;
    const address = Math.ceil((this.#top + gap) / LINE) * LINE;
    const end = address + bytes;
    this.#reserve(end);
    this.#top = end;
    return address;
  }

  #reserve(end: number): void {
    const pages = this.#memory.buffer.byteLength / PAGE;
    const needed = Math.ceil(end / PAGE);
    if (needed <= pages) return;
    const target = Math.min(Math.max(needed, pages + STEP), MAXIMUM_PAGES - 1);
    try {
      if (needed >= MAXIMUM_PAGES) throw new RangeError('beyond 4 GiB');
      this.#memory.grow(target - pages);
    } catch (cause) {
      throw new SemcrcError(
        'unsupported',
        `kernel memory cannot grow to ${Math.ceil(end / 2 ** 20)} MiB (one memory holds at most 4096 MiB); ` +
          'release arrays no longer needed, or pass fewer voxels at once',
        { cause, data: { bytes: end } },
      );
    }
  }

  #block<T extends { readonly buffer: ArrayBufferLike }>(
    View: ViewConstructor<T>,
    size: number,
    length: number,
  ): Block<T> {
    if (!Number.isInteger(length) || length < 0) {
      throw new SemcrcError('usage', `an array length must be a whole number from 0, found ${length}`);
    }
    const memory = this.#memory;
    const address = this.allocate(length * size);
    let view = new View(memory.buffer, address, length);
    return {
      length,
      get view(): T {
        if (view.buffer !== memory.buffer) view = new View(memory.buffer, address, length);
        return view;
      },
    };
  }
}
