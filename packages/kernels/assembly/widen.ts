// Calibrated intervals: bounds moved outward by the λ of each voxel's region, and the voxels that they miss.
import { promote } from './loss';
import { fourOf } from './profile';

/**
 * outLower = the largest f32 that is no larger than lower − reach below, in f64, at least 0; outUpper mirrored, at most 1.
 *
 * @param lowerWeight of each voxel's reach below, or 0 where all are 1; `upperWeight` is 0 with it
 * @param point that no bound passes, or 0 where there is none
 * @param reaches two f64 for each region: below, above
 * @param last region that stands for those beyond it, too
 */
@inline
function widen<T>(
  lower: usize, upper: usize, lowerWeight: usize, upperWeight: usize, point: usize, regions: usize, n: u32,
  reaches: usize, last: u32, outLower: usize, outUpper: usize,
): void {
  const zero = f64x2.splat(0), one = f64x2.splat(1);
  const size = <usize>n << 2;
  const wide = size & ~15;
  // As long as four voxels are of one region after four of the same, nothing is looked up.
  let region: u32 = 0, same = false;
  let below0 = zero, below1 = zero, above0 = zero, above1 = zero;
  let i: usize = 0;
  for (; i < wide; i += 16, regions += 4 * sizeof<T>()) {
    if (!same || !fourOf<T>(regions, region)) {
      const a = v128.load(entry<T>(regions, 0, reaches, last, 4)), b = v128.load(entry<T>(regions, 1, reaches, last, 4));
      const c = v128.load(entry<T>(regions, 2, reaches, last, 4)), d = v128.load(entry<T>(regions, 3, reaches, last, 4));
      below0 = v128.shuffle<i64>(a, b, 0, 2);
      above0 = v128.shuffle<i64>(a, b, 1, 3);
      below1 = v128.shuffle<i64>(c, d, 0, 2);
      above1 = v128.shuffle<i64>(c, d, 1, 3);
      region = <u32>load<T>(regions);
      same = fourOf<T>(regions, region);
    }
    let under0 = below0, under1 = below1, over0 = above0, over1 = above1;
    if (lowerWeight) {
      under0 = reachPair(f64x2.mul(under0, promote(lowerWeight + i)));
      under1 = reachPair(f64x2.mul(under1, promote(lowerWeight + i + 8)));
      over0 = reachPair(f64x2.mul(over0, promote(upperWeight + i)));
      over1 = reachPair(f64x2.mul(over1, promote(upperWeight + i + 8)));
    }
    // Rounded to nearest, then to the neighbour where that went the wrong way: next to a positive f32 its bits are one less or
    // more. The pseudo-maximum keeps its first operand when that is NaN.
    const low0 = f64x2.pmax(f64x2.sub(promote(lower + i), under0), zero);
    const low1 = f64x2.pmax(f64x2.sub(promote(lower + i + 8), under1), zero);
    let least = demote(low0, low1);
    least = i32x4.add(least, both(f64x2.gt(first(least), low0), f64x2.gt(second(least), low1)));
    const high0 = f64x2.pmax(f64x2.pmin(f64x2.add(promote(upper + i), over0), one), zero);
    const high1 = f64x2.pmax(f64x2.pmin(f64x2.add(promote(upper + i + 8), over1), one), zero);
    let most = demote(high0, high1);
    most = i32x4.sub(most, both(f64x2.lt(first(most), high0), f64x2.lt(second(most), high1)));
    if (point) {
      const p = v128.load(point + i);
      least = f32x4.min(p, least);
      most = f32x4.max(p, most);
    }
    v128.store(outLower + i, least);
    v128.store(outUpper + i, most);
  }
  for (; i < size; i += 4, regions += sizeof<T>()) {
    const reach = entry<T>(regions, 0, reaches, last, 4);
    let under = load<f64>(reach), over = load<f64>(reach, 8);
    if (lowerWeight) {
      under = f64x2.extract_lane(reachPair(f64x2.splat(under * <f64>load<f32>(lowerWeight + i))), 0);
      over = f64x2.extract_lane(reachPair(f64x2.splat(over * <f64>load<f32>(upperWeight + i))), 0);
    }
    const low = max<f64>(<f64>load<f32>(lower + i) - under, 0);
    let least = <f32>low;
    if (<f64>least > low) least = reinterpret<f32>(reinterpret<i32>(least) - 1);
    const high = max<f64>(min<f64>(<f64>load<f32>(upper + i) + over, 1), 0);
    let most = <f32>high;
    if (<f64>most < high) most = reinterpret<f32>(reinterpret<i32>(most) + 1);
    if (point) {
      const p = load<f32>(point + i);
      least = min<f32>(p, least);
      most = max<f32>(p, most);
    }
    store<f32>(outLower + i, least);
    store<f32>(outUpper + i, most);
  }
}

/** Where the entry of a voxel's region stands in a table of entries of 2^shift bytes. */
@inline
function entry<T>(regions: usize, voxel: usize, table: usize, last: u32, shift: usize): usize {
  return table + (<usize>min<u32>(<u32>load<T>(regions + voxel * sizeof<T>()), last) << shift);
}

/** Half-way from the largest f32 that is no larger than a number ≥ 0 to the next: the farthest that rounds to it. */
@inline
function reachPair(value: v128): v128 {
  const nearest = f32x4.demote_f64x2_zero(value);
  const largest = i32x4.add(nearest, both(f64x2.gt(first(nearest), value), i64x2.splat(0)));
  const next = i32x4.sub(largest, f32x4.lt(largest, f32x4.splat(Infinity)));
  return f64x2.mul(f64x2.add(first(largest), first(next)), f64x2.splat(0.5));
}

