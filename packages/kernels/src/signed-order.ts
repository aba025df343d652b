/*
 * Kernels that keep and sort positive scores serve scores of either sign when these are mapped into the positive numbers
 * first: the bits of numbers in [−1, 1], counted from −1 on, are bits of positive finite numbers, in the same order.
 */
const BELOW_MINUS_ONE = 0x3f800001;

/** Maps f32 values in [−1, 1] to positive ones in the same order, in place; −0 counts as 0. */
export function raiseSigned(values: Float32Array): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const own = bits[i];
    bits[i] = (own < 0 ? -(own & 0x7fffffff) : own) + BELOW_MINUS_ONE;
  }
}

/** The inverse of `raiseSigned`, in place. */
export function lowerSigned(values: Float32Array): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const own = bits[i] - BELOW_MINUS_ONE;
    bits[i] = own < 0 ? -own | 0x80000000 : own;
  }
}
