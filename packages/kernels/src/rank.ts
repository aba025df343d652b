import { belowZero, checkInteger, checkLists } from './arguments.ts';
import type { RankedLists } from './columns.ts';
import { offsetsOf } from './gather.ts';
import { instanceOf, type Kernels } from './instance.ts';

const INFINITY_BITS = 0x7f800000;

/**
 * Tells the list of each value of several lists in ascending order of values: what one λ misses of many scans is then told
 * by one place in a row.
 *
 * @param lists values from +0 on, in any order.
 * @param stride values are counted by list every so many, from 1.
 * @param allocate gives the memory for what is returned, an ordinary ArrayBuffer by default.
 * @returns arrays in one block of that memory, none on kernel memory.
 * @throws SemcrcError `bad-input` on wrong types, a NaN or a value below +0 (with its list and index).
 */
export function rankLists(
  k: Kernels,
  lists: readonly Float32Array[],
  stride: number,
  allocate: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
): RankedLists {
  checkInteger('stride', stride, 1, 2 ** 32 - 1);
  checkLists(lists);
  const instance = instanceOf(k);
  const { raw, memory } = instance;
  const offsets = offsetsOf(Uint32Array.from(lists, ({ length }) => length));
  const listCount = lists.length;
  const n = offsets[listCount];
  const cells = (Math.ceil(n / stride) + 1) * listCount;
  const wide = listCount > 0x10000;
  const size = wide ? 4 : 2;
  const scope = instance.open();
  try {
    const starts = lists.map(({ buffer, byteOffset }) => (buffer === memory.buffer ? byteOffset : null));
    const values = instance.take(n * 4);
    const view = new Float32Array(memory.buffer, values, n);
    for (let list = 0; list < listCount; list++) {
      const start = starts[list];
      const length = offsets[list + 1] - offsets[list];
      // Taking room may have grown the memory and so detached views on it.
      view.set(start === null ? lists[list] : new Float32Array(memory.buffer, start, length), offsets[list]);
    }
    const least = raw.leastOf32(values, n) >>> 0;
    const largest = raw.largestOf32(values, n) >>> 0;
    if (largest > INFINITY_BITS) throw belowZero(view, offsets);

    const bits = n === 0 ? 0 : 32 - Math.clz32(largest - least);
    const width = bits >> 1;
    const lowDigits = 2 ** width;
    const highDigits = 2 ** (bits - width);
    const low = instance.takeZeroed((lowDigits + highDigits) * 4);
    const high = low + lowDigits * 4;
    raw.tallyKeys(values, n, least, width, low);
    raw.startsOf(low, lowDigits);
    raw.startsOf(high, highDigits);
    const entries = instance.take(n * 2 * size);
    const takeKeys = wide ? raw.takeKeys32 : raw.takeKeys16;
    for (let list = 0; list < listCount; list++) {
      const address = values + offsets[list] * 4;
      takeKeys(address, offsets[list + 1] - offsets[list], least, width, list, low, entries);
    }
    const ranked = instance.take(n * size);
    const placeLists = wide ? raw.placeLists32 : raw.placeLists16;
    placeLists(entries, n, high, ranked);
    const table = instance.take(cells * 4);
    instance.uint32(table, listCount).fill(0);
    const countBefore = wide ? raw.countBefore32 : raw.countBefore16;
    countBefore(ranked, n, stride, listCount, table);

    const block = allocate(cells * 4 + n * size);
    const listsIn = (buffer: ArrayBufferLike, at: number) =>
      wide ? new Uint32Array(buffer, at, n) : new Uint16Array(buffer, at, n);
    const result = { counts: new Uint32Array(block, 0, cells), list: listsIn(block, cells * 4) };
    result.counts.set(instance.uint32(table, cells));
    result.list.set(listsIn(memory.buffer, ranked));
    return result;
  } finally {
    instance.close(scope);
  }
}
