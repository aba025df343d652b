import type { Bounds } from '@semcrc/kernels';
import { ActiveVoxels } from './active-voxels.ts';
import { condenseVoxels } from './condensed.ts';
import { type DualQuery, DualSearch, type Outlook } from './dual.ts';
import { breathe, type LengthProblem, spread, type Unknown } from './problem.ts';
import type { Floor } from './residuals.ts';
import { type Found, relativeGap, type Start, searchGamma } from './search.ts';
import { SurrogateLoss } from './surrogate.ts';
import { Lattice, TangentTable } from './tangent-table.ts';

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
  /** Points at which the loss of all voxels was evaluated; 0 if condensed voxels sufficed to prune it. */
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
      /** Sweeps over the voxels of the split, all γ together, without the one that condenses them. */
      readonly sweeps: number;
      readonly perGamma: readonly GammaResult[];
    }
  | { readonly state: 'infeasible'; readonly perGamma: readonly GammaResult[] };

const COARSE = new Lattice(16);
const FINE = new Lattice(128);
/** How closely the loss of λ's found on either lattice meets what is asked. */
const COARSE_PRECISION = 1e-3;
const FINE_PRECISION = 1e-6;
/**
 * Coarse cells are 8 times as large as fine ones either way and their loss falls short about 8² times as much: a part
 * of the difference is what the fine one's is expected to lack, generously.
 */
const SHORTFALL = 1 / 40;
/** How much of the allowed gap a start may give away to be feasible. */
const MARGIN = 0.1;
/** Where the search begins. */
const FIRST_LAMBDA = 2 ** -4;
/** No sweep is expected at a λ below this part of the solution at the largest ε of its class, … */
const FLOOR = 0.95;
/** … nor at a γ whose bound exceeds the least there by this part. One that happens reads all voxels. */
const CONTENDERS = 0.02;

/** What the anchors of one problem are solved with. */
interface Context {
  readonly problem: LengthProblem;
  /** Current views of the problem's columns. */
  readonly columns: () => Bounds;
  /** The largest upper − lower. */
  readonly widest: number;
  readonly unknowns: readonly Unknown[];
  readonly share: Float64Array;
  readonly gammas: readonly number[];
  readonly gap: number;
  readonly signal: AbortSignal | undefined;
}

/** One γ at one ε, known by the coarse condensed voxels. */
interface CoarseContender {
  readonly state: 'coarse';
  readonly index: number;
  readonly lowerBound: number;
  readonly outlook: Outlook;
}

/** One γ at one ε, known by the fine condensed voxels. */
interface FineContender {
  readonly state: 'fine';
  readonly index: number;
  readonly lowerBound: number;
  readonly start: Start;
}

type Contender = CoarseContender | FineContender;

/** Solves one problem at one ε after the other. What it keeps is a function of the problem, not of the ε it has seen. */
export class GammaSolver {
  readonly #context: Context;
  readonly #cost: Float64Array;
  readonly #coarse: readonly TangentTable[];
  readonly #fine: readonly TangentTable[];
  readonly #voxels: ActiveVoxels;

  constructor(context: Context) {
    const { problem, columns, unknowns, gammas, widest } = context;
    this.#context = context;
    this.#cost = Float64Array.from(unknowns, ({ cost }) => cost);
    const least = Math.min(...gammas);
    const { coarse, fine } = condenseVoxels(problem, columns, unknowns, least, widest);
    this.#coarse = gammas.map((gamma) => new TangentTable(coarse, gamma, COARSE));
    this.#fine = gammas.map((gamma) => new TangentTable(fine, gamma, FINE));
    this.#voxels = new ActiveVoxels(problem, columns, unknowns, least, (epsilon) => this.#floorAt(epsilon));
  }

