import { CuttingPlanes, type Tangents } from './cutting-plane.ts';
import { newtonPoint, updateCurvature } from './newton.ts';
import { checkSignal, type Unknown } from './problem.ts';
import type { Evaluation, SurrogateLoss } from './surrogate.ts';

/** Where the search for one γ begins. */
export interface Start {
  readonly lambda: Float64Array;
  /** Second derivatives of the parts near there; 0 where unknown. */
  readonly curvature: Float64Array;
  /** A certified lower bound of the objective. */
  readonly lowerBound: number;
  /** Tangents known to lie below the parts. */
  readonly cuts: readonly Tangents[];
}

/** What is known of one γ when its search ends. */
export interface Found {
  /** `pruned`: the lower bound exceeds the incumbent. `stalled`: out of iterations before the gap was reached. */
  readonly state: 'solved' | 'stalled' | 'pruned' | 'infeasible';
  /** A certified lower bound of the objective; Infinity if infeasible. */
  readonly lowerBound: number;
  /** The cheapest feasible point evaluated, if any. */
  readonly best: Evaluation | undefined;
  /** Points evaluated. */
  readonly iterations: number;
}

/** What one γ is searched with. */
export interface SearchOptions {
  readonly unknowns: readonly Unknown[];
  /** Share of the voxels that each unknown's loss is a mean over; length unknowns. */
  readonly share: Float64Array;
  readonly epsilon: number;
  readonly gap: number;
  /** The objective of the best γ so far: a search whose lower bound exceeds it stops. */
  readonly incumbent: number;
  readonly signal?: AbortSignal | undefined;
}

const ITERATIONS = 400;
/** How much of the allowed gap a point may give away to be feasible rather than just outside. */
const MARGIN = 0.1;
/** How far a point of the LP is drawn to the best feasible one while that helps; cutting planes alone zigzag. */
const PULL = 0.5;
/** The smallest feasible shift is found to this part of the gap that is still open. */
const PRECISION = 0.2;

/** (upper − lower)/upper, 0 if both are 0, 1 without a feasible point. */
export function relativeGap(lowerBound: number, upperBound: number): number {
  if (upperBound === Infinity) return 1;
  return upperBound > 0 ? Math.max(0, upperBound - lowerBound) / upperBound : 0;
}

/**
 * Minimizes Σ cost·λ s.t. F(λ) ≤ ε on the box [0, 1], for one γ. Every point evaluated gives one tangent per unknown to
 * the cutting-plane LP, whose value is the lower bound; every feasible one an upper bound. The next point is the Newton
 * point of the optimality conditions as long as the gap shrinks, which near the optimum takes two or three sweeps where
 * plain cutting planes take thirty; when it does not, the LP's own point, and then the smallest uniform shift of it
 * that is feasible. So the bounds meet whether or not the parts are smooth. HiGHS is loaded when the bounds known at the
 * start do not suffice.
 */
export async function searchGamma(loss: SurrogateLoss, start: Start, options: SearchOptions): Promise<Found> {
  const { unknowns, share, epsilon, incumbent } = options;
  const cost = Float64Array.from(unknowns, (unknown) => unknown.cost);
  const planes = new CuttingPlanes(cost, share, epsilon);
  const curvature = start.curvature.slice();
  const totalCost = cost.reduce((sum, value) => sum + value, 0);
  let best: Evaluation | undefined;
  let previous: Evaluation | undefined;
  let { lowerBound } = start;
  let iterations = 0;

  const evaluate = (lambda: Float64Array): Evaluation => {
    checkSignal(options.signal);
    const at = loss.evaluate(lambda);
    iterations++;
    planes.add(at);
    if (previous) updateCurvature(curvature, previous, at);
    previous = at;
    if (at.total <= epsilon && at.objective < (best?.objective ?? Infinity)) best = at;
    return at;
  };
  const gapNow = () => relativeGap(lowerBound, best?.objective ?? Infinity);
  const end = (state: Found['state']): Found => ({
    state,
    lowerBound: state === 'infeasible' ? Infinity : lowerBound,
    best,
    iterations,
  });
  /**
   * Shifts an infeasible point uniformly until it is feasible, to within a part of the gap; false if nothing is. The
   * loss is convex along the shift, so its tangent from the infeasible end stays infeasible and its chord feasible.
   */
  const shiftToFeasible = (from: Evaluation): boolean => {
    let low = from;
    let lowShift = 0;
    let high: Evaluation | undefined;
    let highShift = 1;
    let chordNext = true;
    while (iterations < ITERATIONS) {
      const steepness = low.slope.reduce((sum, slope) => sum - slope, 0);
      const tangent = steepness > 0 ? lowShift + (low.total - epsilon) / steepness : 1;
      let shift: number;
      if (high === undefined) {
        shift = Math.min(1, Math.max(2 * lowShift, tangent * (1 + 1e-3) + 1e-9));
      } else {
        const open = Math.max(options.gap * high.objective, high.objective - lowerBound);
        if ((highShift - tangent) * totalCost <= PRECISION * open) return true;
        const chord = lowShift + ((highShift - lowShift) * (low.total - epsilon)) / (low.total - high.total);
        shift = chordNext ? chord : tangent;
        chordNext = !chordNext;
        if (!(shift < highShift && shift > lowShift)) return true;
      }
      const at = evaluate(from.lambda.map((value) => Math.min(1, value + shift)));
      if (at.total <= epsilon) {
        high = at;
        highShift = shift;
      } else {
        if (at.lambda.every((value) => value >= 1)) return false;
        low = at;
        lowShift = shift;
      }
    }
    return best !== undefined;
  };

  const target = epsilon * (1 - MARGIN * options.gap);
  try {
    for (const cut of start.cuts) planes.add(cut);
    let at = evaluate(start.lambda);
    if (gapNow() > options.gap && curvature.some((value) => value > 0)) {
      // The start is a solution but for how little its loss was misjudged.
      at = evaluate(newtonPoint(at, curvature, cost, target, start.lambda));
    }
    let gapBefore = 2;
    let patience = 2;
    let pull = PULL;
    while (iterations < ITERATIONS) {
      if (gapNow() <= options.gap) return end('solved');
      const relaxed = await planes.solve();
      if (relaxed.state === 'infeasible' || at.lambda.every((value) => value >= 1)) {
        const top = loss.evaluate(new Float64Array(cost.length).fill(1));
        if (top.total > epsilon) return end('infeasible');
      }
      const planePoint = relaxed.state === 'optimal' ? relaxed.lambda : new Float64Array(cost.length).fill(1);
      if (relaxed.state === 'optimal') lowerBound = Math.max(lowerBound, relaxed.lowerBound);
      if (lowerBound > incumbent) return end('pruned');
      const gap = gapNow();
      if (gap <= options.gap) return end('solved');
      patience = gap < gapBefore / 2 ? 2 : patience - 1;
      pull = gap < 0.9 * gapBefore ? PULL : 0;
      gapBefore = Math.min(gap, gapBefore);
      if (patience > 0) {
        at = evaluate(newtonPoint(at, curvature, cost, target, planePoint));
        continue;
      }
      patience = 1;
      const { lambda: inner } = best ?? { lambda: planePoint };
      at = evaluate(planePoint.map((value, u) => value + pull * (inner[u] - value)));
      if (at.total > epsilon && !shiftToFeasible(at)) return end('infeasible');
      at = previous ?? at;
    }
    return end(best ? 'stalled' : 'infeasible');
  } finally {
    planes.dispose();
  }
}
