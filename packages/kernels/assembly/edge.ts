// Distances of bounds to the edges of [0, 1]: lower itself below, 1 − upper above. One is near where it lies between 0
// and `reach`, both excluded, and beyond where it is not below `reach` (NaN, too); one of 0 is neither.
import { promote } from './loss';
import { fourOf } from './profile';
import { take, tally } from './sort';

/**
 * Adds to the sums of each group: upper − lower to `widths` (f64 each), in the order of voxels, and voxels to `counts`
 * (four u32 each): near below, near above, beyond below, beyond above.
 */
@inline
function countEdges<T>(lower: usize, upper: usize, groups: usize, n: u32, reach: f32, widths: usize, counts: usize): void {
  if (n == 0) return;
  const zero = f32x4.splat(0), one = f32x4.splat(1), limit = f32x4.splat(reach);
  const end = lower + (<usize>n << 2);
  const wide = lower + (<usize>(n & ~3) << 2);
  // The width of the group at hand stays in a register as long as its run lasts.
  let group: u32 = load<T>(groups);
  let width = load<f64>(widths + (<usize>group << 3));
  for (; lower < wide; lower += 16, upper += 16, groups += 4 * sizeof<T>()) {
    if (!fourOf<T>(groups, group)) {
      store<f64>(widths + (<usize>group << 3), width);
      group = load<T>(groups);
      if (!fourOf<T>(groups, group)) {
        for (let j: usize = 0; j < 4; j++) {
          countEdge(lower + (j << 2), upper + (j << 2), load<T>(groups + j * sizeof<T>()), reach, widths, counts);
        }
        group = load<T>(groups + 3 * sizeof<T>());
        width = load<f64>(widths + (<usize>group << 3));
        continue;
      }
      width = load<f64>(widths + (<usize>group << 3));
    }
    const first = f64x2.sub(promote(upper), promote(lower));
    const second = f64x2.sub(promote(upper + 8), promote(lower + 8));
    width += f64x2.extract_lane(first, 0);
    width += f64x2.extract_lane(first, 1);
    width += f64x2.extract_lane(second, 0);
    width += f64x2.extract_lane(second, 1);
    const below = v128.load(lower), above = f32x4.sub(one, v128.load(upper));
    const withinBelow = f32x4.lt(below, limit), withinAbove = f32x4.lt(above, limit);
    const address = counts + (<usize>group << 4);
    const near = lanesOf(v128.and(withinBelow, f32x4.gt(below, zero)), v128.and(withinAbove, f32x4.gt(above, zero)));
    store<u64>(address, load<u64>(address) + near);
    const beyond = lanesOf(v128.not(withinBelow), v128.not(withinAbove));
    store<u64>(address, load<u64>(address, 8) + beyond, 8);
  }
  store<f64>(widths + (<usize>group << 3), width);
  for (; lower < end; lower += 4, upper += 4, groups += sizeof<T>()) {
    countEdge(lower, upper, load<T>(groups), reach, widths, counts);
  }
}

/** Lanes set in each of two masks, as two u32. */
@inline
function lanesOf(low: v128, high: v128): u64 {
  return <u64>popcnt<u32>(i32x4.bitmask(low)) | <u64>popcnt<u32>(i32x4.bitmask(high)) << 32;
}

function countEdge(lower: usize, upper: usize, group: u32, reach: f32, widths: usize, counts: usize): void {
  const below = load<f32>(lower), above: f32 = <f32>1 - load<f32>(upper);
  const width = widths + (<usize>group << 3);
  store<f64>(width, load<f64>(width) + (<f64>load<f32>(upper) - <f64>below));
  const address = counts + (<usize>group << 4);
  if (!(below < reach)) tally(address + 8);
  else if (below > 0) tally(address);
  if (!(above < reach)) tally(address + 12);
  else if (above > 0) tally(address + 4);
}

/** Widths and counts of u8 groups. */
export function countEdges8(
  lower: usize, upper: usize, groups: usize, n: u32, reach: f32, widths: usize, counts: usize,
): void {
  countEdges<u8>(lower, upper, groups, n, reach, widths, counts);
}

/** As countEdges8 for u16 groups. */
export function countEdges16(
  lower: usize, upper: usize, groups: usize, n: u32, reach: f32, widths: usize, counts: usize,
): void {
  countEdges<u16>(lower, upper, groups, n, reach, widths, counts);
}

