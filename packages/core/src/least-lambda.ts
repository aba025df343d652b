import { NEARBY, verdictOnMean } from './aim.ts';
import { backtrack } from './backtrack.ts';
import { leastUnits, type RiskBound } from './bound.ts';
import { halfwayFloat, SORTED_AT_MOST, sortedOrder } from './float-order.ts';
import { lineFamily } from './lambda-family.ts';
import type { LossTable } from './loss-table.ts';
import { type End, PooledScores, type Span, type Stretch } from './pooled-scores.ts';
import { ScoreBuckets } from './score-buckets.ts';

/** The least λ that a bound accepts, or that it accepts none. */
export type LeastLambda =
  | { readonly state: 'calibrated'; readonly lambda: number; readonly units: number }
  | { readonly state: 'infeasible'; readonly units: number; readonly leastUnits: number };

/**
 * The least λ ≥ 0 that each bound accepts, where one λ decides on every score of a table (eq. 3, 12): 0 or one of the
 * scores. Bounds that go by the mean loss are met together.
 */
export function leastLambdas(table: LossTable, bounds: readonly RiskBound[]): LeastLambda[] {
  const units = table.units.length;
  const noLoss = new Float64Array(units);
  const sought: Sought[] = [];
  for (const bound of bounds) {
    if (bound.meanAccepted && bound.accepts(noLoss))
      sought.push({ bound, wanted: bound.meanAccepted(units) });
  }
  const found = new OrderStatistics(table).of(sought.sort((a, b) => b.wanted - a.wanted));
  const single = lineFamily(new Float64Array(1));
  return bounds.map((bound) => {
    const lambda = found.get(bound);
    if (lambda !== undefined) return { state: 'calibrated', lambda, units };
    if (bound.meanAccepted) return { state: 'infeasible', units, leastUnits: leastUnits(bound) };
    const alone = backtrack(table, single, bound);
    return alone.state === 'infeasible' ? alone : { state: 'calibrated', lambda: alone.lambda[0], units };
  });
}

/** A bound, and the largest mean loss it accepts. */
interface Sought {
  readonly bound: RiskBound;
  readonly wanted: number;
}

/** More bounds than this do not share a walk: its memory grows with them. */
const AT_ONCE = 256;
/** So few scores are read whole, or so few for each bound: to guess where λ's are among them would cost as much. */
const FEW = 2 ** 12;
const FEW_PER_BOUND = 2 ** 10;
/** More scores than this are not read at once: half of what can be sorted. */
const MANY = SORTED_AT_MOST / 2;
/** Of n scores, one in √(n/k)/SAMPLING is sampled to guess k λ's: to sample and to read around the guesses cost alike then. */
const SAMPLING = 4;
/** Spans with fewer scores than this for each list between them are read as one. */
const CLOSE = 12;
/** How far around a guess a λ is looked for, in standard deviations of the mean loss: beyond, it lies once in 370 times. */
const DEVIATIONS = 3;

/**
 * Finds λ's as order statistics of a table's scores: guesses from a sample where each is, counts what is missed there, and
 * sorts the few scores that are left. Guesses decide on time alone; what they miss is searched for.
 */
class OrderStatistics {
  readonly #pool: PooledScores;
  readonly #found = new Map<RiskBound, number>();

  constructor(table: LossTable) {
    this.#pool = new PooledScores(table);
  }

  /** λ of each bound; they come by the mean loss wanted, largest first. */
  of(sought: readonly Sought[]): Map<RiskBound, number> {
    const { whole } = this.#pool;
    const atZero = this.#countAccepting(sought, 0, whole.low.risk, whole);
    this.#settle(sought.slice(0, atZero), 0);
    for (let from = atZero; from < sought.length; from += AT_ONCE) {
      this.#search(whole, sought.slice(from, from + AT_ONCE), Number.POSITIVE_INFINITY);
    }
    return this.#found;
  }

  /**
   * Finds λ's in a stretch, whose low end all bounds reject and whose high end all accept: reads the spans where they are
   * likely to be, and searches the rest for those that are not.
   *
   * @param before scores of the stretch that it is a part of
   */
  #search(stretch: Stretch, sought: readonly Sought[], before: number): void {
    if (sought.length === 0) return;
    const count = countOf(stretch);
    if (count <= Math.max(FEW, FEW_PER_BOUND * sought.length)) {
      this.#read(stretch, sought);
      return;
    }
    const { low, high } = stretch;
    const half = halfwayFloat(low.lambda, high.lambda);
    if (half === low.lambda) {
      this.#settle(sought, high.lambda);
      return;
    }
    // Where guessing did little before, the λ halfway divides: a span of none.
    const spans = count > before / 2 ? [{ low: half, high: half, count: 0 }] : this.#guess(stretch, sought);
    let from = low;
    let left = sought;
    const upTo = (end: End): readonly Sought[] => {
      const accepting = left.slice(0, this.#countAccepting(left, end.lambda, end.risk, stretch));
      left = left.slice(accepting.length);
      return accepting;
    };
    for (const part of this.#pool.divide(stretch, spans)) {
      this.#search({ low: from, high: part.low, copy: null }, upTo(part.low), count);
      const within = upTo(part.high);
      if (countOf(part) <= MANY) this.#read(part, within);
      else this.#search(part, within, count);
      from = part.high;
    }
    this.#search({ low: from, high, copy: null }, left, count);
  }

