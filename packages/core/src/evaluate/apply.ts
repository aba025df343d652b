import { NO_GROUP } from '../partition/partition.ts';
import type { Interval } from '../profile/interval.ts';
import type { CalibratedLambda } from './calibrated-lambda.ts';

/** Calibrated intervals of some voxels; all arrays are as long as the interval's. */
export interface CalibratedInterval {
  /** Published bounds, clipped to [0, 1]: every voxel that λ covers lies inside. */
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  /** λ of each voxel; with two sides, that of the lower end. */
  readonly lambdaBelow: Float32Array;
  readonly lambdaAbove: Float32Array;
}

/**
 * Widens heuristic intervals by a calibrated λ.
 *
 * Coverage is decided in f32 (score ≤ λ), so a bound computed in one rounding could exclude a covered voxel. The lower
 * bound is therefore lower − (λ + nextUp(λ))/2 in f64, rounded down to f32 and clipped; the upper bound mirrored: the
 * half-way point to the next λ is the farthest a difference that rounds to λ can reach. A weighted score is rounded
 * twice, so its reach is taken twice: of the quotient, then of the difference. Where λ may be negative a bound goes no
 * further than the point.
 *
 * @param regions of the voxels in the calibration's partition
 */
export function applyLambda(
  interval: Interval,
  regions: Uint8Array | Uint16Array,
  calibrated: CalibratedLambda,
): CalibratedInterval {
  const { partition, sides, lambda } = calibrated;
  const { groupOfRegion, keys } = partition;
  const { lower, upper, weights, point } = interval;
  const above = sides === 2 ? keys.length : 0;
  const reach = Float64Array.from(lambda, reachOf);
  const reachAt = (at: number, weight: Float32Array | undefined, voxel: number) =>
    weight ? reachOf(reach[at] * weight[voxel]) : reach[at];
  const result = {
    lower: new Float32Array(lower.length),
    upper: new Float32Array(lower.length),
    lambdaBelow: new Float32Array(lower.length),
    lambdaAbove: new Float32Array(lower.length),
  };
  for (let voxel = 0; voxel < lower.length; voxel++) {
    const group = groupOfRegion[regions[voxel]];
    const infinite = group === NO_GROUP || group === undefined;
    const below = infinite ? Number.POSITIVE_INFINITY : reachAt(group, weights?.lower, voxel);
    const over = infinite ? Number.POSITIVE_INFINITY : reachAt(above + group, weights?.upper, voxel);
    const least = point
      ? Math.min(point[voxel], roundDown(lower[voxel] - below))
      : roundDown(lower[voxel] - below);
    const most = -roundDown(-(upper[voxel] + over));
    result.lower[voxel] = Math.max(least, 0);
    result.upper[voxel] = Math.min(point ? Math.max(point[voxel], most) : most, 1);
    result.lambdaBelow[voxel] = infinite ? Number.POSITIVE_INFINITY : lambda[group];
    result.lambdaAbove[voxel] = infinite ? Number.POSITIVE_INFINITY : lambda[above + group];
  }
  return result;
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The next f32 above one; infinity stays. */
export function nextUp(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  float[0] = value === 0 ? 0 : value;
  bits[0] += value < 0 ? -1 : 1;
  return float[0];
}

/** The largest number that rounds to an f32 no larger than `value`, in f64. */
function reachOf(value: number): number {
  const largest = roundDown(value);
  return (largest + nextUp(largest)) / 2;
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