/** Puts the near distances of both sides at the cursors of their groups. */
@inline
function takeEdges<T>(
  lower: usize, upper: usize, groups: usize, n: u32, reach: f32,
  belowCursors: usize, aboveCursors: usize, below: usize, above: usize,
): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1), limit = f32x4.splat(reach);
  const wide = n & ~3;
  let j: u32 = 0;
  for (; j < wide; j += 4) {
    const low = v128.load(lower + (<usize>j << 2));
    const high = f32x4.sub(one, v128.load(upper + (<usize>j << 2)));
    let near = i32x4.bitmask(v128.and(f32x4.lt(low, limit), f32x4.gt(low, zero)));
    for (; near; near &= near - 1) {
      const at = <usize>(j + ctz(near));
      store<u32>(below + (placeOf<T>(groups, at, belowCursors) << 2), load<u32>(lower + (at << 2)));
    }
    near = i32x4.bitmask(v128.and(f32x4.lt(high, limit), f32x4.gt(high, zero)));
    for (; near; near &= near - 1) {
      const at = <usize>(j + ctz(near));
      store<f32>(above + (placeOf<T>(groups, at, aboveCursors) << 2), <f32>1 - load<f32>(upper + (at << 2)));
    }
  }
  for (; j < n; j++) {
    const low = load<f32>(lower + (<usize>j << 2)), high: f32 = <f32>1 - load<f32>(upper + (<usize>j << 2));
    if (low > 0 && low < reach) store<f32>(below + (placeOf<T>(groups, j, belowCursors) << 2), low);
    if (high > 0 && high < reach) store<f32>(above + (placeOf<T>(groups, j, aboveCursors) << 2), high);
  }
}

@inline
function placeOf<T>(groups: usize, at: usize, cursors: usize): usize {
  return take(cursors + (<usize>load<T>(groups + at * sizeof<T>()) << 2));
}

/** Near distances below and above into the buckets of u8 groups. */
export function takeEdges8(
  lower: usize, upper: usize, groups: usize, n: u32, reach: f32,
  belowCursors: usize, aboveCursors: usize, below: usize, above: usize,
): void {
  takeEdges<u8>(lower, upper, groups, n, reach, belowCursors, aboveCursors, below, above);
}

/** As takeEdges8 for u16 groups. */
export function takeEdges16(
  lower: usize, upper: usize, groups: usize, n: u32, reach: f32,
  belowCursors: usize, aboveCursors: usize, below: usize, above: usize,
): void {
  takeEdges<u16>(lower, upper, groups, n, reach, belowCursors, aboveCursors, below, above);
}

/**
 * Adds every distance that is not below `reach` to its bin, one and the distance itself (two f64): bin
 * (bits >>> shift) − first of its group, none beyond the last.
 */
@inline
function binEdges<T>(
  lower: usize, upper: usize, groups: usize, n: u32, reach: f32,
  shift: i32, first: u32, bins: u32, below: usize, above: usize,
): void {
  for (const end = lower + (<usize>n << 2); lower < end; lower += 4, upper += 4, groups += sizeof<T>()) {
    const row = <usize>load<T>(groups) * <usize>bins << 4;
    binEdge(load<f32>(lower), reach, shift, first, bins, below + row);
    binEdge(<f32>1 - load<f32>(upper), reach, shift, first, bins, above + row);
  }
}

@inline
function binEdge(distance: f32, reach: f32, shift: i32, first: u32, bins: u32, row: usize): void {
  if (distance < reach) return;
  const bin = min<u32>((reinterpret<u32>(distance) >>> shift) - first, bins - 1);
  const address = row + (<usize>bin << 4);
  const added = f64x2.replace_lane(f64x2.splat(1), 1, <f64>distance);
  v128.store(address, f64x2.add(v128.load(address), added));
}

/** Bins of u8 groups. */
export function binEdges8(
  lower: usize, upper: usize, groups: usize, n: u32, reach: f32,
  shift: i32, first: u32, bins: u32, below: usize, above: usize,
): void {
  binEdges<u8>(lower, upper, groups, n, reach, shift, first, bins, below, above);
}

/** As binEdges8 for u16 groups. */
export function binEdges16(
  lower: usize, upper: usize, groups: usize, n: u32, reach: f32,
  shift: i32, first: u32, bins: u32, below: usize, above: usize,
): void {
  binEdges<u16>(lower, upper, groups, n, reach, shift, first, bins, below, above);
}
