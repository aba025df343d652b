import type { Tangents } from './cutting-plane.ts';
import type { TangentTable } from './tangent-table.ts';

/** What tangents alone say about one γ. */
export interface Outlook {
  /** Certified: the dual function at some multiplier. Infinity if not even λ = 1 everywhere is feasible. */
  readonly lowerBound: number;
  /** About optimal for the target asked. */
  readonly lambda: Float64Array;
  /** Second derivatives of the parts there; 0 where unknown. */
  readonly curvature: Float64Array;
  /** The multiplier ν there: what one unit of loss is worth. */
  readonly price: number;
  /** The loss there, as far as tangents tell. */
  readonly loss: number;
}

/** What is sought, and from where. */
export interface DualQuery {
  readonly epsilon: number;
  /** The loss at which λ is wanted, at most ε. */
  readonly target: number;
  /** The loss is met to this part of it. */
  readonly precision: number;
  /** A λ and a multiplier thought to be near. */
  readonly near: { readonly lambda: Float64Array; readonly price: number };
}

const STEPS = 200;
/** Tangents are known to this part of themselves, so a large multiplier bounds nothing. */
const ROUNDING = 2 ** -44;
/** Between the most and the least by which a multiplier is changed while the loss has not been on both sides of the target. */
const LARGEST_STEP = 8;
const LEAST_STEP = 1e-5;
/** Steps after which the interval of multipliers is halved, whatever the steps gained. */
const HALVING_FROM = 40;

/**
 * The problem min Σ c_u λ_u s.t. Σ f_u(λ_u) ≤ ε, 0 ≤ λ ≤ 1 with every f_u known by tangents at nodes. For a multiplier ν ≥ 0 the dual
 * function D(ν) = Σ_u min_λ (c_u λ + ν·max of the tangents) − νε separates and bounds the problem from below, whatever
 * ν. It peaks where the loss of the minimizers is ε, so ν is found as a root. Every unknown's minimizer lies between
 * the two nodes whose slopes enclose −c_u/ν.
 */
export class DualSearch {
  readonly #table: TangentTable;
  readonly #cost: Float64Array;
  /** First node at which the cost outweighs the fall of the loss; one beyond the last if there is none. */
  readonly #node: Int32Array;
  readonly #lambda: Float64Array;
  readonly #curvature: Float64Array;

  constructor(table: TangentTable, cost: Float64Array) {
    this.#table = table;
    this.#cost = cost;
    this.#node = new Int32Array(cost.length);
    this.#lambda = new Float64Array(cost.length);
    this.#curvature = new Float64Array(cost.length);
  }

