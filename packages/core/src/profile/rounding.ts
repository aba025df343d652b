const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of a number as f32. */
export function bitsOf(value: number): number {
  float[0] = value;
  return bits[0];
}

/** The f32 of some bits. */
export function floatOf(pattern: number): number {
  bits[0] = pattern;
  return float[0];
}

/** The largest f32 that is not above a finite number. */
export function roundedDown(value: number): number {
  return -roundedUp(-value);
}

/** The least f32 that is not below a finite number. */
export function roundedUp(value: number): number {
  float[0] = value;
  if (!(float[0] < value)) return float[0];
  if (float[0] >= 0) bits[0] += 1;
  else bits[0] -= 1;
  return float[0];
}

/** The least multiple of a step that is not below a number ≥ 0, as an f32 that is not below that. */
export function roundedUpTo(step: number, value: number): number {
  let multiple = Math.ceil(value / step) * step;
  // Division and product round; a multiple must not come out below the number.
  if (multiple < value) multiple += step;
  return roundedUp(multiple);
}
