import { type Bounds, SemcrcError } from '@semcrc/kernels';
import type { Highs } from 'highs';
import { loadHighs } from './highs.ts';
import { pinColumns } from './pinned.ts';
import {
  breathe,
  checkProblem,
  groupShares,
  groupWidths,
  type LengthProblem,
  listUnknowns,
  spread,
  type Unknown,
} from './problem.ts';
import { copyResiduals, type Floor, type Residuals, wholeResiduals } from './residuals.ts';
import { thinVoxels } from './sample.ts';
import { type Found, relativeGap, type Start, searchGamma } from './search.ts';
import { SurrogateLoss } from './surrogate.ts';
import { unitWidth } from './unit-width.ts';

/** What the gamma anchor is asked for. */
export interface GammaAnchorOptions {
  /** Tolerance ε for the mean surrogate loss, 0 ≤ ε. */
  readonly epsilon: number;
  /** Values of γ in (0, 1), ascending; by default 16 evenly in [0.3, 0.7]. */
  readonly gammas?: readonly number[];
  /** Relative gap between the bounds at which a γ counts as solved; 1e-4 by default. */
  readonly gap?: number;
  /** Stops the work with an `interrupted` error. */
  readonly signal?: AbortSignal | undefined;
}

/** What was found for one γ. Bounds are on the objective Σ E|S_k| λ_k. */
export interface GammaResult {
  readonly gamma: number;
  /**
   * `solved` to the gap asked; `pruned` because its lower bound exceeds the best γ's upper bound; `infeasible` as not
   * even λ = 1 everywhere meets ε; `stalled` if the iterations ended before the gap was reached.
   */
  readonly state: 'solved' | 'pruned' | 'infeasible' | 'stalled';
  /** Infinity if infeasible. */
  readonly lowerBound: number;
  /** Infinity if no feasible point was evaluated. */
  readonly upperBound: number;
  /** (upperBound − lowerBound)/upperBound; 0 if both are 0, 1 if there is no upper bound. */
  readonly gap: number;
  /** Points at which the loss of all voxels was evaluated. */
  readonly iterations: number;
}

/** The gamma anchor, or the news that no γ admits one. */
export type GammaAnchor =
  | {
      readonly state: 'solved';
      /** The γ with the smallest objective. */
      readonly gamma: number;
      /** True if that γ is the first or last of those tried: a wider range may hold a better one. */
      readonly atRangeEnd: boolean;
      /** The feasible (upper-bound) point, f64: one λ per group, or K below and then K above; NaN for a group without voxels. */
      readonly lambda: Float64Array;
      /** Σ E|S_k| λ_k at `lambda` (two-sided: Σ E|S_k| (λ_below + λ_above)/2): half the mean length it adds unclamped. */
      readonly objective: number;
      readonly lowerBound: number;
      readonly gap: number;
      /** Sweeps over the voxels of the split, all γ together. */
      readonly sweeps: number;
      readonly perGamma: readonly GammaResult[];
    }
  | { readonly state: 'infeasible'; readonly perGamma: readonly GammaResult[] };

const DEFAULT_GAMMAS = Array.from({ length: 16 }, (_, i) => 0.3 + (0.4 * i) / 15);
/** The search starts from a sample of about this many voxels in all, and no more than that of one group. */
const SAMPLE = 1 << 19;
const SAMPLE_PER_GROUP = 1 << 15;
/** Fewer voxels than this are not worth sampling. */
const SAMPLE_FROM = SAMPLE;
const SAMPLE_GAP = 1e-3;
/** No sweep is expected at a λ below this part of the sample's solution; one that happens reads all voxels. */
const FLOOR = 0.8;

