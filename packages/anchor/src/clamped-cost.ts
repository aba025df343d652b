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
 * C(λ) = Σ_j amount_j·min(λ, distance_j), in f64, for λ that only ever grow: a bound that has met the edge of the range
 * costs no more.
 */
export class ClampedCost {
  readonly #points: ClampPoints;
  #next = 0;
  /** Σ amount·distance over the bounds at the edge. */
  #settled = 0;
  /** Σ amount over the bounds that still move. */
  #moving: number;

  constructor(points: ClampPoints) {
    this.#points = points;
    this.#moving = points.total;
  }

  /** C(λ); λ must not be smaller than at the call before. */
  at(lambda: number): number {
    const { values, amounts, kind } = this.#points;
    const last = values.length - 1;
    while (this.#next <= last) {
      const distance = kind === 'distance' ? values[this.#next] : 1 - values[last - this.#next];
      if (distance > lambda) break;
      const amount = typeof amounts === 'number' ? amounts : amounts[this.#next];
      this.#settled += amount * distance;
      this.#moving -= amount;
      this.#next++;
    }
    return this.#settled + lambda * this.#moving;
  }
}