  /** Bounds the problem at ε and finds the λ whose loss is the target; a function of the query alone. */
  solve({ epsilon, target, precision, near }: DualQuery): Outlook {
    const { lattice } = this.#table;
    const last = lattice.nodes.length - 1;
    near.lambda.forEach((lambda, u) => {
      this.#node[u] = lattice.nodeAbove(lambda);
    });
    let lowerBound = 0;
    // Multipliers with too much loss, and with little enough, and target/loss − 1 there.
    let low = 0;
    let high = Infinity;
    let lowExcess = 0;
    let highExcess = 0;
    let stale = 0;
    let { price } = near;
    let loss = 0;
    for (let step = 0; step < STEPS; step++) {
      const found = this.#minimize(price, epsilon);
      lowerBound = Math.max(lowerBound, found.dual);
      loss = found.loss;
      if (Math.abs(loss - target) <= precision * target) break;
      if (loss > target) {
        // Illinois: an end that stays twice counts half.
        if (stale > 0) highExcess /= 2;
        stale = 1;
        low = price;
        lowExcess = target / loss - 1;
        if (this.#node.every((node) => node > last)) break;
      } else {
        if (stale < 0) lowExcess /= 2;
        stale = -1;
        high = price;
        highExcess = loss > 0 ? Math.min(target / loss, LARGEST_STEP) - 1 : LARGEST_STEP;
        if (this.#node.every((node) => node === 0)) break;
      }
      if (high - low <= (precision / 4) * low) break;
      if (low === 0 || high === Infinity) {
        // The loss falls about as the square root of the multiplier, or faster.
        const ratio = Math.min(LARGEST_STEP, Math.max(1 / LARGEST_STEP, loss / target));
        price *=
          low === 0 ? Math.min(ratio * ratio, 1 - LEAST_STEP) : Math.max(ratio * ratio, 1 + LEAST_STEP);
        if (!(price > 1e-300 && price < 1e300)) break;
      } else {
        const next = low + ((high - low) * lowExcess) / (lowExcess - highExcess);
        const halve = step > HALVING_FROM || !(next > low && next < high);
        price = halve ? Math.sqrt(low) * Math.sqrt(high) : next;
      }
    }
    const ones = this.#cost.reduce((sum, _, u) => sum + this.#table.at(u, last).value, 0);
    return {
      lowerBound: ones > epsilon ? Infinity : lowerBound,
      lambda: this.#lambda.slice(),
      curvature: this.#curvature.slice(),
      price,
      loss,
    };
  }

  /** Tangents at the nodes on either side of the last minimizers. */
  cuts(): Tangents[] {
    const { lattice } = this.#table;
    const last = lattice.nodes.length - 1;
    return [-1, 0].map((step) => {
      const nodes = Array.from(this.#node, (node) => Math.min(last, Math.max(0, node + step)));
      const tangents = nodes.map((node, u) => this.#table.at(u, node));
      return {
        lambda: Float64Array.from(nodes, (node) => lattice.nodes[node]),
        value: Float64Array.from(tangents, ({ value }) => value),
        slope: Float64Array.from(tangents, ({ slope }) => slope),
      };
    });
  }

  /** Minimizes c_u λ + ν f_u for every unknown; the value of the dual function, and the loss of the minimizers. */
  #minimize(price: number, epsilon: number): { dual: number; loss: number } {
    const table = this.#table;
    const { nodes } = table.lattice;
    const last = nodes.length - 1;
    let dual = -price * epsilon;
    let loss = 0;
    let size = 0;
    for (let u = 0; u < this.#cost.length; u++) {
      const cost = this.#cost[u];
      const node = this.#locate(u, cost / price);
      this.#node[u] = node;
      this.#curvature[u] = 0;
      if (node > last) {
        const { value } = table.at(u, last);
        this.#lambda[u] = 1;
        dual += cost + price * value;
        loss += value;
        size += value;
        continue;
      }
      const upper = table.at(u, node);
      const to = nodes[node];
      if (node === 0) {
        const value = upper.value - upper.slope * to;
        this.#lambda[u] = 0;
        dual += price * value;
        loss += value;
        size += value;
        continue;
      }
      const lower = table.at(u, node - 1);
      const from = nodes[node - 1];
      const bend = upper.slope - lower.slope;
      const meeting = (lower.value - upper.value + upper.slope * to - lower.slope * from) / bend;
      const kink = Math.min(to, Math.max(from, meeting));
      const least = Math.max(
        lower.value + lower.slope * (kink - from),
        upper.value + upper.slope * (kink - to),
      );
      dual += cost * kink + price * least;
      // The minimizer of a smooth f_u, its slope taken as linear in between.
      const share = Math.min(1, Math.max(0, (-cost / price - lower.slope) / bend));
      const lambda = from + share * (to - from);
      const slope = lower.slope + share * bend;
      const ahead = lower.value + ((lower.slope + slope) / 2) * (lambda - from);
      const back = upper.value + ((upper.slope + slope) / 2) * (lambda - to);
      this.#lambda[u] = lambda;
      this.#curvature[u] = bend / (to - from);
      loss += ahead + share * (back - ahead);
      size += lower.value - lower.slope * to;
    }
    return { dual: dual - ROUNDING * price * size, loss };
  }

  /** The first node where f_u falls by no more than `fall` per unit of λ, sought from where it was last. */
  #locate(u: number, fall: number): number {
    const end = this.#table.lattice.nodes.length;
    let low = -1;
    let high = end;
    let probe = Math.min(end - 1, this.#node[u]);
    for (let stride = 1; high - low > 1; stride *= 2) {
      if (this.#settles(u, probe, fall)) {
        high = probe;
        if (low >= 0) break;
        probe = Math.max(0, probe - stride);
        if (high === 0) break;
      } else {
        low = probe;
        if (high < end) break;
        probe = Math.min(end - 1, probe + stride);
        if (low === end - 1) break;
      }
    }
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#settles(u, middle, fall)) high = middle;
      else low = middle;
    }
    return high;
  }

  /** Whether f_u falls by no more than `fall` per unit of λ from a node on. */
  #settles(u: number, node: number, fall: number): boolean {
    return this.#table.at(u, node).slope + fall >= 0;
  }
}
