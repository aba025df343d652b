import type { LengthProblem } from '../src/index.ts';

/** One voxel as the reference sees it: its unknown, the weight of its loss, a = |2x − l − u|, i = u − l, width w. */
interface Term {
  readonly index: number;
  readonly weight: number;
  readonly a: number;
  readonly i: number;
  readonly w: number;
}

/** Plain-loop twin of the whole gamma problem, straight from the definitions. */
export interface Reference {
  readonly terms: readonly Term[];
  /** E|S_k| per unknown (half for one side of two); 0 where a group has no voxels. */
  readonly cost: Float64Array;
}

export function referenceOf(problem: LengthProblem): Reference {
  const { voxels, offsets, groupOfSegment, weightOfSegment, groupCount, sides } = problem;
  const terms: Term[] = [];
  const cost = new Float64Array(groupCount * sides);
  groupOfSegment.forEach((group, s) => {
    for (let j = offsets[s]; j < offsets[s + 1]; j++) {
      const twice = 2 * voxels.truth[j] - voxels.lower[j] - voxels.upper[j];
      const w = voxels.lowerWeight?.[j] ?? 1;
      for (let side = 0; side < sides; side++) {
        cost[side * groupCount + group] += (weightOfSegment[s] * w) / sides;
      }
      if (twice === 0) continue;
      terms.push({
        index: sides === 2 && twice > 0 ? groupCount + group : group,
        weight: weightOfSegment[s],
        a: Math.abs(twice),
        i: voxels.upper[j] - voxels.lower[j],
        w,
      });
    }
  });
  return { terms, cost };
}

/** ℓ^γ of one voxel: max(0, 2(1+q)|x−c|/(i+2λw) − q), q = γ/(1−γ). */
export function surrogate({ a, i, w }: Pick<Term, 'a' | 'i' | 'w'>, lambda: number, gamma: number): number {
  const q = gamma / (1 - gamma);
  return Math.max(0, ((1 + q) * a) / (i + 2 * lambda * w) - q);
}

/** Mean ℓ^γ over scans. */
export function meanSurrogate({ terms }: Reference, lambda: Float64Array, gamma: number): number {
  return terms.reduce((sum, term) => sum + term.weight * surrogate(term, lambda[term.index], gamma), 0);
}

/** Share of voxels outside the interval widened by λ, in f64. */
export function meanMiss({ terms }: Reference, lambda: Float64Array): number {
  return terms.reduce(
    (sum, { index, weight, a, i, w }) => sum + (a > i + 2 * w * lambda[index] ? weight : 0),
    0,
  );
}

export function objectiveOf({ cost }: Reference, lambda: Float64Array): number {
  return cost.reduce((sum, value, u) => sum + (value > 0 ? value * lambda[u] : 0), 0);
}

const HALVINGS = 100;

/**
 * The optimum by another road: for a multiplier μ every unknown minimizes cost·λ + μ·f(λ) on its own (bisection on the
 * sign of the right derivative), and μ is bisected until mean ℓ^γ ≤ ε. Infinity if λ = 1 everywhere does not do.
 */
export function optimum(reference: Reference, gamma: number, epsilon: number): number {
  const { terms, cost } = reference;
  const byUnknown = Array.from(cost, () => [] as Term[]);
  for (const term of terms) byUnknown[term.index].push(term);
  const q = gamma / (1 - gamma);
  const slope = (u: number, lambda: number): number => {
    let sum = 0;
    for (const { a, i, w, weight } of byUnknown[u]) {
      const d = i + 2 * lambda * w;
      if (((1 + q) * a) / d - q > 0) sum -= d === 0 ? Infinity : (weight * (1 + q) * a * 2 * w) / (d * d);
    }
    return sum;
  };
  const minimizer = (mu: number): Float64Array =>
    cost.map((price, u) => {
      if (!(price > 0) || byUnknown[u].length === 0) return 0;
      const settled = (lambda: number) => price + mu * slope(u, lambda) >= 0;
      if (settled(0)) return 0;
      if (!settled(1)) return 1;
      let low = 0;
      let high = 1;
      for (let step = 0; step < HALVINGS; step++) {
        const middle = (low + high) / 2;
        if (settled(middle)) high = middle;
        else low = middle;
      }
      return high;
    });
  const ones = new Float64Array(cost.length).fill(1);
  if (meanSurrogate(reference, ones, gamma) > epsilon) return Infinity;
  const zeros = new Float64Array(cost.length);
  if (meanSurrogate(reference, zeros, gamma) <= epsilon) return 0;
  let low = 0;
  let high = 1;
  while (high < 1e30 && meanSurrogate(reference, minimizer(high), gamma) > epsilon) high *= 4;
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (meanSurrogate(reference, minimizer(middle), gamma) > epsilon) low = middle;
    else high = middle;
  }
  return objectiveOf(reference, minimizer(high));
}
