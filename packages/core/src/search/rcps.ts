import { SemcrcError } from '@semcrc/kernels';
import { checkEpsilon, type RiskBound } from './bound.ts';

/**
 * Bounds for risk-controlling prediction sets, P(R ≤ ε) ≥ 1 − δ for i.i.d. scans (Bates et al., JACM 2021): a λ is
 * accepted iff a test at level δ rejects "risk > ε" on the calibration losses.
 */

/** Throws a `usage` error unless 0 < δ < 1. */
function checkDelta(delta: number): void {
  if (!(delta > 0 && delta < 1)) {
    throw new SemcrcError('usage', `delta must lie strictly between 0 and 1, found ${delta}`, {
      data: { delta },
    });
  }
}

function sumOf(losses: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < losses.length; i++) sum += losses[i];
  return sum;
}

/** Hoeffding: R̂ + √(ln(1/δ)/(2n)) ≤ ε. */
export function hoeffdingBound(epsilon: number, delta: number): RiskBound {
  checkEpsilon(epsilon);
  checkDelta(delta);
  return {
    name: 'hoeffding',
    epsilon,
    delta,
    accepts(losses) {
      const n = losses.length;
      return sumOf(losses) / n + Math.sqrt(Math.log(1 / delta) / (2 * n)) <= epsilon;
    },
  };
}

/**
 * Hoeffding–Bentkus (Bates et al., Theorem 4 with Angelopoulos et al. 2021, Proposition 4):
 * min(exp(−n·h₁(min(R̂, ε), ε)), e·P(Bin(n, ε) ≤ ⌈nR̂⌉)) ≤ δ.
 */
export function hoeffdingBentkusBound(epsilon: number, delta: number): RiskBound {
  checkEpsilon(epsilon);
  checkDelta(delta);
  return {
    name: 'hoeffding-bentkus',
    epsilon,
    delta,
    accepts(losses) {
      const n = losses.length;
      const sum = sumOf(losses);
      const hoeffding = Math.exp(-n * bernoulliDivergence(Math.min(sum / n, epsilon), epsilon));
      return hoeffding <= delta || Math.E * binomialCdf(Math.ceil(sum), n, epsilon) <= delta;
    },
  };
}

/** Kullback–Leibler divergence of Bernoulli(p) from Bernoulli(q), h₁(p, q). */
function bernoulliDivergence(p: number, q: number): number {
  const first = p > 0 ? p * Math.log(p / q) : 0;
  const second = p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0;
  return first + second;
}

/** P(Bin(n, p) ≤ k), summed term by term: each term from its predecessor, scaled so that none underflows. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k >= n) return 1;
  if (k < 0) return 0;
  let term = 1;
  let sum = 1;
  let scale = n * Math.log1p(-p);
  const odds = p / (1 - p);
  for (let i = 1; i <= k; i++) {
    term *= ((n - i + 1) / i) * odds;
    sum += term;
    if (sum > 1e200) {
      term *= 1e-200;
      sum *= 1e-200;
      scale += 200 * Math.LN10;
    }
  }
  return Math.min(1, Math.exp(scale + Math.log(sum)));
}

/**
 * Waudby-Smith–Ramdas betting bound (Bates et al., Proposition 5): with μ̂_i = (½ + ΣL)/(i + 1),
 * σ̂²_i = (¼ + Σ(L_j − μ̂_j)²)/(i + 1) and ν_i = min(1, √(2 ln(1/δ)/(n σ̂²_{i−1}))), accept iff
 * max_i Π_{j≤i}(1 − ν_j(L_j − ε)) ≥ 1/δ, scans in split order.
 *
 * The evidence is not monotone in λ: the bets ν depend on the losses seen before.
 */
export function wsrBound(epsilon: number, delta: number): RiskBound {
  checkEpsilon(epsilon);
  checkDelta(delta);
  return {
    name: 'wsr',
    epsilon,
    delta,
    accepts: (losses) => leastEvidence(losses, losses, epsilon, delta) >= Math.log(1 / delta),
    // Rounding of the bounds' own arithmetic must not certify what an exact count would reject.
    acceptsAllBetween: (least, most) =>
      leastEvidence(least, most, epsilon, delta) >= Math.log(1 / delta) + 1e-9,
  };
}

/**
 * A lower bound, over all losses between `least` and `most`, on max_i Σ_{j≤i} ln(1 − ν_j(L_j − ε)); the evidence itself
 * where the two are equal. Interval arithmetic: each running statistic is carried as a range.
 */
function leastEvidence(least: Float64Array, most: Float64Array, epsilon: number, delta: number): number {
  const n = least.length;
  const exact = least === most;
  const stake = 2 * Math.log(1 / delta);
  let sumLeast = 0.5;
  let sumMost = 0.5;
  let squaresLeast = 0.25;
  let squaresMost = 0.25;
  let evidence = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const low = least[i];
    const high = most[i];
    const nuLeast = Math.min(1, Math.sqrt(stake / ((n * squaresMost) / (i + 1))));
    const nuMost = Math.min(1, Math.sqrt(stake / ((n * squaresLeast) / (i + 1))));
    evidence += Math.log1p(-(high > epsilon ? nuMost : nuLeast) * (high - epsilon));
    if (evidence > best) best = evidence;
    sumLeast += low;
    sumMost += high;
    const meanLeast = sumLeast / (i + 2);
    const meanMost = sumMost / (i + 2);
    if (exact) {
      squaresLeast += (low - meanLeast) ** 2;
      squaresMost = squaresLeast;
    } else {
      const below = low - meanMost;
      const above = high - meanLeast;
      squaresMost += Math.max(below * below, above * above);
      if (below > 0) squaresLeast += below * below;
      else if (above < 0) squaresLeast += above * above;
    }
  }
  return best;
}
