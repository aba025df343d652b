// The largest of u32 values: pixels.

/** The largest of n u32 (0 if n is 0). */
export function largestOf32(values: usize, n: u32): u32 {
  const size = <usize>n << 2;
  const wide = size & ~15;
  let lanes = i32x4.splat(0);
  let i: usize = 0;
  for (; i < wide; i += 16) lanes = i32x4.max_u(lanes, v128.load(values + i));
  lanes = i32x4.max_u(lanes, v128.shuffle<i32>(lanes, lanes, 2, 3, 0, 1));
  lanes = i32x4.max_u(lanes, v128.shuffle<i32>(lanes, lanes, 1, 0, 3, 2));
  let result = <u32>i32x4.extract_lane(lanes, 0);
  for (; i < size; i += 4) result = max(result, load<u32>(values + i));
  return result;
}
