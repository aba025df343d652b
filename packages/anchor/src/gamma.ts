import { SemcrcError } from '@semcrc/kernels';
import { type GammaAnchor, GammaSolver } from './gamma-solver.ts';
import { pinColumns } from './pinned.ts';
import {
  breathe,
  checkProblem,
  groupShares,
  groupWidths,
  type LengthProblem,
  listUnknowns,
} from './problem.ts';
import { unitWidth } from './unit-width.ts';

/** How gamma anchors are solved. */
export interface GammaAnchorOptions {
  /** Values of γ in (0, 1), ascending; by default 16 evenly in [0.3, 0.7]. */
  readonly gammas?: readonly number[];
  /** Relative gap between the bounds at which a γ counts as solved; 1e-4 by default. */
  readonly gap?: number;
  /** Stops the work with an `interrupted` error. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_GAMMAS = Array.from({ length: 16 }, (_, i) => 0.3 + (0.4 * i) / 15);

/**
 * The gamma anchor (PK, Psem): minimizes Σ_k E|S_k| λ_k over 0 ≤ λ ≤ 1 subject to mean ℓ^γ ≤ ε, for every γ, on all
 * voxels of the problem, and keeps the γ with the smallest objective. Both bounds are certified: the upper one by a
 * feasible point, the lower one by multipliers of tangents.
 *
 * Kernel memory may grow meanwhile, which detaches the caller's views on it; until the promise settles nothing else
 * may allocate on `kernels.arena`. Throws `usage` for options out of range, `bad-input` for malformed columns or NaN.
 *
 * @param options with ε, the tolerance for the mean surrogate loss, 0 ≤ ε
 */
export async function solveGammaAnchor(
  problem: LengthProblem,
  { epsilon, ...options }: GammaAnchorOptions & { readonly epsilon: number },
): Promise<GammaAnchor> {
  const [anchor] = await solveGammaAnchors(problem, [epsilon], options);
  return anchor;
}

/**
 * Gamma anchors at several tolerances, in their order. What is learnt of the voxels serves them all, as a tangent to
 * ℓ^γ is a cut for every ε; each anchor is nonetheless the same to the bit as when it is solved alone.
 *
 * The voxels are condensed once; tangents to the condensed loss bound every γ from below, the more closely the less
 * this bound is. Only where the bound of a γ is below the best upper bound are the voxels themselves swept: once or
 * twice per tolerance for the γ that wins. Throws as `solveGammaAnchor`.
 */
export async function solveGammaAnchors(
  problem: LengthProblem,
  epsilons: readonly number[],
  options: GammaAnchorOptions = {},
): Promise<GammaAnchor[]> {
  const { gammas = DEFAULT_GAMMAS, gap = 1e-4, signal } = options;
  checkOptions(epsilons, gammas, gap);
  checkProblem(problem);
  if (problem.voxels.point) {
    throw new SemcrcError(
      'usage',
      'the gamma anchor takes intervals that grow, not such that shrink to a point',
    );
  }
  const shares = groupShares(problem);
  const unknowns = listUnknowns(problem, groupWidths(problem));
  if (unknowns.length === 0) {
    throw new SemcrcError(
      'bad-input',
      'the optimization split has no voxels in any group; nothing to optimize',
    );
  }
  const share = Float64Array.from(unknowns, ({ index }) => shares[index % problem.groupCount]);
  await breathe(signal);

  const { arena } = problem.kernels;
  const mark = arena.mark();
  try {
    const unit = unitWidth(problem);
    const columns = pinColumns(unit);
    const widest = unit === problem ? 1 : unit.voxels.upper.reduce((most, value) => Math.max(most, value), 1);
    const solver = new GammaSolver({
      problem: unit,
      columns,
      widest,
      unknowns,
      share,
      gammas,
      gap,
      signal,
    });
    const anchors = new Array<GammaAnchor>(epsilons.length);
    // In order of ε, tolerances that share their active voxels follow each other.
    const order = [...epsilons.keys()].sort((a, b) => epsilons[a] - epsilons[b]);
    for (const i of order) anchors[i] = await solver.solve(epsilons[i]);
    return anchors;
  } finally {
    arena.release(mark);
  }
}

function checkOptions(epsilons: readonly number[], gammas: readonly number[], gap: number): void {
  for (const epsilon of epsilons) {
    if (!(epsilon >= 0 && epsilon < Infinity)) {
      throw new SemcrcError('usage', `epsilon must be a number from 0, found ${epsilon}`);
    }
  }
  if (gammas.length === 0 || !gammas.every((gamma) => gamma > 0 && gamma < 1)) {
    throw new SemcrcError('usage', `every gamma must lie between 0 and 1, found [${gammas.join(', ')}]`);
  }
  if (!(gap > 0 && gap < 1)) throw new SemcrcError('usage', `gap must lie between 0 and 1, found ${gap}`);
}
