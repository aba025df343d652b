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
  const { length } = regions;
  const result = {
    lower: new Float32Array(length),
    upper: new Float32Array(length),
    lambdaBelow: new Float32Array(length),
    lambdaAbove: new Float32Array(length),
  };
  new Widening(calibrated).widen(interval, regions, result);
  return result;
}

/** A calibrated λ region by region, for scans that are looked at piece by piece. */
export class Widening {
  /** λ of each region below and above, and how far the bounds go by it; infinite for what has no λ, one entry behind the last. */
  readonly #below: Float32Array;
  readonly #above: Float32Array;
  readonly #reachBelow: Float64Array;
  readonly #reachAbove: Float64Array;

  constructor({ partition, sides, lambda }: CalibratedLambda) {
    const { groupOfRegion, keys } = partition;
    const above = sides === 2 ? keys.length : 0;
    const count = groupOfRegion.length + 1;
    this.#below = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
    this.#above = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
    this.#reachBelow = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    this.#reachAbove = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    for (const [region, group] of groupOfRegion.entries()) {
      if (group === NO_GROUP) continue;
      this.#below[region] = lambda[group];
      this.#above[region] = lambda[above + group];
      this.#reachBelow[region] = reachOf(lambda[group]);
      this.#reachAbove[region] = reachOf(lambda[above + group]);
    }
  }

  /** As {@link applyLambda}, into arrays at least as long as `regions`. */
  widen(interval: Interval, regions: Uint8Array | Uint16Array, into: CalibratedInterval): void {
    const { lower, upper, weights, point } = interval;
    const none = this.#below.length - 1;
    for (let voxel = 0; voxel < regions.length; voxel++) {
      const region = Math.min(regions[voxel], none);
      let below = this.#reachBelow[region];
      let over = this.#reachAbove[region];
      if (weights) {
        below = reachOf(below * weights.lower[voxel]);
        over = reachOf(over * weights.upper[voxel]);
      }
      let least = positiveRoundDown(lower[voxel] - below);
      let most = roundUpToOne(upper[voxel] + over);
      if (point) {
        least = Math.min(point[voxel], least);
        most = Math.max(point[voxel], most);
      }
      into.lower[voxel] = least;
      into.upper[voxel] = most;
      into.lambdaBelow[voxel] = this.#below[region];
      into.lambdaAbove[voxel] = this.#above[region];
    }
  }

  /** Marks with 1 the voxels whose score is above their λ, with 0 the others. */
  markMissed(
    { lower, upper, weights, point }: Interval,
    regions: Uint8Array | Uint16Array,
    truth: Float32Array,
    into: Uint8Array,
  ): void {
    const none = this.#below.length - 1;
    for (let voxel = 0; voxel < regions.length; voxel++) {
      const region = Math.min(regions[voxel], none);
      const x = truth[voxel];
      let below = Math.fround(lower[voxel] - x);
      let above = Math.fround(x - upper[voxel]);
      if (weights) {
        below = Math.fround(below / weights.lower[voxel]);
        above = Math.fround(above / weights.upper[voxel]);
      }
      // A voxel is missed on the side of its point that it lies on, and never on it.
      const outBelow = below > this.#below[region] && (!point || x < point[voxel]);
      const outAbove = above > this.#above[region] && (!point || x > point[voxel]);
      into[voxel] = outBelow || outAbove ? 1 : 0;
    }
  }
}

/** The largest f32 from 0 that is no larger than an f64; 0 where that is negative. */
function positiveRoundDown(value: number): number {
  if (!(value > 0)) return 0;
  const nearest = Math.fround(value);
  if (nearest <= value) return nearest;
  // From half a place to one below (a half is exact, below a power of two): rounds to the next f32.
  return nearest > SMALL ? Math.fround(nearest - nearest * 2 ** -24) : roundDown(value);
}

/** The smallest f32 up to 1 that is no smaller than an f64, which is not negative; 1 where that is larger. */
function roundUpToOne(value: number): number {
  if (!(value < 1)) return 1;
  const nearest = Math.fround(value);
  if (nearest >= value) return nearest;
  // From five eighths of a place to five quarters above: rounds to the next f32.
  return nearest > SMALL ? Math.fround(nearest + nearest * 1.25 * 2 ** -24) : -roundDown(-value);
}

/** Larger f32 have all the 24 places of their kind. */
const SMALL = 2 ** -100;

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
