import { computeScaledScores, computeScores, SemcrcError } from '@semcrc/kernels';
import { ClampedCost, type ClampPoints, sortWeighed } from './clamped-cost.ts';
import { type Minorant, MinorantBuilder } from './minorant.ts';
import { LambdaPath, type PlacedMinorant } from './path.ts';
import { pinColumns } from './pinned.ts';
import {
  breathe,
  checkProblem,
  groupShares,
  type LengthProblem,
  type LengthVoxels,
  listUnknowns,
} from './problem.ts';
import { relativeGap } from './search.ts';

export interface EnvelopeAnchorOptions {
  /** Tolerance ε' for the mean share missed on the optimization split; ((n_cal + 1)ε − 1)/n_cal for CRC. */
  readonly epsilon: number;
  /** Stops the work with an `interrupted` error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The envelope anchor. Costs are half the mean length that the λ add, clamped to the range: while no bound is clamped
 * Σ E|S_k| λ_k (two-sided Σ E|S_k| (λ_below + λ_above)/2), the objective of the gamma anchor.
 */
export type EnvelopeAnchor =
  | {
      readonly state: 'solved';
      /** The feasible (upper-bound) point, f32 exact scores; NaN for a group without voxels. K, or K below then K above. */
      readonly lambda: Float64Array;
      /** Its cost. */
      readonly objective: number;
      /** Value of the LP on the minorants: no λ that meets ε' costs less. */
      readonly lowerBound: number;
      readonly gap: number;
      /** Place in λ of the one group that the LP leaves between two vertices; undefined if it ends on a vertex. */
      readonly fractional: number | undefined;
      /** Position of `lambda` on the path. */
      readonly position: number;
      readonly path: LambdaPath;
    }
  | { readonly state: 'infeasible' };

/** Sums of weights round; the same allowance as in the CRC condition. */
const ROUNDING = 1e-12;

/**
 * The envelope anchor: min cost s.t. mean share missed ≤ ε', with every group's (and side's) step curve of misses over
 * clamped length cost replaced by its lower convex minorant. Σ of convex piecewise linear parts under one budget is an
 * LP that taking edges in order of steepness solves exactly; rounding its one fractional group up to the next vertex
 * gives a feasible point. Scores are those of the coverage kernels, so a vertex covers exactly what the loss counts.
 *
 * Kernel memory may grow meanwhile, which detaches the caller's views on it; until the promise settles nothing else
 * may allocate on `kernels.arena`. Throws `usage` for ε' that is no number, `bad-input` for malformed columns or NaN.
 */
export async function envelopeAnchor(
  problem: LengthProblem,
  { epsilon, signal }: EnvelopeAnchorOptions,
): Promise<EnvelopeAnchor> {
  if (Number.isNaN(epsilon)) throw new SemcrcError('usage', 'epsilon must be a number, found NaN');
  checkProblem(problem);
  await breathe(signal);
  const minorants: PlacedMinorant[] = [];
  const { arena } = problem.kernels;
  const mark = arena.mark();
  try {
    const reader = new CurveReader(problem);
    for (const { index } of listUnknowns(problem, groupShares(problem))) {
      minorants.push({ index, minorant: reader.minorant(index) });
      await breathe(signal);
    }
  } finally {
    arena.release(mark);
  }
  const path = new LambdaPath(problem.groupCount * problem.sides, minorants);
  return solveOnPath(path, minorants, epsilon);
}

/** Takes edges, steepest first, until ε' is met. */
function solveOnPath(
  path: LambdaPath,
  minorants: readonly PlacedMinorant[],
  epsilon: number,
): EnvelopeAnchor {
  const allowed = epsilon + ROUNDING;
  if (allowed < 0) return { state: 'infeasible' };
  let miss = minorants.reduce((sum, { minorant }) => sum + minorant.miss[0], 0);
  let objective = 0;
  let lowerBound = 0;
  let position = 0;
  let fractional: number | undefined;
  while (miss > allowed && position < path.length) {
    lowerBound = objective + Math.min(1, (miss - epsilon) / path.miss[position]) * path.cost[position];
    objective += path.cost[position];
    miss -= path.miss[position];
    fractional = miss < epsilon - ROUNDING ? path.index[position] : undefined;
    position++;
  }
  const lambda = path.at(position, new Float64Array(path.size));
  return {
    state: 'solved',
    lambda,
    objective,
    lowerBound,
    gap: relativeGap(lowerBound, objective),
    fractional,
    position,
    path,
  };
}

type Side = 'both' | 'below' | 'above';

/** Reads the step curve of misses over clamped cost of one group (and side) after the other. */
class CurveReader {
  readonly #problem: LengthProblem;
  readonly #voxels: () => LengthVoxels;
  readonly #scores: () => Float32Array;
  /** Room for one value per voxel of the largest group: one for each bound, the first also for scores. */
  readonly #buffers: readonly (() => Float32Array)[];
  /** Room for their weights, where these differ. */
  #amounts = new Float64Array(0);

