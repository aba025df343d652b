// Order-preserving keys: unsigned order of the key is numeric order of the f32, −0 just below +0.

/** Key of the bits of an f32. */
@inline
export function keyOf(bits: u32): u32 {
  return bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
}

/** The f32 bits of a key. */
@inline
export function bitsOf(key: u32): u32 {
  return key ^ (<u32>(<i32>~key >> 31) | 0x80000000);
}
