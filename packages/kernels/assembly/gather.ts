// Counting and gathering by group. Organs come in runs, so blocks of one group take a fast path.
import { sumLanes } from './score';

@inline
export function equalRun<T>(address: usize): bool {
  if (sizeof<T>() == 1) return i8x16.all_true(i8x16.eq(v128.load(address), i8x16.splat(load<i8>(address))));
  const v = i16x8.splat(load<i16>(address));
  const same = v128.and(i16x8.eq(v128.load(address), v), i16x8.eq(v128.load(address, 16), v));
  return i16x8.all_true(same);
}

@inline
function largest<T>(groups: usize, n: u32): u32 {
  const size = <usize>n * sizeof<T>();
  const wide = size & ~15;
  let top = i32x4.splat(0);
  let i: usize = 0;
  for (; i < wide; i += 16) {
    const v = v128.load(groups + i);
    top = sizeof<T>() == 1 ? i8x16.max_u(top, v) : i16x8.max_u(top, v);
  }
  let result: u32 = 0;
  for (; i < size; i += sizeof<T>()) result = max<u32>(result, load<T>(groups + i));
  // Fold the lanes: halves, quarters, then the single ones left in the first 32 bits.
  top = fold<T>(top, v128.shuffle<i32>(top, top, 2, 3, 0, 1));
  top = fold<T>(top, v128.shuffle<i32>(top, top, 1, 0, 3, 2));
  const word = <u32>i32x4.extract_lane(top, 0);
  if (sizeof<T>() == 1) {
    return max(max(max(word & 255, word >> 8 & 255), max(word >> 16 & 255, word >> 24)), result);
  }
  return max(max(word & 65535, word >> 16), result);
}

@inline
function fold<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 1 ? i8x16.max_u(a, b) : i16x8.max_u(a, b);
}

/** The largest group number of u8 groups (0 if n is 0). */
export function largestGroup8(groups: usize, n: u32): u32 {
  return largest<u8>(groups, n);
}

/** The largest group number of u16 groups (0 if n is 0). */
export function largestGroup16(groups: usize, n: u32): u32 {
  return largest<u16>(groups, n);
}

@inline
function bump(address: usize, by: u32): void {
  store<u32>(address, load<u32>(address) + by);
}

@inline
function count<T>(groups: usize, n: u32, counts: usize): void {
  const end = groups + <usize>n * sizeof<T>();
  const wide = groups + (<usize>n & ~15) * sizeof<T>();
  for (; groups < wide; groups += 16 * sizeof<T>()) {
    if (equalRun<T>(groups)) {
      bump(counts + (<usize>load<T>(groups) << 2), 16);
    } else {
      for (let j: usize = 0; j < 16 * sizeof<T>(); j += sizeof<T>()) {
        bump(counts + (<usize>load<T>(groups + j) << 2), 1);
      }
    }
  }
  for (; groups < end; groups += sizeof<T>()) bump(counts + (<usize>load<T>(groups) << 2), 1);
}

/** counts[group] += voxels of that group; u32 counts for every group number that occurs. */
export function countGroups8(groups: usize, n: u32, counts: usize): void {
  count<u8>(groups, n, counts);
}

/** As countGroups8 for u16 groups. */
export function countGroups16(groups: usize, n: u32, counts: usize): void {
  count<u16>(groups, n, counts);
}

/** Bytes per tile of countMarks: byte counters overflow after 255 steps of 16 lanes. */
export const TILE: u32 = 255 * 16;

