// Keeping some voxels, in order: four at a time, packed by a byte shuffle chosen by which of them stay.

/** Row m (16 bytes): the shuffle that moves the f32 lanes set in the four bits of m to the front. */
const PACK: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  8, 9, 10, 11, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15,
  4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  12, 13, 14, 15, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15,
  4, 5, 6, 7, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15,
  8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/**
 * Copies the voxels with a > γ·i + shift to the three outputs and returns how many there are; i = upper − lower, and a
 * is 2·truth − lower − upper (side 1), its negative (side −1) or its magnitude (side 0), f64. A NaN stays. Writes up to
 * three values beyond the last one kept.
 */
export function takeActive(
  truth: usize, lower: usize, upper: usize, n: u32, gamma: f64, shift: f64, side: i32,
  outTruth: usize, outLower: usize, outUpper: usize,
): u32 {
  const g = f64x2.splat(gamma), s = f64x2.splat(shift);
  const flip = i64x2.splat(side < 0 ? i64.MIN_VALUE : 0), mask = i64x2.splat(side == 0 ? i64.MAX_VALUE : -1);
  const size = <usize>n << 2;
  const wide = size & ~15;
  let end: usize = 0;
  let i: usize = 0;
  for (; i < wide; i += 16) {
    const u0 = promote(upper + i), u1 = promoteNext(upper + i);
    const l0 = promote(lower + i), l1 = promoteNext(lower + i);
    const idle0 = idle(promote(truth + i), l0, u0, g, s, flip, mask);
    const idle1 = idle(promoteNext(truth + i), l1, u1, g, s, flip, mask);
    const kept = 15 ^ (i64x2.bitmask(idle0) | (i64x2.bitmask(idle1) << 2));
    const shuffle = v128.load(PACK + (<usize>kept << 4));
    v128.store(outTruth + end, i8x16.swizzle(v128.load(truth + i), shuffle));
    v128.store(outLower + end, i8x16.swizzle(v128.load(lower + i), shuffle));
    v128.store(outUpper + end, i8x16.swizzle(v128.load(upper + i), shuffle));
    end += <usize>popcnt(kept) << 2;
  }
  for (; i < size; i += 4) {
    const x = load<f32>(truth + i), lo = load<f32>(lower + i), up = load<f32>(upper + i);
    const twice = 2 * <f64>x - <f64>lo - <f64>up;
    const a = side == 0 ? abs(twice) : side < 0 ? -twice : twice;
    if (!(a <= gamma * (<f64>up - <f64>lo) + shift)) {
      store<f32>(outTruth + end, x);
      store<f32>(outLower + end, lo);
      store<f32>(outUpper + end, up);
      end += 4;
    }
  }
  return <u32>(end >> 2);
}

/** Two f32 from memory as f64. */
@inline
function promote(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** The two f32 after those at the address. */
@inline
function promoteNext(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address, 8));
}

@inline
function idle(x: v128, lower: v128, upper: v128, gamma: v128, shift: v128, flip: v128, mask: v128): v128 {
  const twice = f64x2.sub(f64x2.sub(f64x2.add(x, x), lower), upper);
  const a = v128.and(v128.xor(twice, flip), mask);
  return f64x2.le(a, f64x2.add(f64x2.mul(gamma, f64x2.sub(upper, lower)), shift));
}

/** Copies the values above `low` and below `high` and returns how many; NaN stays. Writes up to three beyond the last. */
export function takeWithin(values: usize, n: u32, low: f32, high: f32, out: usize): u32 {
  const a = f32x4.splat(low), b = f32x4.splat(high);
  const size = <usize>n << 2;
  const wide = size & ~15;
  let end: usize = 0;
  let i: usize = 0;
  for (; i < wide; i += 16) {
    const v = v128.load(values + i);
    const kept = 15 ^ i32x4.bitmask(v128.or(f32x4.le(v, a), f32x4.ge(v, b)));
    v128.store(out + end, i8x16.swizzle(v, v128.load(PACK + (<usize>kept << 4))));
    end += <usize>popcnt(kept) << 2;
  }
  for (; i < size; i += 4) {
    const v = load<f32>(values + i);
    if (!(v <= low || v >= high)) {
      store<f32>(out + end, v);
      end += 4;
    }
  }
  return <u32>(end >> 2);
}
