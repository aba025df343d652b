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
