// Interval length after clamping to the data range.
import { promote, sumPair } from './loss';

/**
 * Σ clamp(upper + above) − clamp(lower − below) over n voxels, clamp to [0, 1], for shifts from 0 to about 1; f64, NaN
 * comes out as NaN. With bounds in [0, 1] that is Σ min(upper, 1 − above) − max(lower, below) + above + below, half the
 * work; bounds outside are noticed on the way (a sign, or bits above those of 1) and summed by the definition instead.
 */
export function clampedLength(lower: usize, upper: usize, n: u32, below: f64, above: f64): f64 {
  const most = f64x2.splat(1 - above), least = f64x2.splat(below);
  const size = <usize>n << 2;
  const wide = size & ~15;
  let sum0 = f64x2.splat(0), sum1 = f64x2.splat(0);
  let signs = i32x4.splat(0), highest = i32x4.splat(0);
  let i: usize = 0;
  for (; i < wide; i += 16) {
    signs = v128.or(signs, v128.load(upper + i));
    highest = i32x4.max_s(highest, v128.load(lower + i));
    // The pseudo-minimum and -maximum keep their first operand when it is NaN, and are single instructions.
    const u0 = f64x2.pmin(promote(upper + i), most), u1 = f64x2.pmin(promote(upper + i + 8), most);
    const l0 = f64x2.pmax(promote(lower + i), least), l1 = f64x2.pmax(promote(lower + i + 8), least);
    sum0 = f64x2.add(sum0, f64x2.sub(u0, l0));
    sum1 = f64x2.add(sum1, f64x2.sub(u1, l1));
  }
  const outside = v128.or(i32x4.shr_s(signs, 31), i32x4.gt_s(highest, i32x4.splat(ONE)));
  if (v128.any_true(outside)) return clampedLengthAny(lower, upper, n, below, above);
  const lanes = sumPair(f64x2.add(sum0, sum1)) + <f64>(i >>> 2) * (above + below);
  return lanes + clampedLengthAny(lower + i, upper + i, n & 3, below, above);
}

/** The bits of 1 as f32; larger numbers and NaN have higher bits, negative ones lower. */
const ONE: i32 = 0x3f800000;

/** As clampedLength, by the definition: for any bounds and shifts, ±∞ too. */
export function clampedLengthAny(lower: usize, upper: usize, n: u32, below: f64, above: f64): f64 {
  const size = <usize>n << 2;
  let sum: f64 = 0;
  for (let i: usize = 0; i < size; i += 4) {
    const top = min<f64>(max<f64>(<f64>load<f32>(upper + i) + above, 0), 1);
    sum += top - min<f64>(max<f64>(<f64>load<f32>(lower + i) - below, 0), 1);
  }
  return sum;
}
