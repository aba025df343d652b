// Where values are read between detector pixels and slices.

/** 2^23 + 2^22: adding it to a small whole f32 leaves the integer in the low bits. */
export const MAGIC: f32 = 12582912;
export const MAGIC_BITS: i32 = 0x4b400000;

/** A place held within 0 … most. Compared, as `min` and `max` of f64 take many instructions for the sake of NaN. */
@inline
export function hold(at: f64, most: f64): f64 {
  return at < 0 ? 0 : at > most ? most : at;
}

/** Whole f32 numbers times `1 << shift` as integers, all MAGIC_BITS << shift too large: take that off the address. */
@inline
export function offsets(whole: v128, shift: i32): v128 {
  return i32x4.shl(f32x4.add(whole, f32x4.splat(MAGIC)), shift);
}
