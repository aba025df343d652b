import {
  computeScaledScores,
  computeScores,
  filterWithin,
  firstNaN,
  missesBySegment,
  SemcrcError,
} from '@semcrc/kernels';
import { addClampedCost, type ClampPoints, sortWeighed, type Weighed } from './clamped-cost.ts';
import { lowerMinorant, type Minorant } from './minorant.ts';
import { pinColumns } from './pinned.ts';
import { type LengthProblem, type LengthVoxels, segmentsOfGroups } from './problem.ts';

/** The largest f32 below 1 is 1 − EPSILON. */
const EPSILON = 2 ** -24;

/** An array reused from group to group; its contents are whatever was there before. */
class Scratch<T extends Float32Array | Float64Array> {
  readonly #make: (length: number) => T;
  #array: T;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#array = make(0);
  }

  room(length: number): T {
    if (this.#array.length < length) this.#array = this.#make(length);
    return this.#array.subarray(0, length) as T;
  }
}

type Side = 'both' | 'below' | 'above';

/** Reads the step curve of misses over clamped cost of one group (and side) after the other. */
export class CurveReader {
  readonly #problem: LengthProblem;
  readonly #segments: readonly (readonly number[])[];
  readonly #voxels: () => LengthVoxels;
  readonly #scores: () => Float32Array;
  /** The side that `#scores` holds. */
  #side: Side | undefined;
  /** Room for one value per voxel of the largest group. */
  readonly #buffer: () => Float32Array;
  /** Room for their weights, where these differ, and for the curve of one group. */
  readonly #amounts = new Scratch((length) => new Float64Array(length));
  readonly #lambda = new Scratch((length) => new Float32Array(length));
  readonly #cost = new Scratch((length) => new Float64Array(length));
  readonly #miss = new Scratch((length) => new Float64Array(length));

  constructor(problem: LengthProblem) {
    const { kernels, offsets } = problem;
    this.#problem = problem;
    this.#segments = segmentsOfGroups(problem);
    this.#voxels = pinColumns(problem);
    const sizes = this.#segments.map((own) => own.reduce((sum, s) => sum + offsets[s + 1] - offsets[s], 0));
    const scores = kernels.arena.float32(problem.voxels.truth.length);
    const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
    // Filters are fastest where they may overrun what they keep by three values.
    const buffer = kernels.arena.float32(largest + 3);
    this.#scores = () => scores.view;
    this.#buffer = () => buffer.view;
  }

  /** Scores of all voxels on one side; where the truth lies on the other they are 0 or less. */
  #computeScores(side: Side): void {
    if (side === this.#side) return;
    const { kernels } = this.#problem;
    const { truth, lowerWeight, upperWeight, ...bounds } = this.#voxels();
    // A bound that coincides with the truth is never missed.
    const lower = side === 'above' ? truth : bounds.lower;
    const upper = side === 'below' ? truth : bounds.upper;
    const scores = this.#scores();
    if (lowerWeight && upperWeight) {
      computeScaledScores(kernels, { truth, lower, upper, lowerWeight, upperWeight }, scores);
    } else {
      computeScores(kernels, { truth, lower, upper }, scores);
    }
    const blank = firstNaN(kernels, scores);
    if (blank >= 0) {
      throw new SemcrcError(
        'bad-input',
        `the score of voxel ${blank} is NaN: truth, lower or upper hold a NaN`,
        { data: { voxel: blank } },
      );
    }
    this.#side = side;
  }

