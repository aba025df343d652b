// Interval length after clamping to the data range.
import { promote, sumPair } from './loss';

/**
 * Σ clamp(upper + above) − clamp(lower − below) over n voxels, clamp to [0, 1]; f64, NaN comes out as NaN. The shifts
 * are taken out of the sum: clamp(v + s) = min(max(v, −s), 1 − s) + s, which spares two additions a voxel but loses
 * digits to a shift much above 1; `clampedLengthFar` takes those.
 */
export function clampedLength(lower: usize, upper: usize, n: u32, below: f64, above: f64): f64 {
  const upperLeast = f64x2.splat(-above), upperMost = f64x2.splat(1 - above);
  const lowerLeast = f64x2.splat(below), lowerMost = f64x2.splat(1 + below);
  const size = <usize>n << 2;
  const wide = size & ~15;
  let sum0 = f64x2.splat(0), sum1 = f64x2.splat(0);
  let i: usize = 0;
  for (; i < wide; i += 16) {
    const u0 = bound(promote(upper + i), upperLeast, upperMost);
    const u1 = bound(promote(upper + i + 8), upperLeast, upperMost);
    const l0 = bound(promote(lower + i), lowerLeast, lowerMost);
    const l1 = bound(promote(lower + i + 8), lowerLeast, lowerMost);
    sum0 = f64x2.add(sum0, f64x2.sub(u0, l0));
    sum1 = f64x2.add(sum1, f64x2.sub(u1, l1));
  }
  const lanes = sumPair(f64x2.add(sum0, sum1)) + <f64>(i >>> 2) * (above + below);
  return lanes + clampedLengthFar(lower + i, upper + i, n & 3, below, above);
}

// The pseudo-minimum and -maximum keep their first operand when it is NaN, and are single instructions.
@inline
function bound(v: v128, least: v128, most: v128): v128 {
  return f64x2.pmin(f64x2.pmax(v, least), most);
}

/** As clampedLength, by the definition: for shifts of any size, ±∞ too. */
export function clampedLengthFar(lower: usize, upper: usize, n: u32, below: f64, above: f64): f64 {
  const size = <usize>n << 2;
  let sum: f64 = 0;
  for (let i: usize = 0; i < size; i += 4) {
    const top = min<f64>(max<f64>(<f64>load<f32>(upper + i) + above, 0), 1);
    sum += top - min<f64>(max<f64>(<f64>load<f32>(lower + i) - below, 0), 1);
  }
  return sum;
}
