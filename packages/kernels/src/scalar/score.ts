import type { Bounds, ScaledBounds } from '../columns.ts';

/** The larger number, the first of ±0 pairs, NaN if either is. */
function larger(a: number, b: number): number {
  return a < b || Number.isNaN(b) ? b : a;
}

/** Twin of `computeScores`: out = fround(max(fround(lower − x), fround(x − upper))); NaN stays NaN. */
export function computeScores({ truth, lower, upper }: Bounds, out: Float32Array): void {
  for (let j = 0; j < truth.length; j++) {
    const x = truth[j];
    out[j] = larger(Math.fround(lower[j] - x), Math.fround(x - upper[j]));
  }
}

/** Twin of `computeScaledScores`: differences and quotients each rounded once to f32. */
export function computeScaledScores(columns: ScaledBounds, out: Float32Array): void {
  const { truth, lower, upper, lowerWeight, upperWeight } = columns;
  for (let j = 0; j < truth.length; j++) {
    const x = truth[j];
    const below = Math.fround(Math.fround(lower[j] - x) / lowerWeight[j]);
    const above = Math.fround(Math.fround(x - upper[j]) / upperWeight[j]);
    out[j] = larger(below, above);
  }
}

/** Twin of `firstNaN`. */
export function firstNaN(values: Float32Array): number {
  for (let j = 0; j < values.length; j++) {
    if (Number.isNaN(values[j])) return j;
  }
  return -1;
}
