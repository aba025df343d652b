// The convex surrogate ℓ^γ and its derivative in λ, f64 throughout.

/**
 * Over n voxels of one λ, with a = |2·truth − lower − upper|, d = upper − lower + 2λ: adds up a/d − γ and a/d² where
 * not a ≤ γ·d, stores the two sums at `result` (two f64). One division a voxel. a = d = 0 counts nothing, d = 0 < a
 * counts infinity, and NaN comes out as NaN, because the test is written with ≤. `one` is 1: as an argument it stays in a
 * register, while the engine would rebuild a constant in every step.
 */
export function loss(
  truth: usize, lower: usize, upper: usize, n: u32, lambda: f64, gamma: f64, one: f64, result: usize,
): void {
  const shift = f64x2.splat(2 * lambda), g = f64x2.splat(gamma), unit = f64x2.splat(one);
  const size = <usize>n << 2;
  const wide = size & ~15;
  let excess0 = f64x2.splat(0), fall0 = f64x2.splat(0), excess1 = f64x2.splat(0), fall1 = f64x2.splat(0);
  let i: usize = 0;
  for (; i < wide; i += 16) {
    const x0 = promote(truth + i), x1 = promote(truth + i + 8);
    const l0 = promote(lower + i), l1 = promote(lower + i + 8);
    const u0 = promote(upper + i), u1 = promote(upper + i + 8);
    const a0 = distance(x0, l0, u0), a1 = distance(x1, l1, u1);
    const d0 = f64x2.add(f64x2.sub(u0, l0), shift), d1 = f64x2.add(f64x2.sub(u1, l1), shift);
    const idle0 = f64x2.le(a0, f64x2.mul(g, d0)), idle1 = f64x2.le(a1, f64x2.mul(g, d1));
    const w0 = f64x2.div(unit, d0), w1 = f64x2.div(unit, d1);
    const r0 = f64x2.mul(a0, w0), r1 = f64x2.mul(a1, w1);
    excess0 = f64x2.add(excess0, v128.andnot(f64x2.sub(r0, g), idle0));
    excess1 = f64x2.add(excess1, v128.andnot(f64x2.sub(r1, g), idle1));
    fall0 = f64x2.add(fall0, v128.andnot(f64x2.mul(r0, w0), idle0));
    fall1 = f64x2.add(fall1, v128.andnot(f64x2.mul(r1, w1), idle1));
  }
  let excess = sumPair(f64x2.add(excess0, excess1)), fall = sumPair(f64x2.add(fall0, fall1));
  for (; i < size; i += 4) {
    const lo = <f64>load<f32>(lower + i), up = <f64>load<f32>(upper + i);
    const a = abs<f64>(2 * <f64>load<f32>(truth + i) - lo - up);
    const d = up - lo + 2 * lambda;
    if (!(a <= gamma * d)) {
      const w = 1 / d;
      excess += a * w - gamma;
      fall += a * w * w;
    }
  }
  store<f64>(result, excess);
  store<f64>(result, fall, 8);
}

/** Two f32 from memory as f64. */
@inline
export function promote(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

@inline
function distance(x: v128, lower: v128, upper: v128): v128 {
  return f64x2.abs(f64x2.sub(f64x2.sub(f64x2.add(x, x), lower), upper));
}

@inline
export function sumPair(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}
