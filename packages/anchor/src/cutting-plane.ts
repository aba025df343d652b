import { SemcrcError } from '@semcrc/kernels';
import type { Model } from '#highs-solver';
import { loadHighs } from './highs.ts';

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
const GAVE_UP = -1;
const FEASIBLE_POINT = 2;
/** HiGHS drops coefficients of this size and less without a word. */
const DROPPED = 1e-9;

/** With HiGHS's own 1e-7 cuts repeat before the gap closes. */
const TOLERANCE = 1e-10;
const LOOSE_TOLERANCE = 1e-7;

function setTolerance(model: Model, tolerance: number): void {
  model.options.set({ primal_feasibility_tolerance: tolerance, dual_feasibility_tolerance: tolerance });
}

/** The model's status after a run; GAVE_UP where HiGHS ended without one. */
function statusOf(model: Model): number {
  try {
    return model.run().modelStatus;
  } catch (error) {
    if ((error as { readonly operation?: unknown }).operation === 'run') return GAVE_UP;
    throw error;
  }
}

/**
 * min Σ cost·λ s.t. Σ f_u(λ_u) ≤ ε, 0 ≤ λ ≤ 1, with every convex f_u replaced by the tangents seen so far.
 *
 * Columns are λ_u and τ_u ≥ 0, the mean loss *within* unknown u (f_u over its share of the voxels), so that rows stand
 * near 1 whatever the size of a group: τ_u ≥ tangent, one row per tangent, and Σ share_u·τ_u ≤ ε. Each row is divided
 * by its steepness where that exceeds 1.
 */
export class CuttingPlanes {
  /** Made by the first solve: bounds known from elsewhere may make that unnecessary. */
  #model: Model | undefined;
  #infinity = Infinity;
  /** Rows the model has. */
  #placed = 0;
  readonly #cost: Float64Array;
  readonly #share: Float64Array;
  readonly #epsilon: number;
  /** Row by row: unknown, coefficient of λ, coefficient of τ, right-hand side. */
  readonly #rows: { unknown: number; steepness: number; unit: number; bound: number }[] = [];

  /** `cost` and `share` have one entry per unknown, all positive; ε ≥ 0. */
  constructor(cost: Float64Array, share: Float64Array, epsilon: number) {
    this.#cost = cost;
    this.#share = share;
    this.#epsilon = epsilon;
  }

  async #makeModel(): Promise<Model> {
    const count = this.#cost.length;
    const highs = await loadHighs();
    const { infinity } = highs;
    this.#infinity = infinity;
    const upper = new Float64Array(2 * count).fill(infinity).fill(1, 0, count);
    const colCost = new Float64Array(2 * count);
    colCost.set(this.#cost);
    const model = highs.createModel({
      numCols: 2 * count,
      numRows: 1,
      colCost,
      colLower: new Float64Array(2 * count),
      colUpper: upper,
      rowLower: [-infinity],
      rowUpper: [this.#epsilon],
      matrix: {
        format: 'csr',
        numRows: 1,
        numCols: 2 * count,
        starts: [0, count],
        indices: Array.from({ length: count }, (_, u) => count + u),
        values: this.#share,
      },
    });
    model.options.set({
      output_flag: false,
      presolve: 'off',
      solver: 'simplex',
    });
    setTolerance(model, TOLERANCE);
    return model;
  }

  /** Adds one tangent per unknown. Values must be finite. */
  add({ lambda, value, slope }: Tangents): void {
    for (let u = 0; u < this.#cost.length; u++) {
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
      this.#rows.push({ unknown: u, steepness, unit, bound });
    }
  }

  /** Hands the rows not yet placed to the model. */
  #place(model: Model): void {
    const count = this.#cost.length;
    const rows = this.#rows.slice(this.#placed);
    this.#placed = this.#rows.length;
    const starts = [0];
    const indices: number[] = [];
    const values: number[] = [];
    for (const { unknown, steepness, unit } of rows) {
      if (steepness > 0) {
        indices.push(unknown);
        values.push(steepness);
      }
      if (unit > 0) {
        indices.push(count + unknown);
        values.push(unit);
      }
      starts.push(indices.length);
    }
    model.addRows({
      lower: Float64Array.from(rows, ({ bound }) => bound),
      upper: new Float64Array(rows.length).fill(this.#infinity),
      matrix: {
        format: 'csr',
        numRows: rows.length,
        numCols: 2 * count,
        starts: Int32Array.from(starts),
        indices: Int32Array.from(indices),
        values: Float64Array.from(values),
      },
    });
  }

  /** Solves the relaxation, starting from the basis of the last solve. HiGHS is loaded for the first one. */
  async solve(): Promise<Relaxation> {
    this.#model ??= await this.#makeModel();
    const model = this.#model;
    this.#place(model);
    let modelStatus = statusOf(model);
    // A basis that led nowhere: once more from scratch, then less exactly. The bound holds for any multipliers.
    for (const tolerance of [TOLERANCE, LOOSE_TOLERANCE]) {
      if (modelStatus === OPTIMAL || modelStatus === INFEASIBLE) break;
      model.clearSolver();
      setTolerance(model, tolerance);
      modelStatus = statusOf(model);
      setTolerance(model, TOLERANCE);
    }
    if (modelStatus === INFEASIBLE) return { state: 'infeasible' };
    const primal = Number(model.info.get('primal_solution_status'));
    if (modelStatus !== OPTIMAL || primal !== FEASIBLE_POINT) {
      throw new SemcrcError(
        'internal',
        `HiGHS ended with model status ${modelStatus} and primal status ${primal}, expected ${OPTIMAL} and ${FEASIBLE_POINT}`,
        { data: { modelStatus, primal } },
      );
    }
    const { colValue, rowDual } = model.getSolution();
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
    this.#model?.dispose();
  }
}
