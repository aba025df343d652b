import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NumberPages, PAGE, PageCache } from '../src/profiles/number-pages.ts';

/** Ascending numbers of a file of their own, and how often a page of it was read. */
function fileOf(first: number, pages: number) {
  const numbers = Float32Array.from({ length: pages * PAGE }, (_, at) => first + at);
  const bytes = new Uint8Array(numbers.buffer);
  const pageBytes = (page: number) => bytes.slice(4 * PAGE * page, 4 * PAGE * (page + 1));
  const all = Array.from({ length: pages }, (_, page) => page);
  let reads = 0;
  const source = {
    name: `file ${first}`,
    size: bytes.length,
    crc32,
    read: async () => bytes,
    readNow(offset: number, length: number) {
      reads += 1;
      return bytes.slice(offset, offset + length);
    },
  };
  const index = {
    length: numbers.length,
    firsts: Float32Array.from(all, (page) => numbers[page * PAGE] as number),
    sums: undefined,
    checksums: Uint32Array.from(all, (page) => crc32(pageBytes(page))),
  };
  const open = (cache: PageCache) =>
    new NumberPages(source, 0, index, { cache, start: cache.lay(source.size) }, 'numbers');
  return { open, reads: () => reads };
}

describe('pages of several files', () => {
  it('take together what they may, however many files there are', () => {
    const cache = new PageCache(5 * 4 * PAGE);
    const files = Array.from({ length: 40 }, (_, at) => fileOf(1 + 1e5 * at, 3));
    const opened = files.map(({ open }) => open(cache));
    for (let round = 0; round < 2; round++) {
      for (const [at, numbers] of opened.entries()) {
        for (const index of [0, PAGE, 3 * PAGE - 1]) expect(numbers.at(index)).toBe(1 + 1e5 * at + index);
        expect(cache.size).toBeLessThanOrEqual(5);
      }
    }
  });

  it('are not taken one for another, and read once as long as they fit', () => {
    const cache = new PageCache(6 * 4 * PAGE);
    const files = [fileOf(1, 3), fileOf(1e5, 3)];
    const opened = files.map(({ open }) => open(cache));
    for (let round = 0; round < 3; round++) {
      for (const index of [0, PAGE + 1, 2 * PAGE + 2]) {
        expect(opened.map((numbers) => numbers.at(index))).toEqual([1 + index, 1e5 + index]);
      }
    }
    expect(files.map(({ reads }) => reads())).toEqual([3, 3]);
  });
});