/**
 * The gamma anchor (PK, Psem): minimizes Σ_k E|S_k| λ_k over 0 ≤ λ ≤ 1 subject to mean ℓ^γ ≤ ε, for every γ, on all
 * voxels of the problem, and keeps the γ with the smallest objective. Both bounds are certified: the upper one by a
 * feasible point, the lower one by the multipliers of a cutting-plane LP on HiGHS.
 *
 * Kernel memory may grow meanwhile, which detaches the caller's views on it; until the promise settles nothing else
 * may allocate on `kernels.arena`. Throws `usage` for options out of range, `bad-input` for malformed columns or NaN.
 */
export async function solveGammaAnchor(
  problem: LengthProblem,
  options: GammaAnchorOptions,
): Promise<GammaAnchor> {
  const { epsilon, gammas = DEFAULT_GAMMAS, gap = 1e-4, signal } = options;
  checkOptions(epsilon, gammas, gap);
  checkProblem(problem);
  const shares = groupShares(problem);
  const unknowns = listUnknowns(problem, groupWidths(problem));
  if (unknowns.length === 0) {
    throw new SemcrcError(
      'bad-input',
      'the optimization split has no voxels in any group; nothing to optimize',
    );
  }
  const share = Float64Array.from(unknowns, ({ index }) => shares[index % problem.groupCount]);
  const highs = await loadHighs();
  await breathe(signal);

  const { arena } = problem.kernels;
  const mark = arena.mark();
  try {
    const unit = unitWidth(problem);
    const columns = pinColumns(unit);
    const context = { problem: unit, columns, highs, unknowns, share, epsilon, gammas, gap, signal };
    const guesses = await guessStarts(context);
    return await solveAll(context, guesses);
  } finally {
    arena.release(mark);
  }
}

interface Context {
  readonly problem: LengthProblem;
  /** Current views of the problem's columns. */
  readonly columns: () => Bounds;
  readonly highs: Highs;
  readonly unknowns: readonly Unknown[];
  readonly share: Float64Array;
  readonly epsilon: number;
  readonly gammas: readonly number[];
  readonly gap: number;
  readonly signal: AbortSignal | undefined;
}

/** A start for one γ and what the objective will be about; Infinity if it looks infeasible. */
interface Guess {
  readonly start: Start;
  readonly objective: number;
}

function checkOptions(epsilon: number, gammas: readonly number[], gap: number): void {
  if (!(epsilon >= 0 && epsilon < Infinity)) {
    throw new SemcrcError('usage', `epsilon must be a number from 0, found ${epsilon}`);
  }
  if (gammas.length === 0 || !gammas.every((gamma) => gamma > 0 && gamma < 1)) {
    throw new SemcrcError('usage', `every gamma must lie between 0 and 1, found [${gammas.join(', ')}]`);
  }
  if (!(gap > 0 && gap < 1)) throw new SemcrcError('usage', `gap must lie between 0 and 1, found ${gap}`);
}

function coldStart(unknowns: readonly Unknown[]): Start {
  return {
    lambda: new Float64Array(unknowns.length).fill(2 ** -4),
    curvature: new Float64Array(unknowns.length),
  };
}

/** Residuals of every voxel that can have a loss at all; copied only where sides must be told apart. */
function allResiduals({ problem, columns, unknowns, gammas }: Context): Residuals {
  if (problem.sides === 1) return wholeResiduals(problem, columns, unknowns);
  const shift = new Float64Array(unknowns.length);
  return copyResiduals(problem, columns, unknowns, { gamma: Math.min(...gammas), shift });
}

/** Indices of γ from the middle outwards, each with the neighbour solved before it. */
function* outwards(count: number): Generator<{ index: number; neighbour: number | undefined }> {
  const middle = count >> 1;
  yield { index: middle, neighbour: undefined };
  for (let index = middle - 1; index >= 0; index--) yield { index, neighbour: index + 1 };
  for (let index = middle + 1; index < count; index++) yield { index, neighbour: index - 1 };
}