  constructor(problem: LengthProblem) {
    const { kernels, offsets, groupOfSegment, groupCount } = problem;
    this.#problem = problem;
    this.#voxels = pinColumns(problem);
    const size = new Float64Array(groupCount);
    groupOfSegment.forEach((group, s) => {
      size[group] += offsets[s + 1] - offsets[s];
    });
    const scores = kernels.arena.float32(problem.voxels.truth.length);
    const largest = size.reduce((most, value) => Math.max(most, value), 0);
    const buffers = [kernels.arena.float32(largest), kernels.arena.float32(largest)];
    this.#scores = () => scores.view;
    this.#buffers = buffers.map((buffer) => () => buffer.view);
    const { truth, lower, upper, lowerWeight, upperWeight } = this.#voxels();
    if (lowerWeight && upperWeight) {
      computeScaledScores(kernels, { truth, lower, upper, lowerWeight, upperWeight }, scores.view);
    } else {
      computeScores(kernels, { truth, lower, upper }, scores.view);
    }
  }

  #room(length: number): Float64Array {
    if (this.#amounts.length < length) this.#amounts = new Float64Array(length);
    return this.#amounts;
  }

  minorant(index: number): Minorant {
    const { groupCount, sides, groupOfSegment, weightOfSegment } = this.#problem;
    const group = index % groupCount;
    const side: Side = sides === 1 ? 'both' : index < groupCount ? 'below' : 'above';
    const segments = [...groupOfSegment.keys()].filter((s) => groupOfSegment[s] === group);
    const weights = segments.map((s) => weightOfSegment[s]);
    const equal = weights.every((weight) => weight === weights[0]) ? weights[0] : undefined;

    const { values, amounts } = this.#sortedScores(segments, side, equal);
    const scores = values.slice();
    const count = scores.length;
    // Suffix sums, so that the share missed after the last score is exactly 0.
    const missAfter = new Float64Array(count);
    for (let i = count - 1; i > 0; i--) {
      missAfter[i - 1] = typeof amounts === 'number' ? (count - i) * amounts : missAfter[i] + amounts[i];
    }
    const first = typeof amounts === 'number' ? amounts : (amounts[0] ?? 0);
    const builder = new MinorantBuilder(count === 0 ? 0 : missAfter[0] + first);
    if (count === 0) return builder.finish();

    const reach = scores[count - 1];
    const costs: ClampedCost[] = [];
    if (side !== 'above') costs.push(new ClampedCost(this.#clampPoints(segments, 'lower', reach, equal)));
    if (side !== 'below') costs.push(new ClampedCost(this.#clampPoints(segments, 'upper', reach, equal)));
    for (let i = 0; i < count; i++) {
      if (i + 1 < count && scores[i + 1] === scores[i]) continue;
      let cost = 0;
      for (const part of costs) cost += part.at(scores[i]);
      builder.push(scores[i], cost / 2, missAfter[i]);
    }
    return builder.finish();
  }

  /** Positive scores of a group on one side, ascending, with the weight of their voxels. */
  #sortedScores(segments: readonly number[], side: Side, equal: number | undefined) {
    const { kernels, offsets, weightOfSegment } = this.#problem;
    const scores = this.#scores();
    const { truth, lower } = this.#voxels();
    const out = this.#buffers[0]();
    const weights = equal === undefined ? this.#room(out.length) : this.#amounts;
    let count = 0;
    for (const s of segments) {
      for (let j = offsets[s]; j < offsets[s + 1]; j++) {
        const score = scores[j];
        // Written so that a NaN is kept, and found below.
        if (score <= 0) continue;
        if (Number.isNaN(score)) {
          throw new SemcrcError(
            'bad-input',
            `the score of voxel ${j} is NaN: truth, lower or upper hold a NaN`,
            {
              data: { voxel: j },
            },
          );
        }
        if (side !== 'both' && truth[j] < lower[j] !== (side === 'below')) continue;
        if (equal === undefined) weights[count] = weightOfSegment[s];
        out[count++] = score;
      }
    }
    return sortWeighed(kernels, out.subarray(0, count), equal ?? weights.subarray(0, count));
  }

  /** Distances to the range's edge, below or above, that a λ up to `reach` can meet. */
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
    const out = this.#buffers[bound === 'lower' ? 0 : 1]();
    let count = 0;
    if (widths === undefined && equal !== undefined) {
      let moving = 0;
      for (const s of segments) {
        for (let j = offsets[s]; j < offsets[s + 1]; j++) {
          const distance = bound === 'lower' ? column[j] : 1 - column[j];
          if (distance > 0) {
            moving++;
            if (distance < reach) out[count++] = column[j];
          }
        }
      }
      const kind = bound === 'lower' ? 'distance' : 'upper';
      return { ...sortWeighed(kernels, out.subarray(0, count), equal), kind, total: moving * equal };
    }
    const amounts = this.#room(out.length);
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
