/**
 * Convolves one slice with a symmetric odd kernel along x, then along y; beyond the edge the edge value repeats.
 * `taps` holds the kernel's centre and one side, centre first; its full sum is expected to be 1. Binomial kernels have
 * exact binary weights.
 */
export function smoothSlice(
  source: Float32Array,
  out: Float32Array,
  height: number,
  width: number,
  taps: readonly [number, number, number, number],
): void {
  const [t0, t1, t2, t3] = taps;
  const rows = new Float32Array(height * width);
  const last = width - 1;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      const at = row + x;
      if (x >= 3 && x + 3 <= last) {
        rows[at] =
          t0 * source[at] +
          t1 * (source[at - 1] + source[at + 1]) +
          t2 * (source[at - 2] + source[at + 2]) +
          t3 * (source[at - 3] + source[at + 3]);
      } else {
        const near = (step: number): number =>
          source[row + Math.max(0, x - step)] + source[row + Math.min(last, x + step)];
        rows[at] = t0 * source[at] + t1 * near(1) + t2 * near(2) + t3 * near(3);
      }
    }
  }
  for (let y = 0; y < height; y++) {
    const up = (step: number): number => Math.max(0, y - step) * width;
    const down = (step: number): number => Math.min(height - 1, y + step) * width;
    const [u1, u2, u3, d1, d2, d3] = [up(1), up(2), up(3), down(1), down(2), down(3)];
    const row = y * width;
    for (let x = 0; x < width; x++) {
      out[row + x] =
        t0 * rows[row + x] +
        t1 * (rows[u1 + x] + rows[d1 + x]) +
        t2 * (rows[u2 + x] + rows[d2 + x]) +
        t3 * (rows[u3 + x] + rows[d3 + x]);
    }
  }
}

/** Binomial kernels of 3 and 7 taps, centre first: standard deviation 0.71 and 1.22 pixels. */
export const binomial3 = [2 / 4, 1 / 4, 0, 0] as const;
export const binomial7 = [20 / 64, 15 / 64, 6 / 64, 1 / 64] as const;
