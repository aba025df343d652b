// Interval length after clamping to the data range.
import { promote, sumPair } from './loss';

/** Σ clamp(upper + above) − clamp(lower − below) over n voxels, clamp to [0, 1]; f64, NaN comes out as NaN. */
export function clampedLength(lower: usize, upper: usize, n: u32, below: f64, above: f64): f64 {
  const down = f64x2.splat(below), up = f64x2.splat(above);
  const size = <usize>n << 2;
  const wide = size & ~15;
  let sum0 = f64x2.splat(0), sum1 = f64x2.splat(0);
  let i: usize = 0;
  for (; i < wide; i += 16) {
    const top0 = clampLanes(f64x2.add(promote(upper + i), up));
    const top1 = clampLanes(f64x2.add(promote(upper + i + 8), up));
    const bottom0 = clampLanes(f64x2.sub(promote(lower + i), down));
    const bottom1 = clampLanes(f64x2.sub(promote(lower + i + 8), down));
    sum0 = f64x2.add(sum0, f64x2.sub(top0, bottom0));
    sum1 = f64x2.add(sum1, f64x2.sub(top1, bottom1));
  }
  let sum = sumPair(f64x2.add(sum0, sum1));
  for (; i < size; i += 4) {
    const top = min<f64>(max<f64>(<f64>load<f32>(upper + i) + above, 0), 1);
    sum += top - min<f64>(max<f64>(<f64>load<f32>(lower + i) - below, 0), 1);
  }
  return sum;
}

// The pseudo-minimum and -maximum keep their first operand when it is NaN, and are single instructions.
@inline
function clampLanes(v: v128): v128 {
  return f64x2.pmin(f64x2.pmax(v, f64x2.splat(0)), f64x2.splat(1));
}
