// Coverage sweep: one pass finds for every voxel how many grid points lie below its score.
import { keyOf } from './key';

/**
 * histogram[group·(gridLength + 1) + b]++ for every voxel with b > 0 grid points strictly below its score (all of
 * them for NaN). The caller's table narrows the search: grid points whose key has top bits below `firstBucket + t`
 * number table[t], for t = 0 … bucketCount, top bits being key >>> shift.
 */
@inline
function sweep<T>(
  scores: usize, groups: usize, n: u32, grid: usize, gridLength: u32,
  table: usize, firstBucket: u32, bucketCount: u32, shift: u32, histogram: usize,
): void {
  const lowest = load<f32>(grid);
  const level = f32x4.splat(lowest);
  const row = <usize>(gridLength + 1) << 2;
  const wide = n & ~3;
  let j: u32 = 0;
  for (; j < wide; j += 4) {
    let missed = i32x4.bitmask(f32x4.le(v128.load(scores + (<usize>j << 2)), level)) ^ 15;
    while (missed) {
      const at = <usize>j + <usize>ctz(missed);
      missed &= missed - 1;
      const group = <usize>load<T>(groups + at * sizeof<T>());
      const b = below(load<f32>(scores + (at << 2)), grid, gridLength, table, firstBucket, bucketCount, shift);
      const counter = histogram + group * row + (<usize>b << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
  }
  for (; j < n; j++) {
    const score = load<f32>(scores + (<usize>j << 2));
    if (score <= lowest) continue;
    const group = <usize>load<T>(groups + <usize>j * sizeof<T>());
    const counter = histogram + group * row + (<usize>below(score, grid, gridLength, table, firstBucket, bucketCount, shift) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
}

/** Grid points strictly below a score that is above the first of them; all of them for NaN. */
@inline
function below(
  score: f32, grid: usize, gridLength: u32, table: usize, firstBucket: u32, bucketCount: u32, shift: u32,
): u32 {
  if (score != score) return gridLength;
  const bucket = (keyOf(reinterpret<u32>(score)) >>> shift) - firstBucket;
  if (bucket >= bucketCount) return gridLength;
  let low = load<u32>(table + (<usize>bucket << 2));
  let high = load<u32>(table + (<usize>bucket << 2), 4);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<f32>(grid + (<usize>middle << 2)) < score) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The sweep over u8 groups. */
export function sweep8(
  scores: usize, groups: usize, n: u32, grid: usize, gridLength: u32,
  table: usize, firstBucket: u32, bucketCount: u32, shift: u32, histogram: usize,
): void {
  sweep<u8>(scores, groups, n, grid, gridLength, table, firstBucket, bucketCount, shift, histogram);
}

/** The sweep over u16 groups. */
export function sweep16(
  scores: usize, groups: usize, n: u32, grid: usize, gridLength: u32,
  table: usize, firstBucket: u32, bucketCount: u32, shift: u32, histogram: usize,
): void {
  sweep<u16>(scores, groups, n, grid, gridLength, table, firstBucket, bucketCount, shift, histogram);
}
