import { partOf, quantileCuts } from '../partition/quantile.ts';
import type { OrganRows } from './opt-rows.ts';
import { SLICE_FEATURES } from './slice-features.ts';

/** What a corrected centre adds up: a constant, the slice features, and p², w², p·w. */
export const CENTRE_TERMS = [
  'constant',
  ...SLICE_FEATURES,
  'intensity²',
  'width²',
  'intensity·width',
] as const;

/** The correction of one organ: by bin of p, one coefficient per term, on features as they are. */
export interface OrganCentre {
  /** Ascending cuts of p; a value equal to a cut belongs to the lower bin. */
  readonly cuts: readonly number[];
  readonly coefficients: readonly (readonly number[])[];
}

/** Corrected centres by label id: c = clip(p + Σ coefficient · term, 0, 1). */
export type Centre = Readonly<Record<string, OrganCentre>>;

const TERMS = CENTRE_TERMS.length;
const FEATURES = SLICE_FEATURES.length;

/** Quantile bins of p that each organ is corrected in. */
const BINS = 8;

/** How strongly a fit on n rows is drawn to the one above it: as if that had been seen 10⁻⁴·n + 300 times more. */
const strength = (n: number): number => 1e-4 * n + 300;

/**
 * Fits the correction x − p by ridge regressions on the opt voxels: a pooled one, drawn to 0; one per organ, drawn to the
 * pooled one; one per organ and bin of p, drawn to the organ's. Terms are standardised over all rows (the constant is not; a
 * term that does not vary gets coefficient 0).
 *
 * @param ids every label; one without rows gets the pooled fit
 */
export function fitCentre(rows: ReadonlyMap<number, OrganRows>, ids: readonly number[]): Centre {
  const scale = standardisation(rows);
  const fitted = new Map<number, { cuts: number[]; bins: Normal[]; all: Normal }>();
  const pooled = new Normal();
  for (const [organ, own] of rows) {
    const cuts = quantileCuts(own.columns[0].slice().sort(), BINS);
    const bins = Array.from({ length: cuts.length + 1 }, () => new Normal());
    const terms = new Float64Array(TERMS);
    for (let row = 0; row < own.truth.length; row++) {
      fillTerms(terms, own.columns, row);
      const p = own.columns[0][row];
      for (let t = 1; t < TERMS; t++) terms[t] = (terms[t] - scale.mean[t]) * scale.perSd[t];
      bins[partOf(p, cuts)].add(terms, own.truth[row] - p);
    }
    const all = new Normal();
    for (const bin of bins) all.join(bin);
    pooled.join(all);
    fitted.set(organ, { cuts, bins, all });
  }
  const nothing = new Float64Array(TERMS);
  const whole = pooled.solve(1e-4 * pooled.rows, nothing);
  const centre: Record<string, OrganCentre> = {};
  for (const id of ids) {
    const own = fitted.get(id);
    if (!own) {
      centre[id] = { cuts: [], coefficients: [unscaled(whole, scale)] };
      continue;
    }
    const ofOrgan = own.all.solve(strength(own.all.rows), whole);
    const coefficients = own.bins.map((bin) => unscaled(bin.solve(strength(bin.rows), ofOrgan), scale));
    centre[id] = { cuts: own.cuts, coefficients };
  }
  return centre;
}

/** Writes the terms of one voxel, from the planes (or columns) of the slice features. */
function fillTerms(terms: Float64Array, columns: readonly Float32Array[], at: number): void {
  terms[0] = 1;
  for (let f = 0; f < FEATURES; f++) terms[f + 1] = columns[f][at];
  const p = terms[1];
  const w = terms[2];
  terms[FEATURES + 1] = p * p;
  terms[FEATURES + 2] = w * w;
  terms[FEATURES + 3] = p * w;
}

const scratch = new Float64Array(TERMS);

