// Voxels of one λ condensed to cells of a grid over residual and width, and the surrogate loss of such cells.
import { promote, sumPair } from './loss';

/** Bytes of one cell: Σ weight, Σ weight·a, Σ weight·a·i, and eight bytes unused. */
const CELL: usize = 32;

/**
 * Adds the voxels with a > γ·i to their cells; i = upper − lower, and a is 2·truth − lower − upper (side 1), its
 * negative (side −1) or its magnitude (side 0), f64. A NaN is added. The cell is that of the upper bits (all but
 * `shift`) of a and of i + offset as f32, less `firstColumn` and `firstRow`, held within the grid; `apart` cells further
 * where 2·truth − lower − upper > 0. A cell whose weight is 0 is listed at `touched`, from index `count` on; returns how many
 * are listed then. Writes one number beyond them.
 */
export function binResiduals(
  truth: usize, lower: usize, upper: usize, n: u32, gamma: f64, side: i32, weight: f64,
  shift: i32, offset: f32, firstColumn: i32, columns: i32, firstRow: i32, rows: i32,
  apart: i32, cells: usize, touched: usize, count: u32,
): u32 {
  const g = f64x2.splat(gamma);
  const flip = i64x2.splat(side < 0 ? i64.MIN_VALUE : 0), mask = i64x2.splat(side == 0 ? i64.MAX_VALUE : -1);
  const base = f32x4.splat(offset), zero = i32x4.splat(0);
  const firstA = i32x4.splat(firstColumn), lastA = i32x4.splat(columns - 1), width = i32x4.splat(columns);
  const firstI = i32x4.splat(firstRow), lastI = i32x4.splat(rows - 1);
  const heft = f64x2.splat(weight), none = f64x2.splat(0), further = i32x4.splat(apart);
  const size = <usize>n << 2;
  const wide = size & ~15;
  let list = touched + (<usize>count << 2);
  let at: usize = 0;
  for (; at < wide; at += 16) {
    const l0 = promote(lower + at), l1 = promote(lower + at + 8);
    const u0 = promote(upper + at), u1 = promote(upper + at + 8);
    const twice0 = residual(promote(truth + at), l0, u0), twice1 = residual(promote(truth + at + 8), l1, u1);
    const a0 = v128.and(v128.xor(twice0, flip), mask), a1 = v128.and(v128.xor(twice1, flip), mask);
    const i0 = f64x2.sub(u0, l0), i1 = f64x2.sub(u1, l1);
    const idle0 = f64x2.le(a0, f64x2.mul(g, i0)), idle1 = f64x2.le(a1, f64x2.mul(g, i1));
    const kept = 15 ^ (i64x2.bitmask(idle0) | (i64x2.bitmask(idle1) << 2));
    if (kept == 0) continue;
    const a = firsts(demote(a0), demote(a1)), i = firsts(demote(i0), demote(i1));
    const column = i32x4.min_s(i32x4.max_s(i32x4.sub(i32x4.shr_u(a, shift), firstA), zero), lastA);
    const row = i32x4.min_s(
      i32x4.max_s(i32x4.sub(i32x4.shr_u(f32x4.add(i, base), shift), firstI), zero), lastI,
    );
    const isAbove = evens(f64x2.gt(twice0, none), f64x2.gt(twice1, none));
    const cell = i32x4.add(i32x4.add(i32x4.mul(row, width), column), v128.and(isAbove, further));
    // What an idle voxel adds is 0: cheaper than to branch on it.
    const w0 = v128.andnot(heft, idle0), w1 = v128.andnot(heft, idle1);
    const m0 = f64x2.mul(heft, a0), m1 = f64x2.mul(heft, a1);
    const r0 = v128.andnot(m0, idle0), r1 = v128.andnot(m1, idle1);
    const p0 = v128.andnot(f64x2.mul(m0, i0), idle0), p1 = v128.andnot(f64x2.mul(m1, i1), idle1);
    list = add(cells, i32x4.extract_lane(cell, 0), firsts(w0, r0), f64x2.extract_lane(p0, 0), kept, list);
    list = add(cells, i32x4.extract_lane(cell, 1), seconds(w0, r0), f64x2.extract_lane(p0, 1), kept >>> 1, list);
    list = add(cells, i32x4.extract_lane(cell, 2), firsts(w1, r1), f64x2.extract_lane(p1, 0), kept >>> 2, list);
    list = add(cells, i32x4.extract_lane(cell, 3), seconds(w1, r1), f64x2.extract_lane(p1, 1), kept >>> 3, list);
  }
  for (; at < size; at += 4) {
    const lo = <f64>load<f32>(lower + at), up = <f64>load<f32>(upper + at);
    const twice = 2 * <f64>load<f32>(truth + at) - lo - up;
    const a = side == 0 ? abs(twice) : side < 0 ? -twice : twice;
    const i = up - lo;
    if (!(a <= gamma * i)) {
      const column = min(max(<i32>(reinterpret<u32>(<f32>a) >>> shift) - firstColumn, 0), columns - 1);
      const row = min(max(<i32>(reinterpret<u32>(<f32>i + offset) >>> shift) - firstRow, 0), rows - 1);
      const amount = weight * a;
      const pair = f64x2.replace_lane(f64x2.splat(weight), 1, amount);
      list = add(cells, row * columns + column + (twice > 0 ? apart : 0), pair, amount * i, 1, list);
    }
  }
  return <u32>((list - touched) >>> 2);
}

