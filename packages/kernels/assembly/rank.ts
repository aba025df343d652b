// Ranking: which list each value of several lists is of, in ascending order of values. Bits of f32 that are not negative
// order as integers; a key is how far they lie above the least, and has two digits. Once keys lie in the order of their
// low digit, an entry needs the high one alone, beside the list.
import { take, tally } from './sort';

/** Counts the low digits of n keys, `width` bits each, at `counts`, then the high ones. */
export function tallyKeys(values: usize, n: u32, least: u32, width: u32, counts: usize): void {
  const mask = (<u32>1 << width) - 1;
  const high = counts + (<usize>4 << width);
  for (let end = values + (<usize>n << 2); values < end; values += 4) {
    const key = load<u32>(values) - least;
    tally(counts + ((key & mask) << 2));
    tally(high + (key >>> width << 2));
  }
}

/** Puts an entry for each of a list's n keys at the cursor of its low digit: the high digit above, the list below. */
@inline
function takeKeys<Entry>(
  values: usize, n: u32, least: u32, width: u32, list: u32, cursors: usize, entries: usize,
): void {
  const mask = (<u32>1 << width) - 1;
  for (let end = values + (<usize>n << 2); values < end; values += 4) {
    const key = load<u32>(values) - least;
    const place = take(cursors + ((key & mask) << 2));
    const entry = <Entry>(key >>> width) << <Entry>(sizeof<Entry>() << 2) | <Entry>list;
    store<Entry>(entries + place * sizeof<Entry>(), entry);
  }
}

/** takeKeys for u16 lists. */
export function takeKeys16(
  values: usize, n: u32, least: u32, width: u32, list: u32, cursors: usize, entries: usize,
): void {
  takeKeys<u32>(values, n, least, width, list, cursors, entries);
}

/** takeKeys for u32 lists. */
export function takeKeys32(
  values: usize, n: u32, least: u32, width: u32, list: u32, cursors: usize, entries: usize,
): void {
  takeKeys<u64>(values, n, least, width, list, cursors, entries);
}

/** Writes the list of each of n entries at the cursor of its high digit. */
@inline
function placeLists<Entry, List>(entries: usize, n: u32, cursors: usize, lists: usize): void {
  for (let end = entries + n * sizeof<Entry>(); entries < end; entries += sizeof<Entry>()) {
    const entry = load<Entry>(entries);
    const place = take(cursors + (<usize>(entry >>> <Entry>(sizeof<Entry>() << 2)) << 2));
    store<List>(lists + place * sizeof<List>(), <List>entry);
  }
}

/** placeLists for u16 lists. */
export function placeLists16(entries: usize, n: u32, cursors: usize, lists: usize): void {
  placeLists<u32, u16>(entries, n, cursors, lists);
}

/** placeLists for u32 lists. */
export function placeLists32(entries: usize, n: u32, cursors: usize, lists: usize): void {
  placeLists<u64, u32>(entries, n, cursors, lists);
}

/** How many values each list has before every `stride`th and after the last: rows of listCount u32, the first of zeros. */
@inline
function countBefore<List>(lists: usize, n: u32, stride: u32, listCount: u32, rows: usize): void {
  const bytes = <usize>listCount << 2;
  for (let start: u32 = 0; start < n; start += stride) {
    const row = rows + bytes;
    memory.copy(row, rows, bytes);
    rows = row;
    const end = min(n - start, stride);
    for (let j: u32 = 0; j < end; j++, lists += sizeof<List>()) tally(rows + (<usize>load<List>(lists) << 2));
  }
}

/** countBefore for u16 lists. */
export function countBefore16(lists: usize, n: u32, stride: u32, listCount: u32, rows: usize): void {
  countBefore<u16>(lists, n, stride, listCount, rows);
}

/** countBefore for u32 lists. */
export function countBefore32(lists: usize, n: u32, stride: u32, listCount: u32, rows: usize): void {
  countBefore<u32>(lists, n, stride, listCount, rows);
}
