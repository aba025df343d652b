// Interval length after clamping to the data range.
import { equalRun } from './gather';
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

/** out[j] = levels[parts[j]], f64, for u8 parts. */
export function levelsOfParts(parts: usize, n: u32, levels: usize, out: usize): void {
  for (let end = parts + n; parts < end; parts++, out += 8) {
    store<f64>(out, load<f64>(levels + (<usize>load<u8>(parts) << 3)));
  }
}

/** clamp(upper + above) − clamp(lower − below) of two voxels, each with f64 shifts of its own; NaN stays NaN. */
@inline
function lengthPair(lower: usize, upper: usize, below: usize, above: usize): v128 {
  const zero = f64x2.splat(0), one = f64x2.splat(1);
  const top = f64x2.add(promote(upper), v128.load(above));
  const bottom = f64x2.sub(promote(lower), v128.load(below));
  return f64x2.sub(f64x2.pmin(f64x2.pmax(top, zero), one), f64x2.pmin(f64x2.pmax(bottom, zero), one));
}

@inline
function addTo(sums: usize, group: u32, value: f64): void {
  const sum = sums + (<usize>group << 3);
  store<f64>(sum, load<f64>(sum) + value);
}

/**
 * sums[group] += the length of its voxels, f64. Organs come in runs: as long as 16 voxels after 16 belong to one, their
 * sum stays in registers.
 */
@inline
function clampedLengthByPixel<T>(
  lower: usize, upper: usize, groups: usize, n: u32, below: usize, above: usize, sums: usize,
): void {
  let sum0 = f64x2.splat(0), sum1 = f64x2.splat(0);
  let run: u32 = 0;
  let j: u32 = 0;
  for (const wide = n & ~15; j < wide; j += 16, groups += 16 * sizeof<T>()) {
    const from = <usize>j << 2;
    const a = lower + from, b = upper + from, c = below + 2 * from, d = above + 2 * from;
    if (equalRun<T>(groups)) {
      const group = <u32>load<T>(groups);
      if (group != run) {
        addTo(sums, run, sumPair(f64x2.add(sum0, sum1)));
        sum0 = f64x2.splat(0);
        sum1 = f64x2.splat(0);
        run = group;
      }
      for (let i: usize = 0; i < 64; i += 16) {
        sum0 = f64x2.add(sum0, lengthPair(a + i, b + i, c + 2 * i, d + 2 * i));
        sum1 = f64x2.add(sum1, lengthPair(a + i + 8, b + i + 8, c + 2 * i + 16, d + 2 * i + 16));
      }
    } else {
      for (let i: usize = 0; i < 16; i += 2) {
        const at = i << 2;
        const pair = lengthPair(a + at, b + at, c + 2 * at, d + 2 * at);
        addTo(sums, load<T>(groups + i * sizeof<T>()), f64x2.extract_lane(pair, 0));
        addTo(sums, load<T>(groups + (i + 1) * sizeof<T>()), f64x2.extract_lane(pair, 1));
      }
    }
  }
  addTo(sums, run, sumPair(f64x2.add(sum0, sum1)));
  for (; j < n; j++, groups += sizeof<T>()) {
    const at = <usize>j << 2;
    const top = min<f64>(max<f64>(<f64>load<f32>(upper + at) + load<f64>(above + 2 * at), 0), 1);
    const bottom = min<f64>(max<f64>(<f64>load<f32>(lower + at) - load<f64>(below + 2 * at), 0), 1);
    addTo(sums, load<T>(groups), top - bottom);
  }
}

/** Lengths by u8 group of n voxels, `below` and `above` holding the f64 shift of each. */
export function clampedLengthByPixel8(
  lower: usize, upper: usize, groups: usize, n: u32, below: usize, above: usize, sums: usize,
): void {
  clampedLengthByPixel<u8>(lower, upper, groups, n, below, above, sums);
}

/** As clampedLengthByPixel8 for u16 groups. */
export function clampedLengthByPixel16(
  lower: usize, upper: usize, groups: usize, n: u32, below: usize, above: usize, sums: usize,
): void {
  clampedLengthByPixel<u16>(lower, upper, groups, n, below, above, sums);
}
