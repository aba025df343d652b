import type { EdgeWeights, NeighbouringSlice } from '../edge-mean.ts';

/** Scalar twin of `edgePreservingMean`: neighbour by neighbour over the whole slice. */
export function edgePreservingMean(
  slices: readonly NeighbouringSlice[],
  centre: Float32Array,
  [height, width]: readonly [height: number, width: number],
  { reach, range }: EdgeWeights,
  out: Float32Array,
): void {
  const sums = new Float32Array(height * width);
  const weights = new Float32Array(height * width);
  for (const { data, guide, off: slicesOff } of slices) {
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) {
        const spatial = 1 / (1 + (dx * dx + dy * dy + 2 * slicesOff) / reach);
        const shift = dy * width + dx;
        for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
          for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
            const at = y * width + x;
            const off = guide[at + shift] - centre[at];
            const close = 1 / (1 + (off * off) / range);
            const weight = spatial * close * close;
            sums[at] += weight * data[at + shift];
            weights[at] += weight;
          }
        }
      }
    }
  }
  for (let at = 0; at < out.length; at++) out[at] = sums[at] / weights[at];
}
