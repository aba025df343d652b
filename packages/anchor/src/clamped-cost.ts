import { type Kernels, profileScores, radixSort } from '@semcrc/kernels';
import { pin } from './pinned.ts';

/** Values ascending, each with an amount: its own, or one that all share. */
export interface Weighed {
  readonly values: Float32Array;
  readonly amounts: Float64Array | number;
}

/** Sorts values > 0 with their amounts, in place where all amounts are one number. */
export function sortWeighed(kernels: Kernels, values: Float32Array, amounts: Float64Array | number): Weighed {
  if (typeof amounts === 'number') {
    const sorted = pin(kernels, values);
    radixSort(kernels, values);
    return { values: sorted(), amounts };
  }
  const oneGroup = new Uint8Array(values.length);
  const { scores, positions } = profileScores(kernels, values, oneGroup, 1, { positions: true });
  const sorted = new Float64Array(scores.length);
  for (let i = 0; i < sorted.length; i++) sorted[i] = amounts[positions?.[i] ?? i];
  return { values: scores, amounts: sorted };
}

/** Where one side of the intervals of a group meets the edge of the range as λ grows. */
export interface ClampPoints extends Weighed {
  /** `values` are distances to the edge, or upper bounds whose distance is 1 − value (exact where a difference is not). */
  readonly kind: 'distance' | 'upper';
  /** Σ of the amounts of all voxels that are not at the edge at λ = 0, those beyond the last value among them. */
  readonly total: number;
}

/**
 * Adds C(λ) = Σ_j amount_j·min(λ, distance_j) to `out`, in f64, for every λ of an ascending list: a bound that has met
 * the edge of the range costs no more.
 */
export function addClampedCost(points: ClampPoints, lambdas: Float32Array, out: Float64Array): void {
  const { values, amounts, kind, total } = points;
  const shared = typeof amounts === 'number' ? amounts : undefined;
  const each = typeof amounts === 'number' ? undefined : amounts;
  const last = values.length - 1;
  const distanceOf = (i: number) => (kind === 'distance' ? values[i] : 1 - values[last - i]);
  // Σ amount·distance over the bounds at the edge, and Σ amount over those that still move.
  let settled = 0;
  let moving = total;
  let next = 0;
  let distance = next <= last ? distanceOf(0) : Infinity;
  for (let i = 0; i < lambdas.length; i++) {
    const lambda = lambdas[i];
    while (distance <= lambda) {
      const amount = shared ?? (each as Float64Array)[next];
      settled += amount * distance;
      moving -= amount;
      next++;
      distance = next <= last ? distanceOf(next) : Infinity;
    }
    out[i] += settled + lambda * moving;
  }
}

/** A piece of ascending distances, each with its amount where these differ. */
export interface DistancePiece {
  readonly values: Float32Array;
  readonly amounts: Float64Array | undefined;
}

/** C(λ) as `addClampedCost` sums it, for distances that come piece by piece. */
export class ClampedCost {
  readonly #pieces: () => DistancePiece | undefined;
  readonly #shared: number | undefined;
  #piece: DistancePiece | undefined;
  #next = 0;
  #settled = 0;
  #moving: number;

  /**
   * @param pieces gives the next piece, undefined after the last
   * @param shared amount of every distance of a piece that has none of its own
   * @param total Σ of the amounts of all voxels that are not at the edge at λ = 0
   */
  constructor(pieces: () => DistancePiece | undefined, shared: number | undefined, total: number) {
    this.#pieces = pieces;
    this.#shared = shared;
    this.#moving = total;
    this.#piece = pieces();
  }

  /** C(λ), for a λ that is no less than any asked for before. */
  at(lambda: number): number {
    while (this.#piece !== undefined) {
      const { values, amounts } = this.#piece;
      while (this.#next < values.length && values[this.#next] <= lambda) {
        const amount = amounts === undefined ? (this.#shared as number) : amounts[this.#next];
        this.#settled += amount * values[this.#next];
        this.#moving -= amount;
        this.#next++;
      }
      if (this.#next < values.length) break;
      this.#piece = this.#pieces();
      this.#next = 0;
    }
    return this.#settled + lambda * this.#moving;
  }
}
