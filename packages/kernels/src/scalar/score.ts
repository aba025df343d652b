import type { Bounds, IntervalColumns, SanitizeReport, ScaledBounds } from '../columns.ts';

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

/** Twin of `sanitizeIntervals`, in place. */
export function sanitizeIntervals({ lower, upper, point }: IntervalColumns): SanitizeReport {
  let clipped = 0;
  let crossed = 0;
  for (const column of point ? [lower, upper, point] : [lower, upper]) {
    for (let j = 0; j < column.length; j++) {
      const value = column[j];
      if (value < 0 || value > 1) {
        clipped++;
        column[j] = value < 0 ? 0 : 1;
      }
    }
  }
  for (let j = 0; j < lower.length; j++) {
    const a = lower[j];
    const b = upper[j];
    if (a > b) {
      crossed++;
      lower[j] = b;
      upper[j] = a;
    }
  }
  return { clipped, crossed };
}

/** Twin of `firstNaN`. */
export function firstNaN(values: Float32Array): number {
  for (let j = 0; j < values.length; j++) {
    if (Number.isNaN(values[j])) return j;
  }
  return -1;
}
