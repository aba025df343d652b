import type { ActiveFloor, Bounds } from '../columns.ts';

/** Twin of `filterActive`. */
export function filterActive(
  { truth, lower, upper }: Bounds,
  offsets: Uint32Array,
  { gamma, shift, side }: ActiveFloor,
  out: Bounds,
): Uint32Array {
  const kept = new Uint32Array(offsets.length);
  let end = 0;
  for (let s = 0; s + 1 < offsets.length; s++) {
    for (let j = offsets[s]; j < offsets[s + 1]; j++) {
      const twice = 2 * truth[j] - lower[j] - upper[j];
      const a = side === 'both' ? Math.abs(twice) : side === 'below' ? -twice : twice;
      if (a <= gamma * (upper[j] - lower[j]) + shift[s]) continue;
      out.truth[end] = truth[j];
      out.lower[end] = lower[j];
      out.upper[end] = upper[j];
      end++;
    }
    kept[s + 1] = end;
  }
  return kept;
}

/** Twin of `filterWithin`. */
export function filterWithin(values: Float32Array, low: number, high: number, out: Float32Array): number {
  let end = 0;
  for (const value of values) {
    if (!(value <= low || value >= high)) out[end++] = value;
  }
  return end;
}
