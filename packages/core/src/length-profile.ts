import { type Kernels, profileScores } from '@semcrc/kernels';
import type { Interval } from './interval.ts';
import type { Sample } from './sample.ts';

/**
 * Largest λ for which lengths are kept in profiles. Every distance from a bound to the range's edge below it is stored,
 * so it trades memory for reach: an eighth of the range is far more than λ at usual tolerances.
 */
export const LENGTH_REACH = 0.125;

/** Sums of stored distances are kept after every so many of them. */
const BLOCK = 32;

/**
 * All that the mean length of a scan's intervals needs, for λ up to `LENGTH_REACH`, one λ per organ. With bounds in
 * [0, 1], clamp(upper + λ) − clamp(lower − λ) = (upper − lower) + min(λ, lower) + min(λ, 1 − upper): a λ beyond a
 * bound's distance to the edge adds only that distance.
 */
export interface LengthProfile {
  /** Σ (upper − lower) over each organ slot's voxels. */
  readonly width: Float64Array;
  readonly below: EdgeDistances;
  readonly above: EdgeDistances;
}

/** Distances of the bounds on one side to the edge of the range, by organ slot. */
export interface EdgeDistances {
  /** Voxels at least `LENGTH_REACH` away. */
  readonly beyond: Uint32Array;
  /** Organ slot k holds values[offsets[k]] up to, excluding, values[offsets[k + 1]]. */
  readonly offsets: Uint32Array;
  /** Positive distances below `LENGTH_REACH`, ascending within each slot; those of 0 add nothing. */
  readonly values: Float32Array;
  /** Sums of the values before index 0, 32, 64, … */
  readonly sums: Float64Array;
}

/** Sorts what lies near the edge of the range. Both distances are exact in f32 below `LENGTH_REACH`. */
export function profileLengths(
  kernels: Kernels,
  sample: Sample,
  { lower, upper }: Interval,
  slots: number,
): LengthProfile {
  const { groups } = sample;
  const width = new Float64Array(slots);
  const beyondBelow = new Uint32Array(slots);
  const beyondAbove = new Uint32Array(slots);
  const below = new Float32Array(lower.length);
  const above = new Float32Array(lower.length);
  for (let voxel = 0; voxel < groups.length; voxel++) {
    const organ = groups[voxel];
    const low = lower[voxel];
    const high = upper[voxel];
    width[organ] += high - low;
    if (low < LENGTH_REACH) below[voxel] = low;
    else beyondBelow[organ]++;
    const room = 1 - high;
    if (room < LENGTH_REACH) above[voxel] = room;
    else beyondAbove[organ]++;
  }
  const sorted = (distances: Float32Array, beyond: Uint32Array): EdgeDistances => {
    const { offsets, scores: values } = profileScores(kernels, distances, groups, slots, {
      positions: false,
    });
    const sums = new Float64Array(Math.floor(values.length / BLOCK) + 1);
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      if (i % BLOCK === 0) sums[i / BLOCK] = sum;
      sum += values[i];
    }
    if (values.length % BLOCK === 0) sums[values.length / BLOCK] = sum;
    return { beyond, offsets, values, sums };
  };
  return { width, below: sorted(below, beyondBelow), above: sorted(above, beyondAbove) };
}

/**
 * Σ clamp(upper + λ) − clamp(lower − λ) over an organ slot's voxels, in f64.
 *
 * @param lambdaBelow in [0, LENGTH_REACH], as `lambdaAbove`; or infinite
 * @param voxels of the organ
 */
export function lengthOfOrgan(
  profile: LengthProfile,
  organ: number,
  lambdaBelow: number,
  lambdaAbove: number,
  voxels: number,
): number {
  if (lambdaBelow === Number.POSITIVE_INFINITY && lambdaAbove === Number.POSITIVE_INFINITY) return voxels;
  return (
    profile.width[organ] +
    growth(profile.below, organ, lambdaBelow) +
    growth(profile.above, organ, lambdaAbove)
  );
}

/** Whether a profile knows the length at λ: up to its reach, or infinite on both sides. */
export function lengthIsKnown(lambdaBelow: number, lambdaAbove: number): boolean {
  if (lambdaBelow === Number.POSITIVE_INFINITY && lambdaAbove === Number.POSITIVE_INFINITY) return true;
  return lambdaBelow <= LENGTH_REACH && lambdaAbove <= LENGTH_REACH;
}

/** Σ min(λ, distance) over an organ slot's voxels. */
function growth({ beyond, offsets, values, sums }: EdgeDistances, organ: number, lambda: number): number {
  const start = offsets[organ];
  const end = offsets[organ + 1];
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < lambda) low = middle + 1;
    else high = middle;
  }
  const met = sumBefore(values, sums, low) - sumBefore(values, sums, start);
  return met + lambda * (end - low + beyond[organ]);
}

function sumBefore(values: Float32Array, sums: Float64Array, index: number): number {
  const block = Math.floor(index / BLOCK);
  let sum = sums[block];
  for (let i = block * BLOCK; i < index; i++) sum += values[i];
  return sum;
}
