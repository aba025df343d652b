import { SemcrcError } from '@semcrc/kernels';
import { LambdaPath, type PlacedMinorant } from './path.ts';
import { breathe, checkProblem, groupShares, type LengthProblem, listUnknowns } from './problem.ts';
import { relativeGap } from './search.ts';
import { ShrinkingCurveReader } from './shrinking-curve.ts';
import { SortedCurveReader, type SortedProblem } from './sorted-curve.ts';
import { CurveReader } from './step-curve.ts';

/** How envelope anchors are solved. */
export interface EnvelopeAnchorOptions {
  /** Stops the work with an `interrupted` error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The envelope anchor. Costs are half the mean length that the λ add, clamped to the range: while no bound is clamped
 * Σ E|S_k| λ_k (two-sided Σ E|S_k| (λ_below + λ_above)/2), the objective of the gamma anchor. Where intervals may shrink,
 * half the mean length itself: what λ adds to the point.
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
 *
 * @param options with ε', the tolerance for the mean share missed on the optimization split; ((n_cal + 1)ε − 1)/n_cal
 * for CRC
 */
export async function envelopeAnchor(
  problem: LengthProblem,
  { epsilon, ...options }: EnvelopeAnchorOptions & { readonly epsilon: number },
): Promise<EnvelopeAnchor> {
  const [anchor] = await envelopeAnchors(problem, [epsilon], options);
  return anchor;
}

/** Envelope anchors at several tolerances, in their order: one path, which all of them share. Throws as `envelopeAnchor`. */
export async function envelopeAnchors(
  problem: LengthProblem,
  epsilons: readonly number[],
  options: EnvelopeAnchorOptions = {},
): Promise<EnvelopeAnchor[]> {
  const groups = Array.from({ length: problem.groupCount }, (_, group) => group);
  const [anchors] = await envelopeAnchorsByPart(problem, [{ groups, epsilons }], options);
  return anchors;
}

/** Some groups of a problem, solved apart from the others. */
export interface ProblemPart {
  readonly groups: readonly number[];
  /** The tolerances of this part. */
  readonly epsilons: readonly number[];
}

/**
 * Envelope anchors of parts of a problem, each on a path of its own groups: λ of all other groups is NaN in them. Throws
 * as `envelopeAnchor`.
 */
export async function envelopeAnchorsByPart(
  problem: LengthProblem,
  parts: readonly ProblemPart[],
  { signal }: EnvelopeAnchorOptions = {},
): Promise<EnvelopeAnchor[][]> {
  checkEpsilons(parts);
  checkProblem(problem);
  await breathe(signal);
  const minorants: PlacedMinorant[] = [];
  const { arena } = problem.kernels;
  const shrinking = problem.voxels.point !== undefined;
  const mark = arena.mark();
  try {
    const reader = shrinking ? new ShrinkingCurveReader(problem) : new CurveReader(problem);
    for (const { index } of listUnknowns(problem, groupShares(problem))) {
      minorants.push({ index, minorant: reader.minorant(index) });
      await breathe(signal);
    }
  } finally {
    arena.release(mark);
  }
  return solveParts(problem, minorants, parts, shrinking ? -1 : 0);
}

/** Envelope anchors of voxels that are known as sorted numbers. */
export interface SortedEnvelope {
  /** By tolerance. */
  readonly anchors: readonly EnvelopeAnchor[];
  /** Position on the path up to which it is that of the voxels, to the bit; Infinity where all of it is. */
  readonly exactTo: number;
}

/**
 * As `envelopeAnchors`, with the voxels of each group and scan as sorted numbers, which are read a piece at a time.
 *
 * Where a score reaches further than distances to the edge of the range are known one by one, costs there are a little too
 * small. A minorant's edges that end before are then still those of the voxels: no point lies below them that would not with
 * larger costs. The edge that leads beyond is steeper than theirs, so the path is the same up to the first such edge, and what
 * the LP says of the cost stays a lower bound.
 */
export async function envelopeAnchorsOfSorted(
  problem: SortedProblem,
  epsilons: readonly number[],
  { signal, chunk }: EnvelopeAnchorOptions & { readonly chunk?: number } = {},
): Promise<SortedEnvelope> {
  const { groupCount, segments } = problem;
  const parts = [{ groups: Array.from({ length: groupCount }, (_, group) => group), epsilons }];
  checkEpsilons(parts);
  const shares = new Float64Array(groupCount);
  for (const { group, voxels, weight } of segments) shares[group] += voxels * weight;
  const reader = new SortedCurveReader(problem, chunk);
  const minorants: PlacedMinorant[] = [];
  for (const { index } of listUnknowns(problem, shares)) {
    minorants.push({ index, minorant: reader.minorant(index) });
    await breathe(signal);
  }
  const [anchors] = solveParts(problem, minorants, parts, 0);
  const reach = segments.reduce(
    (least, { edges }) => Math.min(least, edges[0].reach, edges[1].reach),
    Number.POSITIVE_INFINITY,
  );
  const [first] = anchors;
  const beyond = first?.state === 'solved' ? first.path.lambdaTo.findIndex((lambda) => lambda >= reach) : -1;
  return { anchors, exactTo: beyond < 0 ? Number.POSITIVE_INFINITY : beyond };
}

function checkEpsilons(parts: readonly ProblemPart[]): void {
  if (parts.some(({ epsilons }) => epsilons.some(Number.isNaN))) {
    throw new SemcrcError('usage', 'epsilon must be a number, found NaN');
  }
}

function solveParts(
  { groupCount, sides }: Pick<LengthProblem, 'groupCount' | 'sides'>,
  minorants: readonly PlacedMinorant[],
  parts: readonly ProblemPart[],
  start: 0 | -1,
): EnvelopeAnchor[][] {
  return parts.map(({ groups, epsilons }) => {
    const members = new Set(groups);
    const own = minorants.filter(({ index }) => members.has(index % groupCount));
    const path = new LambdaPath(groupCount * sides, own, start);
    return epsilons.map((epsilon) => solveOnPath(path, own, epsilon));
  });
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
