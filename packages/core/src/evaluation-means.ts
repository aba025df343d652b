import type { Evaluation, LossAndLength, ScanEvaluation, ScanSums } from './evaluate.ts';

/**
 * Means over patients of risk and length at several λ, of whole scans and by organ: a patient counts with the mean over its
 * scans, for an organ over those that contain it. Scans of one patient must be added one after the other.
 */
export class EvaluationMeans {
  readonly #slots: number;
  readonly #fits: number;
  /** Over patients: sums of their means, and how many there are. */
  readonly #all: Totals;
  /** Over the scans so far of the patient at hand. */
  readonly #own: Totals;
  readonly #scans: Uint32Array;
  /** Sums over the organs of one scan. */
  readonly #missed: Float64Array;
  readonly #length: Float64Array;
  #patient = '';

  /** `slots`: one more than the largest label id. */
  constructor(slots: number, fits: number) {
    this.#slots = slots;
    this.#fits = fits;
    this.#all = totals(slots + 1, fits);
    this.#own = totals(slots + 1, fits);
    this.#scans = new Uint32Array(slots + 1);
    this.#missed = new Float64Array(fits);
    this.#length = new Float64Array(fits);
  }

  /** Counts one scan in, from its sums. */
  add({ profile, missed, length }: ScanSums): void {
    const { patient, organVoxels, dimension } = profile;
    const allMissed = this.#missed.fill(0);
    const allLength = this.#length.fill(0);
    const fits = this.#fits;
    this.#turnTo(patient);
    for (let organ = 0; organ < organVoxels.length; organ++) {
      if (organVoxels[organ] === 0) continue;
      for (let fit = 0; fit < fits; fit++) {
        allMissed[fit] += missed[organ * fits + fit];
        allLength[fit] += length[organ * fits + fit];
      }
      this.#count(organ, missed, length, organ * fits, organVoxels[organ]);
    }
    // A scan of which nothing counts has lost nothing.
    this.#count(this.#slots, allMissed, allLength, 0, Math.max(dimension, 1));
  }

  /** Counts one scan in, evaluated before at one λ. */
  addEvaluation({ patient, risk, length, organs }: ScanEvaluation): void {
    this.#turnTo(patient);
    for (const organ in organs) {
      this.#count(Number(organ), [organs[organ].risk], [organs[organ].length], 0, 1);
    }
    this.#count(this.#slots, [risk], [length], 0, 1);
  }

  /** The means at one λ; null if no scan was counted. */
  result(fit: number): Evaluation | null {
    this.#close();
    const { risk, length, count } = this.#all;
    if (count[this.#slots] === 0) return null;
    const mean = (slot: number): LossAndLength => ({
      risk: risk[slot * this.#fits + fit] / count[slot],
      length: length[slot * this.#fits + fit] / count[slot],
    });
    const organs: Record<string, LossAndLength & { scans: number }> = {};
    for (let organ = 0; organ < this.#slots; organ++) {
      if (count[organ] > 0) organs[organ] = { ...mean(organ), scans: this.#scans[organ] };
    }
    return { ...mean(this.#slots), organs };
  }

  /** Counts what one scan has in a slot: sums over so many voxels, from an index on. */
  #count(
    slot: number,
    missed: ArrayLike<number>,
    lengths: ArrayLike<number>,
    from: number,
    voxels: number,
  ): void {
    const { risk, length, count } = this.#own;
    const row = slot * this.#fits;
    for (let fit = 0; fit < this.#fits; fit++) {
      risk[row + fit] += missed[from + fit] / voxels;
      length[row + fit] += lengths[from + fit] / voxels;
    }
    count[slot]++;
    this.#scans[slot]++;
  }

  /** Closes the patient at hand, if the scan to come is another's. */
  #turnTo(patient: string): void {
    if (patient !== this.#patient) this.#close();
    this.#patient = patient;
  }

  /** Takes the means over the scans of the patient at hand to those of all patients. */
  #close(): void {
    const { risk, length, count } = this.#own;
    const all = this.#all;
    for (let slot = 0; slot <= this.#slots; slot++) {
      const scans = count[slot];
      if (scans === 0) continue;
      for (let at = slot * this.#fits; at < (slot + 1) * this.#fits; at++) {
        all.risk[at] += risk[at] / scans;
        all.length[at] += length[at] / scans;
        risk[at] = 0;
        length[at] = 0;
      }
      all.count[slot]++;
      count[slot] = 0;
    }
  }
}

/** By slot, organs first and last the whole scan; risk and length at slot · fits + i for the λ with index i. */
interface Totals {
  readonly risk: Float64Array;
  readonly length: Float64Array;
  readonly count: Uint32Array;
}

function totals(slots: number, fits: number): Totals {
  return {
    risk: new Float64Array(slots * fits),
    length: new Float64Array(slots * fits),
    count: new Uint32Array(slots),
  };
}

/** Scans by patient, patients in order of first appearance. */
function byPatient<T extends { readonly patient: string }>(scans: readonly T[]): Map<string, T[]> {
  const scansOf = new Map<string, T[]>();
  for (const scan of scans) {
    const own = scansOf.get(scan.patient);
    if (own) own.push(scan);
    else scansOf.set(scan.patient, [scan]);
  }
  return scansOf;
}

/**
 * Means over patients: a patient counts with the mean over its scans, for an organ over those that contain it.
 * Null where there is nothing to average.
 */
export function averageEvaluations(scans: readonly ScanEvaluation[]): Evaluation | null {
  const slots = scans.reduce(
    (most, { organs }) => Object.keys(organs).reduce((id, organ) => Math.max(id, Number(organ) + 1), most),
    0,
  );
  const means = new EvaluationMeans(slots, 1);
  for (const own of byPatient(scans).values()) for (const scan of own) means.addEvaluation(scan);
  return means.result(0);
}

/** One mean per patient, in order of first appearance. */
export function patientMeans(
  scans: readonly (LossAndLength & { readonly patient: string })[],
): (LossAndLength & { readonly patient: string })[] {
  return [...byPatient(scans)].map(([patient, own]) => ({
    patient,
    risk: own.reduce((sum, { risk }) => sum + risk, 0) / own.length,
    length: own.reduce((sum, { length }) => sum + length, 0) / own.length,
  }));
}
