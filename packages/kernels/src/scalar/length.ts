import type { Groups, Intervals } from '../columns.ts';

/** Twin of `clampedLength`. */
export function clampedLength(
  { lower, upper }: Intervals,
  offsets: Uint32Array,
  lambdaBelow: Float64Array,
  lambdaAbove: Float64Array,
): Float64Array {
  const length = new Float64Array(lambdaBelow.length);
  for (let s = 0; s < length.length; s++) {
    const below = lambdaBelow[s];
    const above = lambdaAbove[s];
    let sum = 0;
    for (let j = offsets[s]; j < offsets[s + 1]; j++) {
      const top = Math.min(Math.max(upper[j] + above, 0), 1);
      const bottom = Math.min(Math.max(lower[j] - below, 0), 1);
      sum += top - bottom;
    }
    length[s] = sum;
  }
  return length;
}

/** Twin of `clampedLengthByPixel`. */
export function clampedLengthByPixel(
  { lower, upper }: Intervals,
  groups: Groups,
  groupCount: number,
  parts: Uint8Array,
  lambdaBelow: Float64Array,
  lambdaAbove: Float64Array,
): Float64Array {
  const length = new Float64Array(groupCount);
  for (let j = 0; j < groups.length; j++) {
    const part = parts[j % parts.length];
    const top = Math.min(Math.max(upper[j] + lambdaAbove[part], 0), 1);
    const bottom = Math.min(Math.max(lower[j] - lambdaBelow[part], 0), 1);
    length[groups[j]] += top - bottom;
  }
  return length;
}