/** Four f32, rounded to nearest, of two pairs of f64. */
@inline
function demote(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2);
}

/** The first and the last two of four f32, in f64. */
@inline
function first(four: v128): v128 {
  return f64x2.promote_low_f32x4(four);
}

@inline
function second(four: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(four, four, 1, 1));
}

/** Two masks of f64 lanes as one of f32 lanes. */
@inline
function both(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/**
 * out[j] = 1 where a score is not ≤ the λ of the voxel's region on its side, else 0; one byte each. Where there is a point, a
 * voxel is missed on the side of it that it lies on. NaN is missed.
 *
 * @param levels two f32 for each region: λ below, above
 */
@inline
function mark<T>(
  truth: usize, lower: usize, upper: usize, lowerWeight: usize, upperWeight: usize, point: usize, regions: usize, n: u32,
  levels: usize, last: u32, out: usize,
): void {
  const wide = n & ~3;
  let region: u32 = 0, same = false;
  let below = f32x4.splat(0), above = below;
  let j: u32 = 0;
  for (; j < wide; j += 4, regions += 4 * sizeof<T>()) {
    if (!same || !fourOf<T>(regions, region)) {
      const ab = v128.load64_lane(
        entry<T>(regions, 1, levels, last, 3), v128.load64_zero(entry<T>(regions, 0, levels, last, 3)), 1,
      );
      const cd = v128.load64_lane(
        entry<T>(regions, 3, levels, last, 3), v128.load64_zero(entry<T>(regions, 2, levels, last, 3)), 1,
      );
      below = v128.shuffle<i32>(ab, cd, 0, 2, 4, 6);
      above = v128.shuffle<i32>(ab, cd, 1, 3, 5, 7);
      region = <u32>load<T>(regions);
      same = fourOf<T>(regions, region);
    }
    const at = <usize>j << 2;
    const x = v128.load(truth + at);
    let under = f32x4.sub(v128.load(lower + at), x), over = f32x4.sub(x, v128.load(upper + at));
    if (lowerWeight) {
      under = f32x4.div(under, v128.load(lowerWeight + at));
      over = f32x4.div(over, v128.load(upperWeight + at));
    }
    let coveredBelow = f32x4.le(under, below), coveredAbove = f32x4.le(over, above);
    if (point) {
      const p = v128.load(point + at);
      coveredBelow = v128.or(coveredBelow, f32x4.ge(x, p));
      coveredAbove = v128.or(coveredAbove, f32x4.le(x, p));
    }
    // Four masks of 32 bits to four bytes of 0 or 1.
    const missed = i32x4.add(v128.and(coveredBelow, coveredAbove), i32x4.splat(1));
    const halves = i16x8.narrow_i32x4_s(missed, missed);
    store<u32>(out + j, <u32>i32x4.extract_lane(i8x16.narrow_i16x8_s(halves, halves), 0));
  }
  for (; j < n; j++, regions += sizeof<T>()) {
    const at = <usize>j << 2;
    const level = entry<T>(regions, 0, levels, last, 3);
    const x = load<f32>(truth + at);
    let under = load<f32>(lower + at) - x, over = x - load<f32>(upper + at);
    if (lowerWeight) {
      under /= load<f32>(lowerWeight + at);
      over /= load<f32>(upperWeight + at);
    }
    let coveredBelow = under <= load<f32>(level), coveredAbove = over <= load<f32>(level, 4);
    if (point) {
      const p = load<f32>(point + at);
      coveredBelow = coveredBelow || x >= p;
      coveredAbove = coveredAbove || x <= p;
    }
    store<u8>(out + j, <u8>!(coveredBelow && coveredAbove));
  }
}

/** Widens by the reaches of u8 regions. */
export function widen8(
  lower: usize, upper: usize, lowerWeight: usize, upperWeight: usize, point: usize, regions: usize, n: u32,
  reaches: usize, last: u32, outLower: usize, outUpper: usize,
): void {
  widen<u8>(lower, upper, lowerWeight, upperWeight, point, regions, n, reaches, last, outLower, outUpper);
}

/** As widen8 for u16 regions. */
export function widen16(
  lower: usize, upper: usize, lowerWeight: usize, upperWeight: usize, point: usize, regions: usize, n: u32,
  reaches: usize, last: u32, outLower: usize, outUpper: usize,
): void {
  widen<u16>(lower, upper, lowerWeight, upperWeight, point, regions, n, reaches, last, outLower, outUpper);
}

/** Marks by the λ of u8 regions. */
export function mark8(
  truth: usize, lower: usize, upper: usize, lowerWeight: usize, upperWeight: usize, point: usize, regions: usize, n: u32,
  levels: usize, last: u32, out: usize,
): void {
  mark<u8>(truth, lower, upper, lowerWeight, upperWeight, point, regions, n, levels, last, out);
}

/** As mark8 for u16 regions. */
export function mark16(
  truth: usize, lower: usize, upper: usize, lowerWeight: usize, upperWeight: usize, point: usize, regions: usize, n: u32,
  levels: usize, last: u32, out: usize,
): void {
  mark<u16>(truth, lower, upper, lowerWeight, upperWeight, point, regions, n, levels, last, out);
}
