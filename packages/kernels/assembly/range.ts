// The least and the largest of u32 values: pixels, and the bits of f32 that are not negative.

/** The larger of u32, or the smaller with `least`, lane by lane. */
@inline
function outer(a: v128, b: v128, least: bool): v128 {
  return least ? i32x4.min_u(a, b) : i32x4.max_u(a, b);
}

@inline
function outermost(values: usize, n: u32, least: bool): u32 {
  const size = <usize>n << 2;
  const wide = size & ~15;
  let lanes = i32x4.splat(least ? -1 : 0);
  let i: usize = 0;
  for (; i < wide; i += 16) lanes = outer(lanes, v128.load(values + i), least);
  lanes = outer(lanes, v128.shuffle<i32>(lanes, lanes, 2, 3, 0, 1), least);
  lanes = outer(lanes, v128.shuffle<i32>(lanes, lanes, 1, 0, 3, 2), least);
  let result = <u32>i32x4.extract_lane(lanes, 0);
  for (; i < size; i += 4) {
    const value = load<u32>(values + i);
    result = least ? min(result, value) : max(result, value);
  }
  return result;
}

/** The least of n u32 (2^32 − 1 if n is 0). */
export function leastOf32(values: usize, n: u32): u32 {
  return outermost(values, n, true);
}

/** The largest of n u32 (0 if n is 0). */
export function largestOf32(values: usize, n: u32): u32 {
  return outermost(values, n, false);
}
