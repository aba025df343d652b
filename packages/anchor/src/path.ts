import type { Minorant } from './minorant.ts';

/** The minorant of one unknown, with its place in the published λ. */
export interface PlacedMinorant {
  readonly index: number;
  readonly minorant: Minorant;
}

/**
 * The path of the envelope anchor: the edges of all minorants, steepest first (ties by place in λ, then by edge),
 * traversed one at a time and continuously in the λ of the edge at hand. Its position t is a number ≥ 0: ⌊t⌋ edges lie
 * behind, and the fraction is how far λ has come along the next; beyond the last edge all λ grow by ω = t − length.
 * Every λ is non-decreasing in t, from `start` on.
 */
export class LambdaPath {
  /** Number of λ's: K, or 2K with two sides. */
  readonly size: number;
  /** Every λ at t = 0: 0, or −1 where intervals may shrink. */
  readonly start: number;
  /** Place in λ of each edge. */
  readonly index: Uint16Array;
  /** λ at the start of each edge, and at its end; f32 exact scores (or `start`). */
  readonly lambdaFrom: Float32Array;
  readonly lambdaTo: Float32Array;
  /** What traversing each edge adds to the cost, and takes from the share missed. */
  readonly cost: Float64Array;
  readonly miss: Float64Array;
  /** The λ's on the path: 1 where the group has voxels, 0 where it has none and `at` gives NaN. */
  readonly present: Uint8Array;

  constructor(size: number, minorants: readonly PlacedMinorant[], start = 0) {
    this.size = size;
    this.start = start;
    this.present = new Uint8Array(size);
    const edges: { index: number; edge: number; slope: number; minorant: Minorant }[] = [];
    for (const { index, minorant } of minorants) {
      this.present[index] = 1;
      let slope = -Infinity;
      for (let edge = 0; edge + 1 < minorant.lambda.length; edge++) {
        const { cost, miss } = minorant;
        // Rounding must not turn the edges of one minorant round.
        slope = Math.max(slope, (miss[edge + 1] - miss[edge]) / (cost[edge + 1] - cost[edge]));
        edges.push({ index, edge, slope, minorant });
      }
    }
    edges.sort(
      (a, b) => (a.slope === b.slope ? 0 : a.slope - b.slope) || a.index - b.index || a.edge - b.edge,
    );
    this.index = Uint16Array.from(edges, ({ index }) => index);
    this.lambdaFrom = Float32Array.from(edges, ({ edge, minorant }) => minorant.lambda[edge]);
    this.lambdaTo = Float32Array.from(edges, ({ edge, minorant }) => minorant.lambda[edge + 1]);
    this.cost = Float64Array.from(
      edges,
      ({ edge, minorant }) => minorant.cost[edge + 1] - minorant.cost[edge],
    );
    this.miss = Float64Array.from(
      edges,
      ({ edge, minorant }) => minorant.miss[edge] - minorant.miss[edge + 1],
    );
  }

  /** Number of edges: the position at which the path ends and +ω begins. */
  get length(): number {
    return this.index.length;
  }

  /** Writes λ at position t ≥ 0 to `out` (length `size`, f64): vertices exact, NaN where a group has no voxels. */
  at(t: number, out: Float64Array): Float64Array {
    for (let u = 0; u < this.size; u++) out[u] = this.present[u] ? this.start : Number.NaN;
    const whole = Math.min(Math.floor(t), this.length);
    for (let e = 0; e < whole; e++) out[this.index[e]] = this.lambdaTo[e];
    const rest = t - whole;
    if (whole < this.length) {
      if (rest > 0) {
        const from = this.lambdaFrom[whole];
        const to = this.lambdaTo[whole];
        out[this.index[whole]] = Math.min(to, from + rest * (to - from));
      }
    } else {
      for (let u = 0; u < this.size; u++) out[u] += rest;
    }
    return out;
  }
}