  async solve(epsilon: number): Promise<GammaAnchor> {
    const { gammas, signal } = this.#context;
    await breathe(signal);
    const open: Contender[] = this.#coarseOutlooks(epsilon).map((outlook, index) => {
      return { state: 'coarse', index, lowerBound: outlook.lowerBound, outlook };
    });
    const perGamma = new Array<GammaResult>(gammas.length);
    let best: Found | undefined;
    let winner = -1;
    let sweeps = 0;
    // Always the γ of the least bound: what remains when that exceeds the best objective cannot win.
    while (open.length > 0) {
      const next = open.sort(bestFirst)[0];
      const incumbent = best?.best?.objective ?? Infinity;
      if (next.lowerBound > incumbent || next.lowerBound === Infinity) break;
      if (next.state === 'coarse') {
        open[0] = this.#refine(next, epsilon);
        continue;
      }
      open.shift();
      await breathe(signal);
      const { result, sweeps: own } = await this.#search(next, epsilon, incumbent);
      perGamma[next.index] = searched(gammas[next.index], result);
      sweeps += own;
      if (result.best && result.best.objective < incumbent) {
        best = result;
        winner = next.index;
      }
    }
    for (const { index, lowerBound } of open) perGamma[index] = unsearched(gammas[index], lowerBound);
    return this.#anchor(winner, best, sweeps, perGamma);
  }

  #coarseOutlooks(epsilon: number): Outlook[] {
    let near: DualQuery['near'] = {
      lambda: new Float64Array(this.#cost.length).fill(FIRST_LAMBDA),
      price: (FIRST_LAMBDA * this.#cost.reduce((sum, cost) => sum + cost, 0)) / Math.max(epsilon, 1e-3),
    };
    return this.#coarse.map((table) => {
      const search = new DualSearch(table, this.#cost);
      const outlook = search.solve({ epsilon, target: epsilon, precision: COARSE_PRECISION, near });
      near = outlook;
      return outlook;
    });
  }

  /** Bounds a γ more closely, and aims a little below ε by what the condensed voxels' loss is expected to lack. */
  #refine({ index, outlook: near }: CoarseContender, epsilon: number): FineContender {
    const { gap } = this.#context;
    const table = this.#fine[index];
    const search = new DualSearch(table, this.#cost);
    const precision = FINE_PRECISION;
    const first = search.solve({ epsilon, target: epsilon, precision, near });
    const coarseLoss = first.lambda.reduce(
      (sum, lambda, u) => sum + this.#coarse[index].evaluate(u, lambda).value,
      0,
    );
    const shortfall = SHORTFALL * Math.max(0, first.loss - coarseLoss);
    const target = Math.max(0, epsilon * (1 - MARGIN * gap) - shortfall);
    const second = search.solve({ epsilon, target, precision, near: first });
    const lowerBound = Math.max(near.lowerBound, first.lowerBound, second.lowerBound);
    const { lambda, curvature } = second;
    return {
      state: 'fine',
      index,
      lowerBound,
      start: { lambda, curvature, lowerBound, cuts: search.cuts() },
    };
  }

  /** Solves one γ on the voxels. */
  async #search({ index, start }: FineContender, epsilon: number, incumbent: number) {
    const { problem, unknowns, gammas } = this.#context;
    this.#voxels.prepare(epsilon);
    const loss = new SurrogateLoss(problem.kernels, unknowns, gammas[index], this.#voxels);
    const result = await searchGamma(loss, start, { ...this.#context, epsilon, incumbent });
    return { result, sweeps: loss.sweeps };
  }

  /** A floor below which tolerances up to this one are hardly ever solved. */
  #floorAt(epsilon: number): Floor {
    const { gammas } = this.#context;
    const outlooks = this.#coarseOutlooks(epsilon);
    const least = outlooks.reduce((bound, { lowerBound }) => Math.min(bound, lowerBound), Infinity);
    const shift = new Float64Array(this.#cost.length).fill(Infinity);
    let gamma = 1;
    outlooks.forEach(({ lowerBound, lambda }, index) => {
      if (lowerBound > least * (1 + CONTENDERS)) return;
      gamma = Math.min(gamma, gammas[index]);
      lambda.forEach((value, u) => {
        shift[u] = Math.min(shift[u], 2 * gammas[index] * FLOOR * value);
      });
    });
    return { gamma, shift };
  }

  #anchor(winner: number, found: Found | undefined, sweeps: number, perGamma: GammaResult[]): GammaAnchor {
    const { problem, unknowns, gammas } = this.#context;
    if (found?.best === undefined) return { state: 'infeasible', perGamma };
    const { lowerBound, best } = found;
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
}

const bestFirst = (a: Contender, b: Contender) =>
  a.lowerBound === b.lowerBound ? a.index - b.index : a.lowerBound - b.lowerBound;

function searched(gamma: number, { state, lowerBound, best, iterations }: Found): GammaResult {
  const upperBound = best?.objective ?? Infinity;
  const gap = state === 'infeasible' ? 1 : relativeGap(lowerBound, upperBound);
  return { gamma, state, lowerBound, upperBound, gap, iterations };
}

/** A γ that bounds alone have settled. */
function unsearched(gamma: number, lowerBound: number): GammaResult {
  const state = lowerBound === Infinity ? 'infeasible' : 'pruned';
  return { gamma, state, lowerBound, upperBound: Infinity, gap: 1, iterations: 0 };
}
