// Profiles: the positive scores, bucketed by group and sorted inside each. Bits of positive f32 order as integers.
import { starts, take, tally } from './sort';

/** Whether the four groups at an address are all `group`. */
@inline
export function fourOf<T>(address: usize, group: u32): bool {
  if (sizeof<T>() == 1) return load<u32>(address) == group * 0x01010101;
  return load<u64>(address) == <u64>group * 0x0001000100010001;
}

/** counts[2·group + (score > 0)]++ for every voxel. Four of one group, as organs come, are counted at once. */
@inline
function countPositive<T>(scores: usize, groups: usize, n: u32, counts: usize): void {
  const zero = f32x4.splat(0);
  const end = scores + (<usize>n << 2);
  const wide = scores + (<usize>(n & ~3) << 2);
  for (; scores < wide; scores += 16, groups += 4 * sizeof<T>()) {
    const group = <u32>load<T>(groups);
    if (fourOf<T>(groups, group)) {
      const positive = <u64>popcnt<u32>(i32x4.bitmask(f32x4.gt(v128.load(scores), zero)));
      const address = counts + (<usize>group << 3);
      store<u64>(address, load<u64>(address) + (4 - positive | positive << 32));
    } else {
      for (let j: usize = 0; j < 4; j++) {
        const pair = counts + (<usize>load<T>(groups + j * sizeof<T>()) << 3);
        tally(pair | <usize>(load<f32>(scores + (j << 2)) > 0) << 2);
      }
    }
  }
  for (; scores < end; scores += 4, groups += sizeof<T>()) {
    tally(counts + (<usize>load<T>(groups) << 3 | <usize>(load<f32>(scores) > 0) << 2));
  }
}

/** Voxels not positive and positive of each u8 group. */
export function countPositive8(scores: usize, groups: usize, n: u32, counts: usize): void {
  countPositive<u8>(scores, groups, n, counts);
}

/** Voxels not positive and positive of each u16 group. */
export function countPositive16(scores: usize, groups: usize, n: u32, counts: usize): void {
  countPositive<u16>(scores, groups, n, counts);
}

/** Puts every positive score, and with `pairs` its voxel index after it, at the cursor of its group. */
@inline
function takePositive<T>(scores: usize, groups: usize, n: u32, base: u32, cursors: usize, out: usize, pairs: bool): void {
  const zero = f32x4.splat(0);
  const wide = n & ~3;
  let j: u32 = 0;
  for (; j < wide; j += 4) {
    let positive = i32x4.bitmask(f32x4.gt(v128.load(scores + (<usize>j << 2)), zero));
    while (positive) {
      const at = j + ctz(positive);
      positive &= positive - 1;
      const place = take(cursors + (<usize>load<T>(groups + <usize>at * sizeof<T>()) << 2));
      put(out, place, load<u32>(scores + (<usize>at << 2)), base + at, pairs);
    }
  }
  for (; j < n; j++) {
    if (!(load<f32>(scores + (<usize>j << 2)) > 0)) continue;
    const place = take(cursors + (<usize>load<T>(groups + <usize>j * sizeof<T>()) << 2));
    put(out, place, load<u32>(scores + (<usize>j << 2)), base + j, pairs);
  }
}

@inline
function put(out: usize, place: usize, bits: u32, index: u32, pairs: bool): void {
  if (pairs) {
    store<u32>(out + (place << 3), bits);
    store<u32>(out + (place << 3), index, 4);
  } else {
    store<u32>(out + (place << 2), bits);
  }
}

/** Pairs (score bits, base + j) of positive scores into the buckets of u8 groups. */
export function takePositive8(scores: usize, groups: usize, n: u32, base: u32, cursors: usize, pairs: usize): void {
  takePositive<u8>(scores, groups, n, base, cursors, pairs, true);
}

/** As takePositive8 for u16 groups. */
export function takePositive16(scores: usize, groups: usize, n: u32, base: u32, cursors: usize, pairs: usize): void {
  takePositive<u16>(scores, groups, n, base, cursors, pairs, true);
}

/** Positive scores alone into the buckets of u8 groups. */
export function takePositiveScores8(scores: usize, groups: usize, n: u32, cursors: usize, out: usize): void {
  takePositive<u8>(scores, groups, n, 0, cursors, out, false);
}

/** As takePositiveScores8 for u16 groups. */
export function takePositiveScores16(scores: usize, groups: usize, n: u32, cursors: usize, out: usize): void {
  takePositive<u16>(scores, groups, n, 0, cursors, out, false);
}

/** Up to this many entries insertion sort is quicker than clearing histograms. */
const FEW: u32 = 64;

/**
 * Sorts each bucket of pairs stably by score and writes scores and indices apart. `offsets` are the buckets'
 * groupCount + 1 borders; `spare` holds the pairs of the largest bucket, `counts` 3 × 2048 u32.
 */
