import { SemcrcError } from '@semcrc/kernels';
import type { Highs, Model } from 'highs';

/** Value and slope of every separable part at one point. All arrays have one entry per unknown. */
export interface Tangents {
  readonly lambda: Float64Array;
  /** f_u(λ_u): the mean surrogate loss that unknown u accounts for. */
  readonly value: Float64Array;
  /** f_u'(λ_u) ≤ 0. */
  readonly slope: Float64Array;
}

/** What the relaxation says: a certified lower bound and the point that attains it. */
export type Relaxation =
  | { readonly state: 'optimal'; readonly lowerBound: number; readonly lambda: Float64Array }
  | { readonly state: 'infeasible' };

const OPTIMAL = 7;
const INFEASIBLE = 8;
const FEASIBLE_POINT = 2;
/** HiGHS drops coefficients of this size and less without a word. */
const DROPPED = 1e-9;

/**
 * min Σ cost·λ s.t. Σ f_u(λ_u) ≤ ε, 0 ≤ λ ≤ 1, with every convex f_u replaced by the tangents seen so far.
 *
 * Columns are λ_u and τ_u ≥ 0, the mean loss *within* unknown u (f_u over its share of the voxels), so that rows stand
 * near 1 whatever the size of a group: τ_u ≥ tangent, one row per tangent, and Σ share_u·τ_u ≤ ε. Each row is divided
 * by its steepness where that exceeds 1.
 */
export class CuttingPlanes {
  readonly #model: Model;
  readonly #infinity: number;
  readonly #cost: Float64Array;
  readonly #share: Float64Array;
  readonly #epsilon: number;
  /** Row by row: unknown, coefficient of λ, coefficient of τ, right-hand side. */
  readonly #rows: { unknown: number; steepness: number; unit: number; bound: number }[] = [];

  /** `cost` and `share` have one entry per unknown, all positive; ε ≥ 0. */
  constructor(highs: Highs, cost: Float64Array, share: Float64Array, epsilon: number) {
    const count = cost.length;
    this.#cost = cost;
    this.#share = share;
    this.#epsilon = epsilon;
    this.#infinity = highs.infinity;
    const upper = new Float64Array(2 * count).fill(highs.infinity).fill(1, 0, count);
    const colCost = new Float64Array(2 * count);
    colCost.set(cost);
    this.#model = highs.createModel({
      numCols: 2 * count,
      numRows: 1,
      colCost,
      colLower: new Float64Array(2 * count),
      colUpper: upper,
      rowLower: [-highs.infinity],
      rowUpper: [epsilon],
      matrix: {
        format: 'csr',
        numRows: 1,
        numCols: 2 * count,
        starts: [0, count],
        indices: Array.from({ length: count }, (_, u) => count + u),
        values: share,
      },
    });
    this.#model.options.set({
      output_flag: false,
      presolve: 'off',
      solver: 'simplex',
      primal_feasibility_tolerance: 1e-10,
      dual_feasibility_tolerance: 1e-10,
    });
  }

  /** Adds one tangent per unknown. Values must be finite. */
  add({ lambda, value, slope }: Tangents): void {
    const count = this.#cost.length;
    const starts = new Int32Array(count + 1);
    const indices = new Int32Array(2 * count);
    const values = new Float64Array(2 * count);
    const lower = new Float64Array(count);
    let filled = 0;
    for (let u = 0; u < count; u++) {
      const share = this.#share[u];
      const fall = -slope[u] / share;
      const scale = Math.max(1, fall);
      let steepness = fall / scale;
      let unit = 1 / scale;
      let bound = (value[u] / share + fall * lambda[u]) / scale;
      // A coefficient that HiGHS would drop is dropped here instead, and the row weakened so that it stays valid.
      if (steepness <= DROPPED) {
        bound -= steepness;
        steepness = 0;
      }
      if (unit <= DROPPED) {
        bound -= (unit * this.#epsilon) / share;
        unit = 0;
      }
      if (steepness > 0) {
        indices[filled] = u;
        values[filled++] = steepness;
      }
      if (unit > 0) {
        indices[filled] = count + u;
        values[filled++] = unit;
      }
      starts[u + 1] = filled;
      lower[u] = bound;
      this.#rows.push({ unknown: u, steepness, unit, bound });
    }
    this.#model.addRows({
      lower,
      upper: new Float64Array(count).fill(this.#infinity),
      matrix: {
        format: 'csr',
        numRows: count,
        numCols: 2 * count,
        starts,
        indices: indices.subarray(0, filled),
        values: values.subarray(0, filled),
      },
    });
  }

  /** Solves the relaxation, starting from the basis of the last solve. */
  solve(): Relaxation {
    let { modelStatus } = this.#model.run();
    if (modelStatus !== OPTIMAL && modelStatus !== INFEASIBLE) {
      // A basis that led nowhere: once more from scratch.
      this.#model.clearSolver();
      ({ modelStatus } = this.#model.run());
    }
    if (modelStatus === INFEASIBLE) return { state: 'infeasible' };
    const primal = Number(this.#model.info.get('primal_solution_status'));
    if (modelStatus !== OPTIMAL || primal !== FEASIBLE_POINT) {
      throw new SemcrcError(
        'internal',
        `HiGHS ended with model status ${modelStatus} and primal status ${primal}, expected ${OPTIMAL} and ${FEASIBLE_POINT}`,
        { data: { modelStatus, primal } },
      );
    }
    const { colValue, rowDual } = this.#model.getSolution();
    const lambda = Float64Array.from(colValue.subarray(0, this.#cost.length), (value) =>
      Math.min(1, Math.max(0, value)),
    );
    return { state: 'optimal', lowerBound: this.#dualBound(rowDual), lambda };
  }

  /**
   * The LP value recomputed from its multipliers. Any multipliers of the right sign bound the problem from below, so
   * the result is a bound whatever the solver's tolerances were.
   */
  #dualBound(rowDual: Float64Array): number {
    const budget = Math.max(0, -rowDual[0]);
    const reducedCost = Float64Array.from(this.#cost);
    const reducedLoss = Float64Array.from(this.#share, (share) => share * budget);
    let bound = -budget * this.#epsilon;
    this.#rows.forEach((row, r) => {
      const multiplier = Math.max(0, rowDual[r + 1]);
      bound += multiplier * row.bound;
      reducedCost[row.unknown] -= multiplier * row.steepness;
      reducedLoss[row.unknown] -= multiplier * row.unit;
    });
    for (let u = 0; u < reducedCost.length; u++) {
      // λ_u ≤ 1, and in any feasible point τ_u ≤ ε/share_u.
      bound += Math.min(0, reducedCost[u]) + (Math.min(0, reducedLoss[u]) * this.#epsilon) / this.#share[u];
    }
    return Math.max(0, bound);
  }

  /** Frees the solver's memory. */
  dispose(): void {
    this.#model.dispose();
  }
}
