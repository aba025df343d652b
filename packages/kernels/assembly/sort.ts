// Radix sort and select of f32 by order-preserving keys; callers refuse NaN.
import { bitsOf, keyLanes, keyOf } from './key';

/** Up to this many values insertion sort is quicker than clearing histograms. */
const FEW: u32 = 64;

/** Sorts n values at `values` ascending, −0 before +0. `spare` holds n values, `counts` 3 × 2048 u32. */
export function radixSort(values: usize, spare: usize, n: u32, counts: usize): void {
  if (n <= FEW) {
    insertionSort(values, n);
    return;
  }
  const end = values + (<usize>n << 2);
  memory.fill(counts, 0, 3 * 8192);
  for (let p = values; p < end; p += 4) {
    const key = keyOf(load<u32>(p));
    store<u32>(p, key);
    tally(counts + ((key & 2047) << 2));
    tally(counts + 8192 + ((key >>> 11 & 2047) << 2));
    tally(counts + 16384 + ((key >>> 22) << 2));
  }
  starts(counts);
  starts(counts + 8192);
  starts(counts + 16384);
  for (let p = values; p < end; p += 4) {
    const key = load<u32>(p);
    store<u32>(spare + (take(counts + ((key & 2047) << 2)) << 2), key);
  }
  const spareEnd = spare + (<usize>n << 2);
  for (let p = spare; p < spareEnd; p += 4) {
    const key = load<u32>(p);
    store<u32>(values + (take(counts + 8192 + ((key >>> 11 & 2047) << 2)) << 2), key);
  }
  for (let p = values; p < end; p += 4) {
    const key = load<u32>(p);
    store<u32>(spare + (take(counts + 16384 + ((key >>> 22) << 2)) << 2), bitsOf(key));
  }
  memory.copy(values, spare, <usize>n << 2);
}

function insertionSort(values: usize, n: u32): void {
  const end = values + (<usize>n << 2);
  for (let p = values + 4; p < end; p += 4) {
    const bits = load<u32>(p);
    const key = keyOf(bits);
    let q = p;
    for (; q > values && keyOf(load<u32>(q - 4)) > key; q -= 4) store<u32>(q, load<u32>(q - 4));
    store<u32>(q, bits);
  }
}

/** Adds one to a u32 counter. */
@inline
export function tally(address: usize): void {
  store<u32>(address, load<u32>(address) + 1);
}

/** Returns a u32 cursor and moves it on. */
@inline
export function take(address: usize): usize {
  const place = load<u32>(address);
  store<u32>(address, place + 1);
  return place;
}

/** Turns n counts into the first place of each. */
export function startsOf(counts: usize, n: u32): void {
  let sum: u32 = 0;
  for (let end = counts + (<usize>n << 2); counts < end; counts += 4) {
    const count = load<u32>(counts);
    store<u32>(counts, sum);
    sum += count;
  }
}

/** Turns 2048 counts into the first place of each. */
export function starts(counts: usize): void {
  startsOf(counts, 2048);
}

/**
 * Adds to `counts` (2048 u32) how often each digit occurs among values whose key starts with `prefix`: bits 21…31
 * (level 0, no prefix), then 10…20 (level 1), then 0…9 (level 2).
 */
export function selectDigit(values: usize, n: u32, level: u32, prefix: u32, counts: usize): void {
  if (level == 0) {
    const end = values + (<usize>n << 2);
    for (; values < end; values += 4) tally(counts + ((keyOf(load<u32>(values)) >>> 21) << 2));
    return;
  }
  const prefixShift = level == 1 ? 21 : 10;
  const digitShift = level == 1 ? 10 : 0;
  const digitMask: u32 = level == 1 ? 2047 : 1023;
  const wanted = i32x4.splat(prefix);
  const wide = n & ~3;
  let j: u32 = 0;
  for (; j < wide; j += 4, values += 16) {
    const keys = keyLanes(v128.load(values));
    let hits = i32x4.bitmask(i32x4.eq(i32x4.shr_u(keys, prefixShift), wanted));
    while (hits) {
      const key = keyOf(load<u32>(values + (<usize>ctz(hits) << 2)));
      hits &= hits - 1;
      tally(counts + ((key >>> digitShift & digitMask) << 2));
    }
  }
  for (; j < n; j++, values += 4) {
    const key = keyOf(load<u32>(values));
    if (key >>> prefixShift == prefix) tally(counts + ((key >>> digitShift & digitMask) << 2));
  }
}
