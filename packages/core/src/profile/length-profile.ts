import { type EdgeDistances, type Kernels, profileEdges } from '@semcrc/kernels';
import type { Sample } from '../cohort/sample.ts';
import { firstMissed } from './first-missed.ts';
import type { Interval } from './interval.ts';
import type { SortedNumbers } from './sorted-numbers.ts';

/**
 * Largest λ for which lengths are kept in profiles of one run. Every distance from a bound to the range's edge below it is stored,
 * so it trades memory for reach: an eighth of the range is far more than λ at usual tolerances.
 */
export const LENGTH_REACH = 0.125;

/** Sums of stored distances are kept at every 8th, a power of two. */
const BLOCK = 8;

/**
 * All that the mean length of a scan's intervals needs, one λ per organ. With bounds in [0, 1],
 * clamp(upper + λ) − clamp(lower − λ) = (upper − lower) + min(λ, lower) + min(λ, 1 − upper): a λ beyond a bound's distance to
 * the edge adds only that distance.
 */
export interface LengthProfile {
  /** Σ (upper − lower) by organ slot, at λ = 0. */
  readonly width: Float64Array;
  /** Distances below it are kept one by one. */
  readonly reach: number;
  readonly below: EdgeSums;
  readonly above: EdgeSums;
}

/** Distances of the bounds on one side to the edge of the range, by organ slot; those of 0 add nothing. */
export interface EdgeSums {
  /** Voxels of each organ slot whose distance is the reach or more. */
  readonly beyond: Uint32Array;
  /** Organ o owns values[offsets[o]] (inclusive) to values[offsets[o + 1]] (exclusive). */
  readonly offsets: Uint32Array;
  /** Distances above 0 and below the reach, ascending inside each organ. */
  readonly values: SortedNumbers;
  /** Sums of the values before index 0, 8, 16, …; empty where `values` are paged and sum themselves. */
  readonly sums: Float64Array;
  /** What is known of the distances beyond the reach; null: their number. */
  readonly tail: EdgeTail | null;
}

/**
 * Distances beyond the reach, gathered in bins: what lies in one counts as if all of it stood at its mean. min(λ, ·) is
 * concave, so lengths come out too long by this, never too short.
 */
export interface EdgeTail {
  /** Organ o owns the bins offsets[o] (inclusive) to offsets[o + 1] (exclusive), ascending. */
  readonly offsets: Uint32Array;
  /** Σ of what one unit of λ adds: the number of voxels, or the sum of their widths per unit of λ. */
  readonly amounts: Float64Array;
  /** Σ amount · distance. */
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
  return { width, reach: LENGTH_REACH, below: withSums(below), above: withSums(above) };
}

/** Distances with the sums that lengths are read off from. */
export function withSums(distances: EdgeDistances, tail: EdgeTail | null = null): EdgeSums {
  const { values } = distances;
  const sums = new Float64Array(Math.floor(values.length / BLOCK) + 1);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % BLOCK === 0) sums[i / BLOCK] = sum;
    sum += values[i];
  }
  if (values.length % BLOCK === 0) sums[values.length / BLOCK] = sum;
  return { ...distances, sums, tail };
}

/** Whether a profile knows the length at λ: up to its reach or, where it has tails, any; or infinite on both sides. */
export function lengthIsKnown(lengths: LengthProfile, lambdaBelow: number, lambdaAbove: number): boolean {
  const { reach, below, above } = lengths;
  if (lambdaBelow === Number.POSITIVE_INFINITY && lambdaAbove === Number.POSITIVE_INFINITY) return true;
  const known = (lambda: number, { tail }: EdgeSums) =>
    lambda <= reach || (tail !== null && lambda < Number.POSITIVE_INFINITY);
  return known(lambdaBelow, below) && known(lambdaAbove, above);
}

/** Σ min(λ, distance) over an organ slot's voxels, in f64: what a finite λ adds to the slot's lengths on one side. */
export function growth(
  { beyond, offsets, values, sums, tail }: EdgeSums,
  reach: number,
  organ: number,
  lambda: number,
): number {
  const start = offsets[organ];
  const end = offsets[organ + 1];
  const inTail = tail !== null && lambda > reach;
  const met = inTail ? end : firstMissed(values, start, end, lambda);
  const near = sumBefore(values, sums, met) - sumBefore(values, sums, start);
  return inTail ? near + tailGrowth(tail, organ, lambda) : near + lambda * (end - met + beyond[organ]);
}

function tailGrowth({ offsets, amounts, sums }: EdgeTail, organ: number, lambda: number): number {
  let sum = 0;
  for (let bin = offsets[organ]; bin < offsets[organ + 1]; bin++) {
    sum += Math.min(lambda * amounts[bin], sums[bin]);
  }
  return sum;
}

function sumBefore(values: SortedNumbers, sums: Float64Array, index: number): number {
  if (!(values instanceof Float32Array)) return values.sumBefore(index);
  const start = index & -BLOCK;
  let sum = sums[start / BLOCK];
  for (let i = start; i < index; i++) sum += values[i];
  return sum;
}
