/**
 * Smooths one slice with the binomial kernel (1, 4, 6, 4, 1) / 16 along x, then along y, its taps `step` pixels apart;
 * beyond the edge the edge value repeats. `rows` is room for one slice; `out` may be `source`.
 */
export function smoothSlice(
  source: Float32Array,
  out: Float32Array,
  rows: Float32Array,
  height: number,
  width: number,
  step: number,
): void {
  const last = width - 1;
  const two = 2 * step;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const inner = Math.max(two, width - two);
    for (let x = 0; x < Math.min(two, width); x++) rows[row + x] = tap(source, row, x, last, step);
    for (let at = row + two, end = row + width - two; at < end; at++) {
      rows[at] =
        0.375 * source[at] +
        0.25 * (source[at - step] + source[at + step]) +
        0.0625 * (source[at - two] + source[at + two]);
    }
    for (let x = inner; x < width; x++) rows[row + x] = tap(source, row, x, last, step);
  }
  const bottom = height - 1;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const u1 = Math.max(0, y - step) * width;
    const u2 = Math.max(0, y - two) * width;
    const d1 = Math.min(bottom, y + step) * width;
    const d2 = Math.min(bottom, y + two) * width;
    for (let x = 0; x < width; x++) {
      out[row + x] =
        0.375 * rows[row + x] + 0.25 * (rows[u1 + x] + rows[d1 + x]) + 0.0625 * (rows[u2 + x] + rows[d2 + x]);
    }
  }
}

function tap(source: Float32Array, row: number, x: number, last: number, step: number): number {
  const near = (offset: number): number => source[row + Math.min(last, Math.max(0, x + offset))];
  return 0.375 * near(0) + 0.25 * (near(-step) + near(step)) + 0.0625 * (near(-2 * step) + near(2 * step));
}