/** The corrected centre of a voxel whose features stand at `at` of the planes. */
export function centreAt(
  { cuts, coefficients }: OrganCentre,
  planes: readonly Float32Array[],
  at: number,
): number {
  const p = planes[0][at];
  const own = coefficients[partOf(p, cuts)];
  fillTerms(scratch, planes, at);
  let sum = p;
  for (let t = 0; t < TERMS; t++) sum += own[t] * scratch[t];
  return Math.fround(Math.min(Math.max(sum, 0), 1));
}

/** Mean of each term over all rows, and 1 over its standard deviation, 0 where it does not vary. */
interface Standardisation {
  readonly mean: Float64Array;
  readonly perSd: Float64Array;
}

function standardisation(rows: ReadonlyMap<number, OrganRows>): Standardisation {
  const mean = new Float64Array(TERMS);
  const square = new Float64Array(TERMS);
  const terms = new Float64Array(TERMS);
  let n = 0;
  const forEachRow = (visit: () => void) => {
    for (const { columns, truth } of rows.values()) {
      for (let row = 0; row < truth.length; row++) {
        fillTerms(terms, columns, row);
        visit();
      }
    }
  };
  forEachRow(() => {
    n++;
    for (let t = 0; t < TERMS; t++) mean[t] += terms[t];
  });
  for (let t = 0; t < TERMS; t++) mean[t] /= Math.max(n, 1);
  forEachRow(() => {
    for (let t = 0; t < TERMS; t++) square[t] += (terms[t] - mean[t]) ** 2;
  });
  // Below the rounding of a mean a term is constant.
  const perSd = square.map((sum, t) => {
    const sd = Math.sqrt(sum / Math.max(n, 1));
    return sd > 1e-12 * (1 + Math.abs(mean[t])) ? 1 / sd : 0;
  });
  return { mean, perSd };
}

/** Coefficients on terms as they are, from those on standardised terms. */
function unscaled(beta: Float64Array, { mean, perSd }: Standardisation): number[] {
  const raw = Array.from(beta, (value, t) => (t === 0 ? value : value * perSd[t]));
  for (let t = 1; t < TERMS; t++) raw[0] -= raw[t] * mean[t];
  return raw;
}

/** The normal equations of a least-squares fit. */
class Normal {
  rows = 0;
  readonly #products = new Float64Array(TERMS * TERMS);
  readonly #target = new Float64Array(TERMS);

  add(terms: Float64Array, target: number): void {
    this.rows++;
    for (let i = 0; i < TERMS; i++) {
      const own = terms[i];
      this.#target[i] += own * target;
      for (let j = 0; j <= i; j++) this.#products[i * TERMS + j] += own * terms[j];
    }
  }

  join(other: Normal): void {
    this.rows += other.rows;
    for (let i = 0; i < this.#products.length; i++) this.#products[i] += other.#products[i];
    for (let i = 0; i < TERMS; i++) this.#target[i] += other.#target[i];
  }

  /** (A + tI)⁻¹ (b + t·prior), by Cholesky's factors; t > 0 unless there are no rows. */
  solve(t: number, prior: Float64Array): Float64Array {
    if (this.rows === 0) return prior.slice();
    const factor = this.#products.slice();
    const solution = this.#target.map((value, i) => value + t * prior[i]);
    for (let i = 0; i < TERMS; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = factor[i * TERMS + j] + (i === j ? t : 0);
        for (let k = 0; k < j; k++) sum -= factor[i * TERMS + k] * factor[j * TERMS + k];
        factor[i * TERMS + j] = i === j ? Math.sqrt(sum) : sum / factor[j * TERMS + j];
      }
    }
    for (let i = 0; i < TERMS; i++) {
      for (let k = 0; k < i; k++) solution[i] -= factor[i * TERMS + k] * solution[k];
      solution[i] /= factor[i * TERMS + i];
    }
    for (let i = TERMS - 1; i >= 0; i--) {
      for (let k = i + 1; k < TERMS; k++) solution[i] -= factor[k * TERMS + i] * solution[k];
      solution[i] /= factor[i * TERMS + i];
    }
    return solution;
  }
}
