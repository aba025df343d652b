const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The next f32 above one; infinity stays. */
export function nextUp(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  float[0] = value === 0 ? 0 : value;
  bits[0] += value < 0 ? -1 : 1;
  return float[0];
}

/** The largest f32 that is no larger than an f64. */
export function roundDown(value: number): number {
  float[0] = value;
  if (float[0] > value) {
    if (float[0] === 0) bits[0] = -0x7fffffff;
    else bits[0] += float[0] > 0 ? -1 : 1;
  }
  return float[0];
}

/** The largest number that rounds to an f32 no larger than `value`, in f64. */
export function reachOf(value: number): number {
  const largest = roundDown(value);
  return (largest + nextUp(largest)) / 2;
}
