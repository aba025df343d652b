import { lowerSigned, profileScores, radixSort, raiseSigned, SemcrcError } from '@semcrc/kernels';
import { lowerMinorant, type Minorant } from './minorant.ts';
import { pinColumns } from './pinned.ts';
import { type LengthProblem, type LengthVoxels, segmentsOfGroups } from './problem.ts';

/** Values ascending, each with an amount. */
interface Knots {
  readonly values: Float32Array;
  readonly amounts: Float64Array;
}

/** Values with amounts as they are gathered, voxel by voxel. */
class Gathered {
  readonly values: Float32Array;
  readonly amounts: Float64Array;
  count = 0;

  constructor(capacity: number) {
    this.values = new Float32Array(capacity);
    this.amounts = new Float64Array(capacity);
  }

  add(value: number, amount: number): void {
    this.values[this.count] = value;
    this.amounts[this.count++] = amount;
  }
}

/**
 * Reads step curves of misses over cost where intervals may shrink: λ runs from −1, where an interval is its point. A voxel
 * below its point is missed iff lower − x > λ, above mirrored; its bound stands min(max(λ + (point − lower), 0), point)
 * away from the point, so its cost begins to grow at λ = lower − point and ends at λ = lower.
 */
export class ShrinkingCurveReader {
  readonly #problem: LengthProblem;
  readonly #segments: readonly (readonly number[])[];
  readonly #voxels: () => LengthVoxels;

  constructor(problem: LengthProblem) {
    if (problem.voxels.lowerWeight) {
      throw new SemcrcError('usage', 'intervals that grow by widths of their own cannot shrink');
    }
    this.#problem = problem;
    this.#segments = segmentsOfGroups(problem);
    this.#voxels = pinColumns(problem);
  }

  /** The lower convex minorant of the step curve at a place in the published λ. */
  minorant(index: number): Minorant {
    const { groupCount, sides, offsets, weightOfSegment } = this.#problem;
    const { truth, lower, upper, point = lower } = this.#voxels();
    const segments = this.#segments[index % groupCount];
    const below = sides === 1 || index < groupCount;
    const above = sides === 1 || index >= groupCount;
    const size = segments.reduce((sum, s) => sum + offsets[s + 1] - offsets[s], 0);
    const scores = new Gathered(size);
    const starts = new Gathered(size * (3 - sides));
    const ends = new Gathered(size * (3 - sides));
    for (const s of segments) {
      const weight = weightOfSegment[s];
      for (let j = offsets[s]; j < offsets[s + 1]; j++) {
        const x = truth[j];
        const p = point[j];
        const low = lower[j];
        const high = upper[j];
        if (Number.isNaN(x + p + low + high)) {
          throw new SemcrcError('bad-input', `voxel ${j}: truth, lower, upper or point is NaN`, {
            data: { voxel: j },
          });
        }
        if (below) {
          if (x < p) scores.add(low - x, weight);
          if (p > 0) {
            starts.add(low - p, weight);
            ends.add(low, weight);
          }
        }
        if (above) {
          if (x > p) scores.add(x - high, weight);
          if (p < 1) {
            starts.add(p - high, weight);
            ends.add(1 - high, weight);
          }
        }
      }
    }
    const missed = this.#sorted(scores);
    const count = missed.values.length;
    const lambda = new Float32Array(count + 1);
    lambda[0] = -1;
    lambda.set(missed.values, 1);
    const miss = new Float64Array(count + 1);
    // Summed from the end, so that the share missed at the last score is exactly 0.
    for (let i = count; i > 0; i--) miss[i - 1] = miss[i] + missed.amounts[i - 1];
    const cost = new Float64Array(count + 1);
    writeCost(this.#sorted(starts), this.#sorted(ends), lambda, cost);
    return lowerMinorant(lambda, cost, miss);
  }

  #sorted({ values, amounts, count }: Gathered): Knots {
    const { kernels } = this.#problem;
    const own = values.subarray(0, count);
    const first = amounts[0];
    if (amounts.subarray(0, count).every((amount) => amount === first)) {
      radixSort(kernels, own);
      return { values: own, amounts: amounts.subarray(0, count) };
    }
    raiseSigned(own);
    const sorted = profileScores(kernels, own, new Uint8Array(count), 1, { positions: true });
    lowerSigned(sorted.scores);
    return {
      values: sorted.scores,
      amounts: Float64Array.from(sorted.positions ?? [], (position) => amounts[position]),
    };
  }
}

/** Writes half the cost at every λ of an ascending list: each amount counts λ from its start to its end. */
function writeCost(starts: Knots, ends: Knots, lambda: Float32Array, cost: Float64Array): void {
  let total = 0;
  let slope = 0;
  let at = -1;
  let begun = 0;
  let ended = 0;
  for (let i = 0; i < lambda.length; i++) {
    for (;;) {
      const start = begun < starts.values.length ? starts.values[begun] : Infinity;
      const end = ended < ends.values.length ? ends.values[ended] : Infinity;
      const knot = Math.min(start, end);
      if (knot > lambda[i]) break;
      total += slope * (knot - at);
      at = knot;
      // Rounding of a sum of amounts must not let costs fall.
      if (start <= end) slope += starts.amounts[begun++];
      else slope = Math.max(0, slope - ends.amounts[ended++]);
    }
    total += slope * (lambda[i] - at);
    at = lambda[i];
    cost[i] = total / 2;
  }
}