/** Adds to a cell, and lists it if its weight was 0 and the lowest bit of `kept` is set. */
@inline
function add(cells: usize, cell: i32, pair: v128, moment: f64, kept: i32, list: usize): usize {
  const address = cells + <usize>cell * CELL;
  const before = v128.load(address);
  store<u32>(list, cell);
  v128.store(address, f64x2.add(before, pair));
  store<f64>(address, load<f64>(address, 16) + moment, 16);
  return list + (<usize>(i32(f64x2.extract_lane(before, 0) == 0) & kept) << 2);
}

@inline
function firsts(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

@inline
function seconds(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}

@inline
function demote(v: v128): v128 {
  return f32x4.demote_f64x2_zero(v);
}

/** The lanes 0 and 2 of two masks of 64 bits, as one of 32 bits. */
@inline
function evens(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

@inline
function residual(x: v128, lower: v128, upper: v128): v128 {
  return f64x2.sub(f64x2.sub(f64x2.add(x, x), lower), upper);
}

/**
 * Over n cells with d = width + 2λ: adds up weight·(a/d − γ) and weight·a/d² where not a ≤ γ·d, and stores the two sums
 * at `result` (two f64). `one` is 1: as an argument it stays in a register.
 */
export function cellLoss(
  weight: usize, residuals: usize, width: usize, n: u32, lambda: f64, gamma: f64, one: f64, result: usize,
): void {
  const shift = f64x2.splat(2 * lambda), g = f64x2.splat(gamma), unit = f64x2.splat(one);
  const size = <usize>n << 3;
  const wide = size & ~31;
  let excess0 = f64x2.splat(0), fall0 = f64x2.splat(0), excess1 = f64x2.splat(0), fall1 = f64x2.splat(0);
  let at: usize = 0;
  for (; at < wide; at += 32) {
    const a0 = v128.load(residuals + at), a1 = v128.load(residuals + at, 16);
    const n0 = v128.load(weight + at), n1 = v128.load(weight + at, 16);
    const d0 = f64x2.add(v128.load(width + at), shift), d1 = f64x2.add(v128.load(width + at, 16), shift);
    const idle0 = f64x2.le(a0, f64x2.mul(g, d0)), idle1 = f64x2.le(a1, f64x2.mul(g, d1));
    const w0 = f64x2.div(unit, d0), w1 = f64x2.div(unit, d1);
    const r0 = f64x2.mul(a0, w0), r1 = f64x2.mul(a1, w1);
    excess0 = f64x2.add(excess0, v128.andnot(f64x2.mul(n0, f64x2.sub(r0, g)), idle0));
    excess1 = f64x2.add(excess1, v128.andnot(f64x2.mul(n1, f64x2.sub(r1, g)), idle1));
    fall0 = f64x2.add(fall0, v128.andnot(f64x2.mul(n0, f64x2.mul(r0, w0)), idle0));
    fall1 = f64x2.add(fall1, v128.andnot(f64x2.mul(n1, f64x2.mul(r1, w1)), idle1));
  }
  let excess = sumPair(f64x2.add(excess0, excess1)), fall = sumPair(f64x2.add(fall0, fall1));
  for (; at < size; at += 8) {
    const a = load<f64>(residuals + at), d = load<f64>(width + at) + 2 * lambda;
    if (!(a <= gamma * d)) {
      const w = 1 / d, share = load<f64>(weight + at);
      excess += share * (a * w - gamma);
      fall += share * (a * w * w);
    }
  }
  store<f64>(result, excess);
  store<f64>(result, fall, 8);
}
