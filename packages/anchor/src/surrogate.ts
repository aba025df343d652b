import { type Kernels, lossSweep, SemcrcError } from '@semcrc/kernels';
import type { ActiveVoxels } from './active-voxels.ts';
import type { Tangents } from './cutting-plane.ts';
import type { Unknown } from './problem.ts';

/** F(λ) = Σ_u f_u(λ_u), the mean surrogate loss, with the tangents of its parts. */
export interface Evaluation extends Tangents {
  readonly total: number;
  /** Σ cost·λ. */
  readonly objective: number;
}

/** Where a loss is infinite its tangent is taken this far to the right, and half as far each further time. */
const STEP_OFF = 2 ** -12;

/**
 * The surrogate loss of K-RCPS at one γ, summed over voxels by the WASM core in f64: with a = |2x − lower − upper|,
 * i = upper − lower, the loss of a voxel is max(0, (a/(i + 2λ) − γ)/(1 − γ)), which is
 * max(0, 2(1+q)|x − c|/(i + 2λ) − q) with q = γ/(1−γ).
 */
export class SurrogateLoss {
  readonly #kernels: Kernels;
  readonly #unknowns: readonly Unknown[];
  readonly #voxels: ActiveVoxels;
  readonly gamma: number;
  readonly #timesInfinite: Uint8Array;
  /** Sweeps over voxels so far. */
  sweeps = 0;

  constructor(kernels: Kernels, unknowns: readonly Unknown[], gamma: number, voxels: ActiveVoxels) {
    this.#kernels = kernels;
    this.#unknowns = unknowns;
    this.gamma = gamma;
    this.#voxels = voxels;
    this.#timesInfinite = new Uint8Array(unknowns.length);
  }

  /** All parts at λ, or a little to the right of it where they are infinite; the λ evaluated is in the result. */
  evaluate(lambda: Float64Array): Evaluation {
    let at = this.#sweep(lambda);
    while (at.value.includes(Infinity)) {
      const moved = lambda.slice();
      at.value.forEach((value, u) => {
        if (value === Infinity) moved[u] += STEP_OFF * 2 ** -this.#timesInfinite[u]++;
      });
      at = this.#sweep(moved);
    }
    return at;
  }

  #sweep(lambda: Float64Array): Evaluation {
    this.sweeps++;
    const residuals = this.#voxels.at(this.gamma, lambda);
    const { unknownOfSegment, weightOfSegment } = residuals;
    const perSegment = new Float64Array(unknownOfSegment.length);
    for (let s = 0; s < perSegment.length; s++) perSegment[s] = lambda[unknownOfSegment[s]];
    const { loss, slope } = lossSweep(
      this.#kernels,
      residuals.columns(),
      residuals.offsets,
      perSegment,
      this.gamma,
    );
    const value = new Float64Array(lambda.length);
    const fall = new Float64Array(lambda.length);
    for (let s = 0; s < loss.length; s++) {
      if (loss[s] === 0 || weightOfSegment[s] === 0) continue;
      value[unknownOfSegment[s]] += loss[s] * weightOfSegment[s];
      fall[unknownOfSegment[s]] += slope[s] * weightOfSegment[s];
    }
    let total = 0;
    let objective = 0;
    for (let u = 0; u < lambda.length; u++) {
      total += value[u];
      objective += this.#unknowns[u].cost * lambda[u];
    }
    if (Number.isNaN(total)) {
      throw new SemcrcError(
        'bad-input',
        'the surrogate loss is NaN: truth, lower or upper hold a NaN; check the scans of the optimization split',
      );
    }
    return { lambda, value, slope: fall, total, objective };
  }
}
