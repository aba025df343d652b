import { belowZero, checkInteger, checkLists } from './arguments.ts';
import type { RankedLists } from './columns.ts';
import { offsetsOf } from './gather.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { RADIX_COUNTS } from './sort.ts';

const DIGIT = 11;
const DIGIT_COUNTS = RADIX_COUNTS / 3;
const INFINITY_BITS = 0x7f800000;

/**
 * Sorts the values of several lists into one row, each with the tag of its list: what one λ misses of many scans is then
 * told by one place in the row.
 *
 * @param lists values from +0 on, in any order.
 * @param tags one per list, integers below tagCount; lists may share one.
 * @param tagCount 1 … 2³² − 1.
 * @param stride tags are counted every so many values, from 1.
 * @param allocate gives the memory for what is returned, an ordinary ArrayBuffer by default.
 * @returns arrays in one block of that memory, none on kernel memory.
 * @throws SemcrcError `bad-input` on wrong types, a NaN or a value below +0 (with its list and index), or a tag out of range.
 */
export function rankLists(
  k: Kernels,
  lists: readonly Float32Array[],
  tags: Uint32Array,
  tagCount: number,
  stride: number,
  allocate: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
): RankedLists {
  checkInteger('tagCount', tagCount, 1, 2 ** 32 - 1);
  checkInteger('stride', stride, 1, 2 ** 32 - 1);
  checkLists(lists, tags, tagCount);
  const instance = instanceOf(k);
  const { raw, memory } = instance;
  const offsets = offsetsOf(Uint32Array.from(lists, ({ length }) => length));
  const n = offsets[lists.length];
  const rows = Math.ceil(n / stride);
  const wide = tagCount > 0x10000;
  const scope = instance.open();
  try {
    const starts = lists.map(({ buffer, byteOffset }) => (buffer === memory.buffer ? byteOffset : null));
    const values = instance.take(n * 4);
    const pairs = instance.take(n * 8);
    const counts = instance.takeZeroed(RADIX_COUNTS);
    const view = new Float32Array(memory.buffer, values, n);
    for (let list = 0; list < lists.length; list++) {
      const start = starts[list];
      const length = offsets[list + 1] - offsets[list];
      // Taking room may have grown the memory and so detached views on it.
      view.set(start === null ? lists[list] : new Float32Array(memory.buffer, start, length), offsets[list]);
    }
    const least = raw.leastOf32(values, n) >>> 0;
    const largest = raw.largestOf32(values, n) >>> 0;
    if (largest > INFINITY_BITS) throw belowZero(view, offsets);

    raw.tallyKeys(values, n, least, counts);
    for (let digit = 0; digit < 3; digit++) raw.startsOfDigits(counts + digit * DIGIT_COUNTS);
    for (let list = 0; list < lists.length; list++) {
      const address = values + offsets[list] * 4;
      raw.takeKeys(address, offsets[list + 1] - offsets[list], least, tags[list], counts, pairs);
    }
    let last = 1;
    let sorted = pairs;
    if (n > 0 && largest - least >= 2 ** (2 * DIGIT)) {
      last = 2;
      sorted = instance.take(n * 8);
      raw.movePairs(pairs, n, counts + DIGIT_COUNTS, sorted);
    }
    const size = wide ? 4 : 2;
    const tagsOut = instance.take(n * size);
    const split = wide ? raw.splitPairs32 : raw.splitPairs16;
    split(sorted, n, last * DIGIT, least, counts + last * DIGIT_COUNTS, values, tagsOut);
    const table = instance.take((rows + 1) * tagCount * 4);
    instance.uint32(table, tagCount).fill(0);
    const countBefore = wide ? raw.countBefore32 : raw.countBefore16;
    countBefore(tagsOut, n, stride, tagCount, table);
    const tagsIn = (buffer: ArrayBufferLike, at: number) =>
      wide ? new Uint32Array(buffer, at, n) : new Uint16Array(buffer, at, n);
    const cells = (rows + 1) * tagCount;
    const block = allocate(n * 4 + cells * 4 + n * size);
    const result = {
      values: new Float32Array(block, 0, n),
      counts: new Uint32Array(block, n * 4, cells),
      tags: tagsIn(block, n * 4 + cells * 4),
    };
    result.values.set(new Float32Array(memory.buffer, values, n));
    result.counts.set(instance.uint32(table, cells));
    result.tags.set(tagsIn(memory.buffer, tagsOut));
    return result;
  } finally {
    instance.close(scope);
  }
}
