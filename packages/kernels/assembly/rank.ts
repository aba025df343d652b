// Ranking: the values of several lists in one row, ascending, each with the tag of its list. Bits of f32 that are not
// negative order as integers; digits of 11 bits are taken of how far they lie above the least.
import { take, tally } from './sort';

/** Counts the two low digits and the high one of n keys at `counts`, 3 × 2048 u32. */
export function tallyKeys(values: usize, n: u32, least: u32, counts: usize): void {
  for (let end = values + (<usize>n << 2); values < end; values += 4) {
    const key = load<u32>(values) - least;
    tally(counts + ((key & 2047) << 2));
    tally(counts + 8192 + ((key >>> 11 & 2047) << 2));
    tally(counts + 16384 + ((key >>> 22) << 2));
  }
}

/** Puts n keys of one list, each with the list's tag, at the cursors of their lowest digits. */
export function takeKeys(values: usize, n: u32, least: u32, tag: u32, cursors: usize, pairs: usize): void {
  for (let end = values + (<usize>n << 2); values < end; values += 4) {
    const key = load<u32>(values) - least;
    const place = take(cursors + ((key & 2047) << 2));
    store<u64>(pairs + (place << 3), <u64>key | <u64>tag << 32);
  }
}

/** Moves pairs to the cursors of their middle digits. */
export function movePairs(pairs: usize, n: u32, cursors: usize, out: usize): void {
  for (let end = pairs + (<usize>n << 3); pairs < end; pairs += 8) {
    const pair = load<u64>(pairs);
    const place = take(cursors + ((<usize>pair >>> 11 & 2047) << 2));
    store<u64>(out + (place << 3), pair);
  }
}

/** Writes what pairs hold at the cursors of a digit, which is their last: values again, and tags apart. */
@inline
function splitPairs<T>(
  pairs: usize, n: u32, shift: u32, least: u32, cursors: usize, values: usize, tags: usize,
): void {
  for (let end = pairs + (<usize>n << 3); pairs < end; pairs += 8) {
    const key = load<u32>(pairs);
    const place = take(cursors + ((key >>> shift & 2047) << 2));
    store<u32>(values + (place << 2), key + least);
    store<T>(tags + place * sizeof<T>(), <T>load<u32>(pairs, 4));
  }
}

/** splitPairs for u16 tags. */
export function splitPairs16(
  pairs: usize, n: u32, shift: u32, least: u32, cursors: usize, values: usize, tags: usize,
): void {
  splitPairs<u16>(pairs, n, shift, least, cursors, values, tags);
}

/** splitPairs for u32 tags. */
export function splitPairs32(
  pairs: usize, n: u32, shift: u32, least: u32, cursors: usize, values: usize, tags: usize,
): void {
  splitPairs<u32>(pairs, n, shift, least, cursors, values, tags);
}

/** How often each tag occurs before every `stride`th entry and after the last: rows of tagCount u32, the first of zeros. */
@inline
function countBefore<T>(tags: usize, n: u32, stride: u32, tagCount: u32, rows: usize): void {
  const bytes = <usize>tagCount << 2;
  for (let start: u32 = 0; start < n; start += stride) {
    const row = rows + bytes;
    memory.copy(row, rows, bytes);
    rows = row;
    const end = min(n - start, stride);
    for (let j: u32 = 0; j < end; j++, tags += sizeof<T>()) tally(rows + (<usize>load<T>(tags) << 2));
  }
}

/** countBefore for u16 tags. */
export function countBefore16(tags: usize, n: u32, stride: u32, tagCount: u32, rows: usize): void {
  countBefore<u16>(tags, n, stride, tagCount, rows);
}

/** countBefore for u32 tags. */
export function countBefore32(tags: usize, n: u32, stride: u32, tagCount: u32, rows: usize): void {
  countBefore<u32>(tags, n, stride, tagCount, rows);
}
