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
  widen(
    { lower, upper, weights, point }: Interval,
    regions: Uint8Array | Uint16Array,
    into: CalibratedInterval,
  ): void {
    const { lower: least, upper: most, lambdaBelow, lambdaAbove } = into;
    const [below, above] = [this.#below, this.#above];
    const [reachBelow, reachAbove] = [this.#reachBelow, this.#reachAbove];
    const leastBits = new Int32Array(least.buffer, least.byteOffset, least.length);
    const mostBits = new Int32Array(most.buffer, most.byteOffset, most.length);
    const none = below.length - 1;
    for (let voxel = 0; voxel < regions.length; voxel++) {
      const region = Math.min(regions[voxel], none);
      let under = reachBelow[region];
      let over = reachAbove[region];
      if (weights) {
        under = reachOf(under * weights.lower[voxel]);
        over = reachOf(over * weights.upper[voxel]);
      }
      // Rounded to nearest when stored, then to the neighbour where that went the wrong way. Next to a positive f32 its bits are
      // one less or more; half of all voxels need it, so nothing branches on it.
      const bottom = lower[voxel] - under;
      const low = Math.max(bottom, 0);
      least[voxel] = low;
      leastBits[voxel] -= +(least[voxel] > low);
      const top = upper[voxel] + over;
      const high = top < 1 ? Math.max(top, 0) : 1;
      most[voxel] = high;
      mostBits[voxel] += +(most[voxel] < high);
      if (point) {
        least[voxel] = Math.min(point[voxel], least[voxel]);
        most[voxel] = Math.max(point[voxel], most[voxel]);
      }
      lambdaBelow[voxel] = below[region];
      lambdaAbove[voxel] = above[region];
    }
  }

  /** Marks with 1 the voxels whose score is above their λ, with 0 the others. */
  markMissed(
    { lower, upper, weights, point }: Interval,
    regions: Uint8Array | Uint16Array,
    truth: Float32Array,
    into: Uint8Array,
  ): void {
    const [below, above] = [this.#below, this.#above];
    const none = below.length - 1;
    for (let voxel = 0; voxel < regions.length; voxel++) {
      const region = Math.min(regions[voxel], none);
      const x = truth[voxel];
      let under = Math.fround(lower[voxel] - x);
      let over = Math.fround(x - upper[voxel]);
      if (weights) {
        under = Math.fround(under / weights.lower[voxel]);
        over = Math.fround(over / weights.upper[voxel]);
      }
      // No branch: which voxels are missed is not to be foreseen.
      let outBelow = +(under > below[region]);
      let outAbove = +(over > above[region]);
      if (point) {
        // A voxel is missed on the side of its point that it lies on, and never on it.
        outBelow &= +(x < point[voxel]);
        outAbove &= +(x > point[voxel]);
      }
      into[voxel] = outBelow | outAbove;
    }
  }
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
