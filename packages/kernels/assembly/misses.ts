// Misses: voxels whose score is not ≤ λ. Written with ≤ so that a NaN score counts as missed, never as covered.
import { countMarks, TILE } from './gather';
import { sumLanes } from './score';

/** Voxels with a score above lambda. */
export function misses(scores: usize, n: u32, lambda: f32): u32 {
  const level = f32x4.splat(lambda);
  const size = <usize>n << 2;
  const wide = size & ~63;
  let c0 = i32x4.splat(0), c1 = i32x4.splat(0), c2 = i32x4.splat(0), c3 = i32x4.splat(0);
  let i: usize = 0;
  for (; i < wide; i += 64) {
    c0 = i32x4.sub(c0, f32x4.le(v128.load(scores + i), level));
    c1 = i32x4.sub(c1, f32x4.le(v128.load(scores + i, 16), level));
    c2 = i32x4.sub(c2, f32x4.le(v128.load(scores + i, 32), level));
    c3 = i32x4.sub(c3, f32x4.le(v128.load(scores + i, 48), level));
  }
  let covered = sumLanes(i32x4.add(i32x4.add(c0, c1), i32x4.add(c2, c3)));
  for (; i < size; i += 4) covered += <u32>(load<f32>(scores + i) <= lambda);
  return n - covered;
}

@inline
function missesByGroup<T>(scores: usize, groups: usize, n: u32, lambda: usize, counts: usize): void {
  const end = scores + (<usize>n << 2);
  for (; scores < end; scores += 4, groups += sizeof<T>()) {
    const group = <usize>load<T>(groups) << 2;
    const missed = <u32>!(load<f32>(scores) <= load<f32>(lambda + group));
    store<u32>(counts + group, load<u32>(counts + group) + missed);
  }
}

/** counts[group] += voxels of u8 group `group` with a score above lambda[group]. */
export function missesByGroup8(scores: usize, groups: usize, n: u32, lambda: usize, counts: usize): void {
  missesByGroup<u8>(scores, groups, n, lambda, counts);
}

/** As missesByGroup8 for u16 groups. */
export function missesByGroup16(scores: usize, groups: usize, n: u32, lambda: usize, counts: usize): void {
  missesByGroup<u16>(scores, groups, n, lambda, counts);
}

/**
 * As missesByGroup8 for at most 16 groups. `planes` holds byte b of λ[k] at 16·b + k (64 bytes), so that four swizzles
 * look up λ for 16 voxels; `marks` is scratch of one byte per voxel of a tile (4080), which takes the group of each
 * missed voxel and 255 for covered ones. Each group is then counted over the tile, 16 voxels at a time.
 */
export function missesByFewGroups8(
  scores: usize, groups: usize, n: u32, planes: usize, marks: usize, groupCount: u32, counts: usize,
): void {
  const p0 = v128.load(planes), p1 = v128.load(planes, 16), p2 = v128.load(planes, 32), p3 = v128.load(planes, 48);
  const wide = n & ~15;
  let j: u32 = 0;
  while (j < wide) {
    const tile = min<u32>(TILE, wide - j);
    for (let t: u32 = 0; t < tile; t += 16, scores += 64, groups += 16) {
      const g = v128.load(groups);
      const b0 = i8x16.swizzle(p0, g), b1 = i8x16.swizzle(p1, g);
      const b2 = i8x16.swizzle(p2, g), b3 = i8x16.swizzle(p3, g);
      const low0 = lowBytes(b0, b1), low1 = highBytes(b0, b1);
      const high0 = lowBytes(b2, b3), high1 = highBytes(b2, b3);
      const c0 = f32x4.le(v128.load(scores), lowPairs(low0, high0));
      const c1 = f32x4.le(v128.load(scores, 16), highPairs(low0, high0));
      const c2 = f32x4.le(v128.load(scores, 32), lowPairs(low1, high1));
      const c3 = f32x4.le(v128.load(scores, 48), highPairs(low1, high1));
      const covered = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(c0, c1), i16x8.narrow_i32x4_s(c2, c3));
      v128.store(marks + t, v128.or(g, covered));
    }
    countMarks(marks, tile, groupCount, counts);
    j += tile;
  }
  for (; j < n; j++, scores += 4, groups++) {
    const k = <usize>load<u8>(groups);
    const level = reinterpret<f32>(
      <u32>load<u8>(planes + k) | <u32>load<u8>(planes + k, 16) << 8 |
      <u32>load<u8>(planes + k, 32) << 16 | <u32>load<u8>(planes + k, 48) << 24,
    );
    const address = counts + (k << 2);
    store<u32>(address, load<u32>(address) + <u32>!(load<f32>(scores) <= level));
  }
}

@inline
function lowBytes(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function highBytes(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

@inline
function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
