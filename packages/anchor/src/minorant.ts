/** Vertices of a lower convex minorant from the least λ on: cost never falling, miss descending to the last. */
export interface Minorant {
  /** Scores (f32 exact); the first is the least λ, 0 or −1. */
  readonly lambda: Float32Array;
  readonly cost: Float64Array;
  readonly miss: Float64Array;
}

/**
 * The lower convex minorant of points (cost, miss) given in order of ascending λ, cost never falling and miss never
 * rising; of points with one λ the last counts. The first point stands at the least λ and is always a vertex; any other on
 * or above the segment that joins its neighbours is none. All arrays have equal length ≥ 1, and are overwritten.
 */
export function lowerMinorant(lambda: Float32Array, cost: Float64Array, miss: Float64Array): Minorant {
  let top = 0;
  for (let i = 1; i < lambda.length; i++) {
    if (i + 1 < lambda.length && lambda[i + 1] === lambda[i]) continue;
    const c = cost[i];
    const m = miss[i];
    while (top > 0) {
      const across = (cost[top] - cost[top - 1]) * (m - miss[top - 1]);
      const down = (miss[top] - miss[top - 1]) * (c - cost[top - 1]);
      if (across > down) break;
      top--;
    }
    top++;
    lambda[top] = lambda[i];
    cost[top] = c;
    miss[top] = m;
  }
  return { lambda: lambda.slice(0, top + 1), cost: cost.slice(0, top + 1), miss: miss.slice(0, top + 1) };
}

/**
 * The lower convex minorant of points that come one after the other, as `lowerMinorant` takes them: only its vertices are
 * kept.
 */
export class GrowingMinorant {
  #lambda = new Float32Array(1024);
  #cost = new Float64Array(1024);
  #miss = new Float64Array(1024);
  #top = -1;
  /** The point that came last; the next one of its λ takes its place. */
  #last: { lambda: number; cost: number; miss: number } | undefined;

  add(lambda: number, cost: number, miss: number): void {
    const last = this.#last;
    if (last === undefined) {
      if (this.#top < 0) this.#push(lambda, cost, miss);
      else this.#last = { lambda, cost, miss };
      return;
    }
    if (last.lambda !== lambda) this.#place(last.lambda, last.cost, last.miss);
    last.lambda = lambda;
    last.cost = cost;
    last.miss = miss;
  }

  finish(): Minorant {
    const last = this.#last;
    if (last !== undefined) this.#place(last.lambda, last.cost, last.miss);
    this.#last = undefined;
    const end = this.#top + 1;
    return {
      lambda: this.#lambda.slice(0, end),
      cost: this.#cost.slice(0, end),
      miss: this.#miss.slice(0, end),
    };
  }

  #place(lambda: number, cost: number, miss: number): void {
    while (this.#top > 0) {
      const top = this.#top;
      const across = (this.#cost[top] - this.#cost[top - 1]) * (miss - this.#miss[top - 1]);
      const down = (this.#miss[top] - this.#miss[top - 1]) * (cost - this.#cost[top - 1]);
      if (across > down) break;
      this.#top--;
    }
    this.#push(lambda, cost, miss);
  }

  #push(lambda: number, cost: number, miss: number): void {
    this.#top++;
    if (this.#top === this.#lambda.length) {
      const grown = <T extends Float32Array | Float64Array>(old: T, larger: T): T => {
        larger.set(old);
        return larger;
      };
      this.#lambda = grown(this.#lambda, new Float32Array(2 * this.#top));
      this.#cost = grown(this.#cost, new Float64Array(2 * this.#top));
      this.#miss = grown(this.#miss, new Float64Array(2 * this.#top));
    }
    this.#lambda[this.#top] = lambda;
    this.#cost[this.#top] = cost;
    this.#miss[this.#top] = miss;
  }
}
