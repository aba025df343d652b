import { halfway } from './float-order.ts';

/** A point of a family of λ. */
export interface End {
  readonly t: number;
  readonly lambda: Float32Array;
  /** Mean loss there, but for rounding. */
  readonly risk: number;
}

/** More than rounding changes in a mean loss when up to a million terms are added up in another order. */
export const NEARBY = 1e-9;

/**
 * What a bound says of a mean loss that is known but for rounding; null where that leaves it open.
 *
 * @param wanted the largest mean loss it accepts, if it goes by the mean
 */
export function verdictOnMean(risk: number, wanted: number | undefined): boolean | null {
  if (wanted === undefined || Math.abs(risk - wanted) <= NEARBY) return null;
  return risk < wanted;
}

/** A share of a stretch that is quicker searched from its end than by halving. */
const CLOSE = 0.125;

/** About where the t is that is sought, and how far off it may well be: it makes the search shorter, and changes nothing else. */
export interface Hint {
  readonly t: number;
  readonly stride: number;
}

/** Where the next of a row of t's may be, from those before it. */
export function hintAfter(before: readonly number[]): Hint | undefined {
  const last = before[before.length - 1];
  if (last === undefined) return undefined;
  const step = last - (before[before.length - 2] ?? last);
  return { t: last + step, stride: Math.max(Math.abs(step) / 8, 2 ** -16) };
}

/**
 * Where to look next between a rejected and an accepted t: where the line through the mean losses at both ends meets the
 * one wanted, seen from the nearer end and a little beyond, so that the farther end comes near; halfway in the order of
 * doubles where that did not help. A hint is followed first, in longer and longer strides until both ends have moved.
 */
export class Aim {
  #hint: Hint | undefined;
  #start: { readonly rejected: number; readonly accepted: number } | undefined;
  #width = Number.POSITIVE_INFINITY;
  #overshoot = 1;
  #nearer: 'rejected' | 'accepted' | null = null;

  constructor(hint?: Hint) {
    this.#hint = hint;
  }

  /** The end that the number given last lies near to, if either. */
  get nearer(): 'rejected' | 'accepted' | null {
    return this.#nearer;
  }

  /**
   * A number strictly between the two in the order of doubles; the rejected t where there is none.
   *
   * @param undecided scores in the stretch: their count left of a t strays from the line by its square root
   */
  between(rejected: End, accepted: End, wanted: number | undefined, undecided: number): number {
    this.#nearer = null;
    const hinted = this.#hinted(rejected.t, accepted.t);
    if (hinted !== null) return hinted;
    const width = accepted.t - rejected.t;
    this.#overshoot = width > 0.75 * this.#width ? 4 * this.#overshoot : 1;
    this.#width = width;
    const drop = rejected.risk - accepted.risk;
    if (wanted !== undefined && drop > 0) {
      const share = (rejected.risk - wanted) / drop;
      const near = Math.min(share, 1 - share);
      const step = this.#overshoot * near + straying(near, undecided);
      if (near > 0 && step < 0.6) {
        const t = share < 0.5 ? rejected.t + step * width : accepted.t - step * width;
        if (t > rejected.t && t < accepted.t) {
          if (step < CLOSE) this.#nearer = share < 0.5 ? 'rejected' : 'accepted';
          return t;
        }
      }
    }
    return halfway(rejected.t, accepted.t);
  }

  #hinted(rejected: number, accepted: number): number | null {
    if (!this.#hint) return null;
    const { t, stride } = this.#hint;
    this.#start ??= { rejected, accepted };
    const below = rejected !== this.#start.rejected;
    const above = accepted !== this.#start.accepted;
    const next = below ? rejected + stride : above ? accepted - stride : t;
    if ((below && above) || !(next > rejected && next < accepted)) {
      this.#hint = undefined;
      return null;
    }
    if (below || above) this.#hint = { t, stride: 8 * stride };
    return next;
  }
}

/**
 * How far, as a share of a stretch, the count of scores up to a point may stray from the line through both ends: about
 * one and a half standard deviations, and half a score.
 *
 * @param share of the stretch before the point, or after it
 */
function straying(share: number, scores: number): number {
  return Math.sqrt((2 * share) / scores) + 0.5 / scores;
}
