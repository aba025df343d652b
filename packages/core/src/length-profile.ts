import { type EdgeProfile, type EdgeDistances as Edges, type Kernels, profileEdges } from '@semcrc/kernels';
import { firstMissedOfAll } from './first-missed.ts';
import type { Interval } from './interval.ts';
import type { Sample } from './sample.ts';

/**
 * Largest λ for which lengths are kept in profiles. Every distance from a bound to the range's edge below it is stored,
 * so it trades memory for reach: an eighth of the range is far more than λ at usual tolerances.
 */
export const LENGTH_REACH = 0.125;

/** Sums of stored distances are kept after every so many of them, a power of two. */
const BLOCK = 8;

/**
 * All that the mean length of a scan's intervals needs, for λ up to `LENGTH_REACH`, one λ per organ. With bounds in
 * [0, 1], clamp(upper + λ) − clamp(lower − λ) = (upper − lower) + min(λ, lower) + min(λ, 1 − upper): a λ beyond a
 * bound's distance to the edge adds only that distance.
 */
export interface LengthProfile extends EdgeProfile {
  readonly below: EdgeDistances;
  readonly above: EdgeDistances;
}

/** Distances up to `LENGTH_REACH` of the bounds on one side to the edge of the range, by organ slot; those of 0 add nothing. */
export interface EdgeDistances extends Edges {
  /** Sums of the values before index 0, 8, 16, … */
  readonly sums: Float64Array;
}

/** Sorts what lies near the edge of the range. Both distances are exact in f32 below `LENGTH_REACH`. */
export function profileLengths(
  kernels: Kernels,
  sample: Sample,
  interval: Interval,
  slots: number,
): LengthProfile {
  const { width, below, above } = profileEdges(kernels, interval, sample.organs, slots, LENGTH_REACH);
  return { width, below: withSums(below), above: withSums(above) };
}

function withSums(distances: Edges): EdgeDistances {
  const sums = new Float64Array(Math.floor(distances.values.length / BLOCK) + 1);
  addUp(distances.values, sums);
  return { ...distances, sums };
}

/** Writes the sum of the values before each block. Nothing follows the loop: V8, which compiles it as it runs, would fall out there. */
function addUp(values: Float32Array, sums: Float64Array): void {
  let sum = 0;
  for (let block = 0; block < sums.length; block++) {
    sums[block] = sum;
    const end = Math.min((block + 1) * BLOCK, values.length);
    for (let i = block * BLOCK; i < end; i++) sum += values[i];
  }
}

/** Whether a profile knows the length at λ: up to its reach, or infinite on both sides. */
export function lengthIsKnown(lambdaBelow: number, lambdaAbove: number): boolean {
  if (lambdaBelow === Number.POSITIVE_INFINITY && lambdaAbove === Number.POSITIVE_INFINITY) return true;
  return lambdaBelow <= LENGTH_REACH && lambdaAbove <= LENGTH_REACH;
}

/**
 * Σ min(λ, distance) over an organ slot's voxels, in f64: what λ adds to the slot's lengths on one side. One sum for each
 * λ, which ascend; meaningless where λ is infinite.
 *
 * @param met memory for as many numbers
 */
export function growths(
  { beyond, offsets, values, sums }: EdgeDistances,
  organ: number,
  lambda: Float32Array,
  met: Uint32Array,
  out: Float64Array,
): void {
  const start = offsets[organ];
  const end = offsets[organ + 1];
  if (start === end) {
    for (let i = 0; i < lambda.length; i++) out[i] = lambda[i] * beyond[organ];
    return;
  }
  const before = sumBefore(values, sums, start);
  firstMissedOfAll(values, start, end, lambda, met);
  for (let i = 0; i < lambda.length; i++) {
    out[i] = sumBefore(values, sums, met[i]) - before + lambda[i] * (end - met[i] + beyond[organ]);
  }
}

function sumBefore(values: Float32Array, sums: Float64Array, index: number): number {
  const start = index & -BLOCK;
  let sum = sums[start / BLOCK];
  for (let i = start; i < index; i++) sum += values[i];
  return sum;
}