export function sortPairs(
  pairs: usize, spare: usize, offsets: usize, groupCount: u32, counts: usize, scores: usize, indices: usize,
): void {
  for (let g: u32 = 0; g < groupCount; g++) {
    const first = <usize>load<u32>(offsets + (<usize>g << 2));
    const n = load<u32>(offsets + (<usize>g << 2), 4) - <u32>first;
    if (n <= FEW) insertPairs(pairs + (first << 3), n, scores + (first << 2), indices + (first << 2));
    else radixPairs(pairs + (first << 3), spare, n, counts, scores + (first << 2), indices + (first << 2));
  }
}

function insertPairs(pairs: usize, n: u32, scores: usize, indices: usize): void {
  for (let j: usize = 0; j < n; j++) {
    const bits = load<u32>(pairs + (j << 3));
    let q = j;
    for (; q > 0 && load<u32>(scores + (q << 2) - 4) > bits; q--) {
      store<u32>(scores + (q << 2), load<u32>(scores + (q << 2) - 4));
      store<u32>(indices + (q << 2), load<u32>(indices + (q << 2) - 4));
    }
    store<u32>(scores + (q << 2), bits);
    store<u32>(indices + (q << 2), load<u32>(pairs + (j << 3), 4));
  }
}

function radixPairs(pairs: usize, spare: usize, n: u32, counts: usize, scores: usize, indices: usize): void {
  memory.fill(counts, 0, 3 * 8192);
  const end = pairs + (<usize>n << 3);
  for (let p = pairs; p < end; p += 8) tallyDigits(load<u32>(p), counts);
  starts(counts);
  starts(counts + 8192);
  starts(counts + 16384);
  for (let p = pairs; p < end; p += 8) {
    const pair = load<u64>(p);
    store<u64>(spare + (take(counts + ((<usize>pair & 2047) << 2)) << 3), pair);
  }
  const spareEnd = spare + (<usize>n << 3);
  for (let p = spare; p < spareEnd; p += 8) {
    const pair = load<u64>(p);
    store<u64>(pairs + (take(counts + 8192 + ((<usize>pair >>> 11 & 2047) << 2)) << 3), pair);
  }
  for (let p = pairs; p < end; p += 8) {
    const bits = load<u32>(p);
    const place = take(counts + 16384 + ((bits >>> 22) << 2));
    store<u32>(scores + (place << 2), bits);
    store<u32>(indices + (place << 2), load<u32>(p, 4));
  }
}

/** As sortPairs for scores alone, in place. `spare` holds the scores of the largest bucket. */
export function sortScores(scores: usize, spare: usize, offsets: usize, groupCount: u32, counts: usize): void {
  for (let g: u32 = 0; g < groupCount; g++) {
    const first = <usize>load<u32>(offsets + (<usize>g << 2));
    const n = load<u32>(offsets + (<usize>g << 2), 4) - <u32>first;
    if (n <= FEW) insertScores(scores + (first << 2), n);
    else radixScores(scores + (first << 2), spare, n, counts);
  }
}

function insertScores(scores: usize, n: u32): void {
  for (let j: usize = 1; j < n; j++) {
    const bits = load<u32>(scores + (j << 2));
    let q = j;
    for (; q > 0 && load<u32>(scores + (q << 2) - 4) > bits; q--) {
      store<u32>(scores + (q << 2), load<u32>(scores + (q << 2) - 4));
    }
    store<u32>(scores + (q << 2), bits);
  }
}

function radixScores(scores: usize, spare: usize, n: u32, counts: usize): void {
  memory.fill(counts, 0, 3 * 8192);
  const end = scores + (<usize>n << 2);
  for (let p = scores; p < end; p += 4) tallyDigits(load<u32>(p), counts);
  starts(counts);
  starts(counts + 8192);
  starts(counts + 16384);
  for (let p = scores; p < end; p += 4) {
    const bits = load<u32>(p);
    store<u32>(spare + (take(counts + ((bits & 2047) << 2)) << 2), bits);
  }
  const spareEnd = spare + (<usize>n << 2);
  for (let p = spare; p < spareEnd; p += 4) {
    const bits = load<u32>(p);
    store<u32>(scores + (take(counts + 8192 + ((bits >>> 11 & 2047) << 2)) << 2), bits);
  }
  for (let p = scores; p < end; p += 4) {
    const bits = load<u32>(p);
    store<u32>(spare + (take(counts + 16384 + ((bits >>> 22) << 2)) << 2), bits);
  }
  memory.copy(scores, spare, <usize>n << 2);
}

@inline
function tallyDigits(bits: u32, counts: usize): void {
  tally(counts + ((bits & 2047) << 2));
  tally(counts + 8192 + ((bits >>> 11 & 2047) << 2));
  tally(counts + 16384 + ((bits >>> 22) << 2));
}