/** Solves every γ roughly on a sample of the voxels; undefined if there are too few voxels for that to pay. */
async function guessStarts(context: Context): Promise<Guess[] | undefined> {
  const { problem, unknowns, gammas, signal } = context;
  if (problem.offsets[problem.offsets.length - 1] < SAMPLE_FROM) return undefined;
  const { arena } = problem.kernels;
  const mark = arena.mark();
  try {
    const quota = Math.min(SAMPLE_PER_GROUP, (SAMPLE * problem.sides) / unknowns.length);
    const sample = thinVoxels(problem, context.columns, quota);
    const shift = new Float64Array(unknowns.length);
    const residuals = copyResiduals(sample, pinColumns(sample), unknowns, {
      gamma: Math.min(...gammas),
      shift,
    });
    const guesses = new Array<Guess>(gammas.length);
    for (const { index, neighbour } of outwards(gammas.length)) {
      await breathe(signal);
      const start = neighbour === undefined ? coldStart(unknowns) : guesses[neighbour].start;
      const loss = new SurrogateLoss(problem.kernels, unknowns, gammas[index], residuals);
      const found = searchGamma(loss, start, { ...context, gap: SAMPLE_GAP, incumbent: Infinity });
      guesses[index] = { start: found.end, objective: found.best?.objective ?? Infinity };
    }
    return guesses;
  } finally {
    arena.release(mark);
  }
}

/** The voxels that can have a loss near the guessed solutions, whatever the γ. */
function activeResiduals(context: Context, guesses: readonly Guess[]): Residuals {
  const { problem, unknowns, gammas } = context;
  const shift = new Float64Array(unknowns.length).fill(Infinity);
  guesses.forEach(({ start }, g) => {
    start.lambda.forEach((value, u) => {
      shift[u] = Math.min(shift[u], 2 * gammas[g] * FLOOR * value);
    });
  });
  const floor: Floor = { gamma: Math.min(...gammas), shift };
  return copyResiduals(problem, context.columns, unknowns, floor);
}

async function solveAll(context: Context, guesses: readonly Guess[] | undefined): Promise<GammaAnchor> {
  const { problem, unknowns, gammas, signal } = context;
  const all = allResiduals(context);
  const active = guesses && activeResiduals(context, guesses);
  const order = guesses
    ? gammas
        .map((_, index) => ({ index, neighbour: index }))
        .sort((a, b) => guesses[a.index].objective - guesses[b.index].objective)
    : [...outwards(gammas.length)];
  const starts = guesses?.map((guess) => guess.start) ?? [];
  const found = new Array<Found>(gammas.length);
  let sweeps = 0;
  let incumbent = Infinity;
  let winner = -1;
  for (const { index, neighbour } of order) {
    await breathe(signal);
    const start = (neighbour === undefined ? undefined : starts[neighbour]) ?? coldStart(unknowns);
    const loss = new SurrogateLoss(problem.kernels, unknowns, gammas[index], all, active);
    const result = searchGamma(loss, start, { ...context, incumbent });
    found[index] = result;
    if (!guesses) starts[index] = result.end;
    sweeps += loss.sweeps;
    if (result.best && result.best.objective < incumbent) {
      incumbent = result.best.objective;
      winner = index;
    }
  }
  const perGamma = found.map((result, index): GammaResult => {
    const upperBound = result.best?.objective ?? Infinity;
    return {
      gamma: gammas[index],
      state: result.state,
      lowerBound: result.lowerBound,
      upperBound,
      gap: result.state === 'infeasible' ? 1 : relativeGap(result.lowerBound, upperBound),
      iterations: result.iterations,
    };
  });
  const best = found[winner]?.best;
  if (best === undefined) return { state: 'infeasible', perGamma };
  const { lowerBound } = found[winner];
  return {
    state: 'solved',
    gamma: gammas[winner],
    atRangeEnd: winner === 0 || winner === gammas.length - 1,
    lambda: spread(problem, unknowns, best.lambda),
    objective: best.objective,
    lowerBound,
    gap: relativeGap(lowerBound, best.objective),
    sweeps,
    perGamma,
  };
}
