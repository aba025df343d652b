// Scores. Differences are f32, rounded once.

/** out[j] = max(lower[j] − truth[j], truth[j] − upper[j]); out may be one of the inputs. */
export function scores(truth: usize, lower: usize, upper: usize, out: usize, n: u32): void {
  const size = <usize>n << 2;
  const wide = size & ~63;
  let i: usize = 0;
  for (; i < wide; i += 64) {
    const x0 = v128.load(truth + i), x1 = v128.load(truth + i, 16);
    const x2 = v128.load(truth + i, 32), x3 = v128.load(truth + i, 48);
    const s0 = scoreLanes(x0, v128.load(lower + i), v128.load(upper + i));
    const s1 = scoreLanes(x1, v128.load(lower + i, 16), v128.load(upper + i, 16));
    const s2 = scoreLanes(x2, v128.load(lower + i, 32), v128.load(upper + i, 32));
    const s3 = scoreLanes(x3, v128.load(lower + i, 48), v128.load(upper + i, 48));
    v128.store(out + i, s0);
    v128.store(out + i, s1, 16);
    v128.store(out + i, s2, 32);
    v128.store(out + i, s3, 48);
  }
  for (; i < size; i += 4) {
    const x = load<f32>(truth + i);
    store<f32>(out + i, larger(load<f32>(lower + i) - x, x - load<f32>(upper + i)));
  }
}

@inline
function scoreLanes(x: v128, lower: v128, upper: v128): v128 {
  return maxLanes(f32x4.sub(lower, x), f32x4.sub(x, upper));
}

@inline
function larger(a: f32, b: f32): f32 {
  return a < b || b != b ? b : a;
}

// The larger, or NaN if either is. The pseudo-maximum is one instruction where f32x4.max takes eight; it keeps its
// first operand when that is NaN, and a NaN in the second sets every bit, which is NaN again.
@inline
function maxLanes(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmax(a, b), f32x4.ne(b, b));
}

/** out[j] = max((lower − truth)/lowerWeight, (truth − upper)/upperWeight), every step rounded to f32. */
export function scaledScores(
  truth: usize, lower: usize, upper: usize, lowerWeight: usize, upperWeight: usize, out: usize, n: u32,
): void {
  const size = <usize>n << 2;
  const wide = size & ~15;
  let i: usize = 0;
  for (; i < wide; i += 16) {
    const x = v128.load(truth + i);
    const below = f32x4.div(f32x4.sub(v128.load(lower + i), x), v128.load(lowerWeight + i));
    const above = f32x4.div(f32x4.sub(x, v128.load(upper + i)), v128.load(upperWeight + i));
    v128.store(out + i, maxLanes(below, above));
  }
  for (; i < size; i += 4) {
    const x = load<f32>(truth + i);
    const below = (load<f32>(lower + i) - x) / load<f32>(lowerWeight + i);
    const above = (x - load<f32>(upper + i)) / load<f32>(upperWeight + i);
    store<f32>(out + i, larger(below, above));
  }
}

/** Index of the first NaN, −1 if there is none. */
export function firstNaN(values: usize, n: u32): i32 {
  const size = <usize>n << 2;
  const wide = size & ~63;
  let i: usize = 0;
  for (; i < wide; i += 64) {
    const v0 = v128.load(values + i), v1 = v128.load(values + i, 16);
    const v2 = v128.load(values + i, 32), v3 = v128.load(values + i, 48);
    const n01 = v128.or(f32x4.ne(v0, v0), f32x4.ne(v1, v1));
    const n23 = v128.or(f32x4.ne(v2, v2), f32x4.ne(v3, v3));
    if (v128.any_true(v128.or(n01, n23))) break;
  }
  for (; i < size; i += 4) {
    const v = load<f32>(values + i);
    if (v != v) return <i32>(i >>> 2);
  }
  return -1;
}

@inline
export function sumLanes(v: v128): u32 {
  return <u32>(
    i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3)
  );
}
