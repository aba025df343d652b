// Misses: voxels whose score is not ≤ λ. Written with ≤ so that a NaN score counts as missed, never as covered.
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