  /** The lower convex minorant of the step curve at a place in the published λ. */
  minorant(index: number): Minorant {
    const { groupCount, sides, weightOfSegment } = this.#problem;
    const group = index % groupCount;
    const side: Side = sides === 1 ? 'both' : index < groupCount ? 'below' : 'above';
    const segments = this.#segments[group];
    const weights = segments.map((s) => weightOfSegment[s]);
    const equal = weights.every((weight) => weight === weights[0]) ? weights[0] : undefined;

    this.#computeScores(side);
    const { values, amounts } = this.#sortedScores(segments, equal);
    const count = values.length;
    const lambda = this.#lambda.room(count + 1);
    const cost = this.#cost.room(count + 1);
    const miss = this.#miss.room(count + 1);
    lambda[0] = 0;
    lambda.set(values, 1);
    cost.fill(0);
    // Summed from the end, so that the share missed at the last score is exactly 0.
    miss[count] = 0;
    for (let i = count; i > 0; i--) {
      miss[i - 1] = typeof amounts === 'number' ? (count + 1 - i) * amounts : miss[i] + amounts[i - 1];
    }
    if (count > 0) {
      const reach = lambda[count];
      if (side !== 'above') addClampedCost(this.#clampPoints(segments, 'lower', reach, equal), lambda, cost);
      if (side !== 'below') addClampedCost(this.#clampPoints(segments, 'upper', reach, equal), lambda, cost);
      for (let i = 0; i <= count; i++) cost[i] /= 2;
    }
    return lowerMinorant(lambda, cost, miss);
  }

  /** Positive scores of a group, ascending, with the weight of their voxels. */
  #sortedScores(segments: readonly number[], equal: number | undefined): Weighed {
    const { kernels, offsets, weightOfSegment } = this.#problem;
    const scores = this.#scores();
    const out = this.#buffer();
    const weights = this.#amounts.room(equal === undefined ? out.length : 0);
    let count = 0;
    for (const s of segments) {
      const own = scores.subarray(offsets[s], offsets[s + 1]);
      const before = count;
      count += filterWithin(kernels, own, 0, Infinity, out.subarray(count));
      weights.fill(weightOfSegment[s], before, count);
    }
    return sortWeighed(kernels, out.subarray(0, count), equal ?? weights.subarray(0, count));
  }

  /** Where the bounds of a group on one side meet the edge of the range, as far as a λ up to `reach` takes them. */
  #clampPoints(
    segments: readonly number[],
    bound: 'lower' | 'upper',
    reach: number,
    equal: number | undefined,
  ): ClampPoints {
    const { kernels, offsets, weightOfSegment } = this.#problem;
    const voxels = this.#voxels();
    const column = voxels[bound];
    const widths = bound === 'lower' ? voxels.lowerWeight : voxels.upperWeight;
    const out = this.#buffer();
    let count = 0;
    if (widths === undefined && equal !== undefined) {
      const fromLower = bound === 'lower';
      const [low, high] = fromLower ? [0, reach] : [Math.fround(1 - reach) - EPSILON, 1];
      let moving = 0;
      for (const s of segments) {
        const own = column.subarray(offsets[s], offsets[s + 1]);
        const size = Uint32Array.of(0, own.length);
        const beyond = missesBySegment(kernels, own, size, Float32Array.of(fromLower ? 0 : 1 - EPSILON))[0];
        moving += fromLower ? beyond : own.length - beyond;
        count += filterWithin(kernels, own, low, high, out.subarray(count));
      }
      const sorted = sortWeighed(kernels, out.subarray(0, count), equal);
      return { ...sorted, kind: fromLower ? 'distance' : 'upper', total: moving * equal };
    }
    const amounts = this.#amounts.room(out.length);
    let total = 0;
    for (const s of segments) {
      for (let j = offsets[s]; j < offsets[s + 1]; j++) {
        const width = widths?.[j] ?? 1;
        const distance = (bound === 'lower' ? column[j] : 1 - column[j]) / width;
        if (distance > 0) {
          const amount = width * weightOfSegment[s];
          total += amount;
          if (distance < reach) {
            amounts[count] = amount;
            out[count++] = distance;
          }
        }
      }
    }
    const sorted = sortWeighed(kernels, out.subarray(0, count), amounts.subarray(0, count));
    return { ...sorted, kind: 'distance', total };
  }
}
