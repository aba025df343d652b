// Radix sort of f32 by order-preserving keys; callers refuse NaN.
import { bitsOf, keyOf } from './key';

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

/** Turns 2048 counts into the first place of each. */
export function starts(counts: usize): void {
  let sum: u32 = 0;
  for (let end = counts + 8192; counts < end; counts += 4) {
    const count = load<u32>(counts);
    store<u32>(counts, sum);
    sum += count;
  }
}
