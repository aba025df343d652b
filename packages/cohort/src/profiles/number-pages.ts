import type { PagedNumbers } from '@semcrc/core';
import { alignedBytes, type ByteSource, readCheckedNow, refuse } from './bytes.ts';

/** Numbers of a page: 4 KiB of them, the unit that is read and has a checksum of its own. */
export const PAGE = 1024;

/** Pages of any number of files that fit in the memory they may take together, those read first making room. */
export class PageCache {
  readonly #most: number;
  readonly #pages = new Map<number, Float32Array>();
  #files = 0;

  /** @param bytes that pages may take together */
  constructor(bytes: number) {
    this.#most = Math.max(1, Math.floor(bytes / (4 * PAGE)));
  }

  /** Pages kept at present. */
  get size(): number {
    return this.#pages.size;
  }

  /** Lays a file behind those laid before. @param bytes its size @returns where it begins among all of them */
  lay(bytes: number): number {
    const start = this.#files;
    this.#files += bytes;
    return start;
  }

  /** The page at a place: where its file begins, and its offset there. */
  get(place: number, read: () => Float32Array): Float32Array {
    const known = this.#pages.get(place);
    if (known !== undefined) return known;
    const page = read();
    if (this.#pages.size >= this.#most) {
      const [oldest] = this.#pages.keys();
      this.#pages.delete(oldest as number);
    }
    this.#pages.set(place, page);
    return page;
  }
}

/** Where the pages of one file are kept. */
export interface FilePages {
  readonly cache: PageCache;
  /** Where the file begins among those laid in the cache. */
  readonly start: number;
}

/** What is known of sorted numbers before any of them is read, by page. */
export interface PageIndex {
  readonly length: number;
  /** First number of each page. */
  readonly firsts: Float32Array;
  /** Sum of the numbers before each page; undefined where sums are not asked for. */
  readonly sums: Float64Array | undefined;
  readonly checksums: Uint32Array;
}

/** Ascending lists of numbers in a file, read by page where they are looked at. */
export class NumberPages implements PagedNumbers {
  readonly length: number;
  readonly #index: PageIndex;
  readonly #source: ByteSource;
  readonly #offset: number;
  readonly #cache: PageCache;
  readonly #start: number;
  readonly #what: string;
  /** The page looked at last. */
  #at = -1;
  #page: Float32Array = new Float32Array(0);

  /** @param offset of the first number in the file @param pages the cache, and where the file begins in it @param what they are, for messages */
  constructor(
    source: ByteSource,
    offset: number,
    index: PageIndex,
    { cache, start }: FilePages,
    what: string,
  ) {
    this.length = index.length;
    this.#index = index;
    this.#source = source;
    this.#offset = offset;
    this.#cache = cache;
    this.#start = start;
    this.#what = what;
  }

  at(index: number): number {
    return this.#pageAt(Math.floor(index / PAGE))[index % PAGE] as number;
  }

  firstAbove(low: number, high: number, limit: number): number {
    if (low >= high) return low;
    const { firsts } = this.#index;
    // The last page of the list that begins with a number up to the limit: those before it hold none above.
    let page = Math.floor(low / PAGE);
    let after = Math.floor((high - 1) / PAGE) + 1;
    while (after - page > 1) {
      const middle = (page + after) >>> 1;
      if ((firsts[middle] as number) > limit) after = middle;
      else page = middle;
    }
    const numbers = this.#pageAt(page);
    const start = page * PAGE;
    let first = Math.max(low, start);
    let end = Math.min(high, start + PAGE);
    while (first < end) {
      const middle = (first + end) >>> 1;
      if ((numbers[middle - start] as number) > limit) end = middle;
      else first = middle + 1;
    }
    return first;
  }

  sumBefore(index: number): number {
    if (index === 0) return 0;
    const page = Math.floor((index - 1) / PAGE);
    let sum = (this.#index.sums as Float64Array)[page] as number;
    const numbers = this.#pageAt(page);
    const end = index - page * PAGE;
    for (let i = 0; i < end; i++) sum += numbers[i] as number;
    return sum;
  }

  read(from: number, to: number): Float32Array {
    const numbers = new Float32Array(to - from);
    for (let at = from; at < to; ) {
      const page = Math.floor(at / PAGE);
      const end = Math.min(to, (page + 1) * PAGE);
      // Long stretches are read once, in order: they would only drive out what is looked at again.
      const own = to - from > 4 * PAGE ? this.#readPage(page) : this.#pageAt(page);
      numbers.set(own.subarray(at - page * PAGE, end - page * PAGE), at - from);
      at = end;
    }
    return numbers;
  }

  #pageAt(page: number): Float32Array {
    if (page === this.#at) return this.#page;
    this.#page = this.#cache.get(this.#start + this.#offset + 4 * PAGE * page, () => this.#readPage(page));
    this.#at = page;
    return this.#page;
  }

  #readPage(page: number): Float32Array {
    const start = page * PAGE;
    const count = Math.min(PAGE, this.length - start);
    const checksum = this.#index.checksums[page] as number;
    const bytes = readCheckedNow(
      this.#source,
      this.#offset + 4 * start,
      4 * count,
      checksum,
      `page ${page + 1} of ${this.#what}`,
    );
    const { buffer, byteOffset } = alignedBytes(bytes);
    const numbers = new Float32Array(buffer, byteOffset, count);
    checkNumbers(numbers, this.#source.name, this.#what);
    return numbers;
  }
}

/** Refuses numbers that no profile has: they are positive and finite. */
export function checkNumbers(numbers: Float32Array, name: string, what: string): void {
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i] as number;
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      refuse(name, `${what}: expected positive numbers, found ${value}`);
    }
  }
}
