import { type EdgeDistances, type EdgeProfile, type Kernels, profileEdges } from '@semcrc/kernels';
import type { Sample } from '../cohort/sample.ts';
import { firstMissed } from './first-missed.ts';
import type { Interval } from './interval.ts';

/**
 * Largest λ for which lengths are kept in profiles. Every distance from a bound to the range's edge below it is stored,
 * so it trades memory for reach: an eighth of the range is far more than λ at usual tolerances.
 */
export const LENGTH_REACH = 0.125;

/** Sums of stored distances are kept at every 8th, a power of two. */
const BLOCK = 8;

/**
 * All that the mean length of a scan's intervals needs, for λ up to `LENGTH_REACH`, one λ per organ. With bounds in
 * [0, 1], clamp(upper + λ) − clamp(lower − λ) = (upper − lower) + min(λ, lower) + min(λ, 1 − upper): a λ beyond a
 * bound's distance to the edge adds only that distance.
 */
export interface LengthProfile extends EdgeProfile {
  readonly below: EdgeSums;
  readonly above: EdgeSums;
}

/** Distances up to `LENGTH_REACH` of the bounds on one side to the edge of the range, by organ slot; those of 0 add nothing. */
export interface EdgeSums extends EdgeDistances {
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

function withSums(distances: EdgeDistances): EdgeSums {
  const { values } = distances;
  const sums = new Float64Array(Math.floor(values.length / BLOCK) + 1);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % BLOCK === 0) sums[i / BLOCK] = sum;
    sum += values[i];
  }
  if (values.length % BLOCK === 0) sums[values.length / BLOCK] = sum;
  return { ...distances, sums };
}

/** Whether a profile knows the length at λ: up to its reach, or infinite on both sides. */
export function lengthIsKnown(lambdaBelow: number, lambdaAbove: number): boolean {
  if (lambdaBelow === Number.POSITIVE_INFINITY && lambdaAbove === Number.POSITIVE_INFINITY) return true;
  return lambdaBelow <= LENGTH_REACH && lambdaAbove <= LENGTH_REACH;
}

/** Σ min(λ, distance) over an organ slot's voxels, in f64: what a finite λ adds to the slot's lengths on one side. */
export function growth({ beyond, offsets, values, sums }: EdgeSums, organ: number, lambda: number): number {
  const start = offsets[organ];
  const end = offsets[organ + 1];
  const met = firstMissed(values, start, end, lambda);
  return sumBefore(values, sums, met) - sumBefore(values, sums, start) + lambda * (end - met + beyond[organ]);
}

function sumBefore(values: Float32Array, sums: Float64Array, index: number): number {
  const start = index & -BLOCK;
  let sum = sums[start / BLOCK];
  for (let i = start; i < index; i++) sum += values[i];
  return sum;
}