  /**
   * Spans of a stretch, ascending, in which λ's are likely to be: from where the mean loss told by every so manyth score may
   * just not be low enough to where it surely is.
   */
  #guess(stretch: Stretch, sought: readonly Sought[]): Span[] {
    const { low, high } = stretch;
    const count = countOf(stretch);
    const perLoss = count / (low.risk - high.risk);
    const close = (CLOSE * this.#pool.lists) / perLoss;
    const together = sought[0].wanted - sought[sought.length - 1].wanted < close * sought.length;
    const every = Math.ceil(Math.sqrt(count / (together ? 1 : sought.length)) / SAMPLING);
    const buckets = new ScoreBuckets(low.lambda, high.lambda, count / every);
    this.#pool.sample(low, high, every, buckets);
    const margin = DEVIATIONS * this.#pool.deviation(every);
    const spans: { low: number; high: number; count: number }[] = [];
    let [opened, closed, risk, from, to] = [0, 0, low.risk, 0, 0];
    for (let bucket = 0; bucket < buckets.count && closed < sought.length; bucket++) {
      const after = risk - buckets.loss[bucket];
      for (; opened < sought.length && after < sought[opened].wanted + margin; opened++) {
        const start = sought[opened].wanted + margin;
        if (opened > closed || (opened > 0 && to - start < close)) continue;
        from = start;
        spans.push({ low: Math.fround(buckets.reaching(bucket, risk - start)), high: high.lambda, count });
      }
      for (; closed < opened && after < sought[closed].wanted - margin; closed++) {
        to = sought[closed].wanted - margin;
        const span = spans[spans.length - 1];
        span.high = Math.min(Math.fround(buckets.reaching(bucket, risk - to)), high.lambda);
        span.count = (from - to) * perLoss;
      }
      risk = after;
    }
    return spans;
  }

  /** Reads all scores of a stretch: those among which λ's may be are sorted, the others only counted. */
  #read(stretch: Stretch, sought: readonly Sought[]): void {
    if (sought.length === 0) return;
    const { low, high } = stretch;
    const buckets = new ScoreBuckets(low.lambda, high.lambda, 4 * sought.length + countOf(stretch) / 16);
    this.#pool.count(stretch, buckets);
    const { wanted, risks } = bucketsWanted(buckets, low.risk, sought);
    const { scores, losses } = this.#pool.pick(stretch, buckets, wanted);
    const order = sortedOrder(scores);
    let [at, bucket, risk, left] = [0, -1, 0, sought];
    while (at < order.length && left.length > 0) {
      const lambda = scores[order[at]];
      if (buckets.of(lambda) !== bucket) {
        bucket = buckets.of(lambda);
        risk = risks[bucket];
      }
      for (; at < order.length && scores[order[at]] === lambda; at++) risk -= losses[order[at]];
      const accepting = this.#countAccepting(left, lambda, risk, stretch);
      if (accepting === 0) continue;
      this.#settle(left.slice(0, accepting), lambda);
      left = left.slice(accepting);
    }
    this.#settle(left, high.lambda);
  }

  /** Notes the λ of bounds. */
  #settle(sought: readonly Sought[], lambda: number): void {
    for (const { bound } of sought) this.#found.set(bound, lambda);
  }

  /** How many of the bounds, from the first on, accept a λ within a stretch: by the mean loss, if that leaves no doubt. */
  #countAccepting(sought: readonly Sought[], lambda: number, risk: number, stretch: Stretch): number {
    let losses: Float64Array | null = null;
    const accepts = ({ bound, wanted }: Sought): boolean => {
      const verdict = verdictOnMean(risk, wanted);
      if (verdict !== null) return verdict;
      losses ??= this.#pool.lossesAt(lambda, stretch);
      return bound.accepts(losses);
    };
    const rejecting = sought.findIndex((one) => !accepts(one));
    return rejecting < 0 ? sought.length : rejecting;
  }
}

const countOf = ({ low, high }: Stretch): number => high.covered - low.covered;

/** Which buckets may hold λ's of bounds, and the mean loss before each; `risk` is that before the first. */
function bucketsWanted(
  buckets: ScoreBuckets,
  risk: number,
  sought: readonly Sought[],
): { readonly wanted: Uint8Array; readonly risks: Float64Array } {
  const wanted = new Uint8Array(buckets.count);
  const risks = new Float64Array(buckets.count);
  let before = risk;
  let next = 0;
  for (let bucket = 0; bucket < buckets.count && next < sought.length; bucket++) {
    const after = before - buckets.loss[bucket];
    if (after <= sought[next].wanted + NEARBY) wanted[bucket] = 1;
    risks[bucket] = before;
    while (next < sought.length && after < sought[next].wanted - NEARBY) next++;
    before = after;
  }
  return { wanted, risks };
}
