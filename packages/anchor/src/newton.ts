import type { Evaluation } from './surrogate.ts';

/**
 * Second derivatives of the parts, from the slopes at two points; where these say nothing the earlier estimate stays.
 * 0 means unknown.
 */
export function updateCurvature(curvature: Float64Array, before: Evaluation, after: Evaluation): void {
  for (let u = 0; u < curvature.length; u++) {
    const step = after.lambda[u] - before.lambda[u];
    if (Math.abs(step) <= 1e-7 * Math.max(after.lambda[u], 1e-3)) continue;
    const estimate = (after.slope[u] - before.slope[u]) / step;
    if (estimate > 0) curvature[u] = estimate;
  }
}

const HALVINGS = 60;

/**
 * The minimizer of Σ cost·λ s.t. Σ f ≤ target, 0 ≤ λ ≤ 1, with every f replaced by its parabola at `at`. At the
 * optimum all parts fall equally fast per unit of cost, f_u' = −ν·cost_u; ν is found by bisection. An unknown without
 * curvature takes its value from `fallback`. No λ moves by more than half of itself (or 2⁻⁸) at a time.
 */
export function newtonPoint(
  at: Evaluation,
  curvature: Float64Array,
  cost: Float64Array,
  target: number,
  fallback: Float64Array,
): Float64Array {
  const count = cost.length;
  const lambda = new Float64Array(count);
  const place = (nu: number): number => {
    let total = 0;
    for (let u = 0; u < count; u++) {
      const from = at.lambda[u];
      const reach = Math.max(from / 2, 2 ** -8);
      const ideal = curvature[u] > 0 ? from - (nu * cost[u] + at.slope[u]) / curvature[u] : fallback[u];
      lambda[u] = Math.min(1, from + reach, Math.max(0, from - reach, ideal));
      const step = lambda[u] - from;
      total += Math.max(0, at.value[u] + at.slope[u] * step + (curvature[u] / 2) * step * step);
    }
    return total;
  };
  let low = 0;
  let high = 0;
  for (let u = 0; u < count; u++) high = Math.max(high, (-2 * at.slope[u] + curvature[u]) / cost[u]);
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (place(middle) > target) high = middle;
    else low = middle;
  }
  place(low);
  return lambda;
}
