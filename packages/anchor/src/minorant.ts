/** Vertices of a lower convex minorant from λ = 0 on: cost ascending, miss descending to the last. */
export interface Minorant {
  /** Scores (f32 exact); the first is 0. */
  readonly lambda: Float32Array;
  readonly cost: Float64Array;
  readonly miss: Float64Array;
}

/**
 * The lower convex minorant of points (cost, miss) given in order of ascending λ, with cost never falling. Grows by
 * `push`; a point on or above the segment that joins its neighbours is no vertex.
 */
export class MinorantBuilder {
  readonly #lambda: number[] = [0];
  readonly #cost: number[] = [0];
  readonly #miss: number[];
  /** The last vertex; entries beyond it are stale. */
  #top = 0;

  /** `miss` is the share missed at λ = 0, where the cost is 0. */
  constructor(miss: number) {
    this.#miss = [miss];
  }

  push(lambda: number, cost: number, miss: number): void {
    const costs = this.#cost;
    const misses = this.#miss;
    let top = this.#top;
    while (top > 0) {
      const across = (costs[top] - costs[top - 1]) * (miss - misses[top - 1]);
      const down = (misses[top] - misses[top - 1]) * (cost - costs[top - 1]);
      if (across > down) break;
      top--;
    }
    top++;
    this.#lambda[top] = lambda;
    costs[top] = cost;
    misses[top] = miss;
    this.#top = top;
  }

  finish(): Minorant {
    const count = this.#top + 1;
    return {
      lambda: Float32Array.from(this.#lambda.slice(0, count)),
      cost: Float64Array.from(this.#cost.slice(0, count)),
      miss: Float64Array.from(this.#miss.slice(0, count)),
    };
  }
}
