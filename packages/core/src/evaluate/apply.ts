import {
  type GrowingIntervals,
  type Kernels,
  markMissed,
  type RegionLambda,
  widenIntervals,
} from '@semcrc/kernels';
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
 * Widens heuristic intervals by a calibrated λ, rounded outward as `widenIntervals` of `@semcrc/kernels` says. Where λ may be
 * negative a bound goes no further than the point.
 *
 * @param regions of the voxels in the calibration's partition
 */
export function applyLambda(
  kernels: Kernels,
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
  const widening = new Widening(kernels, calibrated);
  widening.widen(interval, regions, result);
  widening.writeLambda(regions, result);
  return result;
}

/** A calibrated λ region by region, for scans that are looked at piece by piece. */
export class Widening {
  readonly #kernels: Kernels;
  /** Infinite for what has no λ, one entry behind the last region. */
  readonly #lambda: RegionLambda;

  constructor(kernels: Kernels, { partition, sides, lambda }: CalibratedLambda) {
    this.#kernels = kernels;
    const { groupOfRegion, keys } = partition;
    const firstAbove = sides === 2 ? keys.length : 0;
    const count = groupOfRegion.length + 1;
    const below = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
    const above = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
    for (const [region, group] of groupOfRegion.entries()) {
      if (group === NO_GROUP) continue;
      below[region] = lambda[group];
      above[region] = lambda[firstAbove + group];
    }
    this.#lambda = { below, above };
  }

  /** Writes the bounds of {@link applyLambda} into arrays as long as `regions`. */
  widen(
    interval: Interval,
    regions: Uint8Array | Uint16Array,
    into: Pick<CalibratedInterval, 'lower' | 'upper'>,
  ): void {
    widenIntervals(this.#kernels, growing(interval), regions, this.#lambda, into);
  }

  /** Writes the λ of each voxel into arrays as long as `regions`. */
  writeLambda(
    regions: Uint8Array | Uint16Array,
    { lambdaBelow, lambdaAbove }: Pick<CalibratedInterval, 'lambdaBelow' | 'lambdaAbove'>,
  ): void {
    const { below, above } = this.#lambda;
    const none = below.length - 1;
    for (let voxel = 0; voxel < regions.length; voxel++) {
      const region = Math.min(regions[voxel], none);
      lambdaBelow[voxel] = below[region];
      lambdaAbove[voxel] = above[region];
    }
  }

  /** Marks with 1 the voxels whose score is above their λ, with 0 the others. */
  markMissed(
    interval: Interval,
    regions: Uint8Array | Uint16Array,
    truth: Float32Array,
    into: Uint8Array,
  ): void {
    markMissed(this.#kernels, { ...growing(interval), truth }, regions, this.#lambda, into);
  }
}

/** An interval in the words of the kernels. */
function growing({ lower, upper, weights, point }: Interval): GrowingIntervals {
  return {
    lower,
    upper,
    ...(weights ? { lowerWeight: weights.lower, upperWeight: weights.upper } : {}),
    ...(point ? { point } : {}),
  };
}