/** counts[k] += bytes equal to k among n ≤ TILE marks, for each k < groupCount; n is a multiple of 16. */
export function countMarks(marks: usize, n: u32, groupCount: u32, counts: usize): void {
  const end = marks + n;
  const wide = marks + (n & ~63);
  for (let k: u32 = 0; k < groupCount; k++, counts += 4) {
    const group = i8x16.splat(<i8>k);
    let a = i8x16.splat(0);
    let p = marks;
    for (; p < wide; p += 64) {
      a = i8x16.sub(a, i8x16.eq(v128.load(p), group));
      a = i8x16.sub(a, i8x16.eq(v128.load(p, 16), group));
      a = i8x16.sub(a, i8x16.eq(v128.load(p, 32), group));
      a = i8x16.sub(a, i8x16.eq(v128.load(p, 48), group));
    }
    for (; p < end; p += 16) a = i8x16.sub(a, i8x16.eq(v128.load(p), group));
    bump(counts, sumLanes(i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(a))));
  }
}

/** As countGroups8 for at most 16 groups. */
export function countFewGroups8(groups: usize, n: u32, groupCount: u32, counts: usize): void {
  const wide = n & ~15;
  for (let j: u32 = 0; j < wide; j += TILE) countMarks(groups + j, min<u32>(TILE, wide - j), groupCount, counts);
  count<u8>(groups + wide, n & 15, counts);
}

@inline
function rank<T>(groups: usize, n: u32, cursors: usize, places: usize): void {
  const end = groups + <usize>n * sizeof<T>();
  const wide = groups + (<usize>n & ~15) * sizeof<T>();
  for (; groups < wide; groups += 16 * sizeof<T>(), places += 64) {
    if (equalRun<T>(groups)) {
      const cursor = cursors + (<usize>load<T>(groups) << 2);
      const place = load<u32>(cursor);
      store<u32>(cursor, place + 16);
      const v = i32x4.add(i32x4.splat(place), i32x4(0, 1, 2, 3));
      v128.store(places, v);
      v128.store(places, i32x4.add(v, i32x4.splat(4)), 16);
      v128.store(places, i32x4.add(v, i32x4.splat(8)), 32);
      v128.store(places, i32x4.add(v, i32x4.splat(12)), 48);
    } else {
      for (let j: usize = 0; j < 16; j++) {
        const cursor = cursors + (<usize>load<T>(groups + j * sizeof<T>()) << 2);
        const place = load<u32>(cursor);
        store<u32>(cursor, place + 1);
        store<u32>(places + (j << 2), place);
      }
    }
  }
  for (; groups < end; groups += sizeof<T>(), places += 4) {
    const cursor = cursors + (<usize>load<T>(groups) << 2);
    const place = load<u32>(cursor);
    store<u32>(cursor, place + 1);
    store<u32>(places, place);
  }
}

/** places[j] = cursors[group of j]++ : where a stable counting sort puts voxel j. */
export function rank8(groups: usize, n: u32, cursors: usize, places: usize): void {
  rank<u8>(groups, n, cursors, places);
}

/** As rank8 for u16 groups. */
export function rank16(groups: usize, n: u32, cursors: usize, places: usize): void {
  rank<u16>(groups, n, cursors, places);
}

/** out[places[j]] = column[j]. */
export function scatter(column: usize, places: usize, out: usize, n: u32): void {
  const end = column + (<usize>n << 2);
  const wide = column + ((<usize>n & ~3) << 2);
  for (; column < wide; column += 16, places += 16) {
    const place = v128.load(places);
    const first = load<u32>(places);
    const run = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
    if (i32x4.all_true(i32x4.eq(place, run))) {
      v128.store(out + (<usize>first << 2), v128.load(column));
    } else {
      store<u32>(out + (<usize>first << 2), load<u32>(column));
      store<u32>(out + (<usize>load<u32>(places, 4) << 2), load<u32>(column, 4));
      store<u32>(out + (<usize>load<u32>(places, 8) << 2), load<u32>(column, 8));
      store<u32>(out + (<usize>load<u32>(places, 12) << 2), load<u32>(column, 12));
    }
  }
  for (; column < end; column += 4, places += 4) {
    store<u32>(out + (<usize>load<u32>(places) << 2), load<u32>(column));
  }
}
