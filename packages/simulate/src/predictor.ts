import { binomial7, smoothSlice } from './smoothing.ts';

/** What the baseline predictor says about one slice: windowed intensities in [0, 1], lower ≤ point ≤ upper. */
export interface SlicePrediction {
  readonly point: Float32Array;
  readonly lower: Float32Array;
  readonly upper: Float32Array;
}

/** Below this smoothed intensity a pixel is taken for air: between air (0) and fat (0.18). */
const airBelow = 0.08;
/** Half-width = floor + slope·intensity + edge·gradient: a guess at the error, right on average, wrong organ by organ. */
const floor = 0.018;
const slope = 0.024;
const edge = 0.55;
/** In air the interval reaches from 0 to floor + slope·|smoothed measurement|: no two voxels are quite alike. */
const airFloor = 0.008;
const airSlope = 0.2;

/**
 * A smoothing predictor: a binomial blur (1.2 pixels) of the measurement, and a heuristic interval whose half-width grows
 * with intensity and with the gradient of the prediction. It is too narrow on purpose: about a fifth of all voxels lie
 * outside, more in dark or textured organs than in bright, even ones.
 */
export function predictSlice(
  measurement: Float32Array,
  height: number,
  width: number,
  out: SlicePrediction,
): void {
  const { point, lower, upper } = out;
  smoothSlice(measurement, point, height, width, binomial7);
  const broad = new Float32Array(height * width);
  smoothSlice(point, broad, height, width, binomial7);
  for (let at = 0; at < point.length; at++) point[at] = Math.min(1, Math.max(0, point[at]));
  for (let y = 0; y < height; y++) {
    const above = y > 0 ? -width : 0;
    const below = y < height - 1 ? width : 0;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (broad[at] < airBelow) {
        lower[at] = 0;
        upper[at] = airFloor + airSlope * Math.abs(broad[at]);
        continue;
      }
      const dx = broad[x < width - 1 ? at + 1 : at] - broad[x > 0 ? at - 1 : at];
      const dy = broad[at + below] - broad[at + above];
      const halfWidth = floor + slope * point[at] + (edge / 2) * (Math.abs(dx) + Math.abs(dy));
      lower[at] = Math.max(0, point[at] - halfWidth);
      upper[at] = Math.min(1, point[at] + halfWidth);
    }
  }
  for (let at = 0; at < point.length; at++) if (broad[at] < airBelow) point[at] = 0;
}
