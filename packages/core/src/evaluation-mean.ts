import type { Evaluation, LossAndLength, OrganSums, ScanEvaluation } from './evaluate.ts';

/**
 * Means over patients of risk and length, of whole scans and by organ: a patient counts with the mean over its scans, for
 * an organ over those that contain it. Scans of one patient must be added one after the other.
 */
export class EvaluationMean {
  readonly #slots: number;
  /** Over patients, per organ slot and last the whole scan: sums of their means, and how many there are. */
  readonly #all: Totals;
  /** Over the scans so far of the patient at hand. */
  readonly #own: Totals;
  readonly #scans: Uint32Array;
  #patient: string | null = null;

  /** `slots`: one more than the largest label id. */
  constructor(slots: number) {
    this.#slots = slots;
    this.#all = totals(slots + 1);
    this.#own = totals(slots + 1);
    this.#scans = new Uint32Array(slots + 1);
  }

  /** Counts one scan in, from its sums. */
  add({ profile, missed, length }: OrganSums): void {
    const { patient, organVoxels, dimension } = profile;
    this.#turnTo(patient);
    let allMissed = 0;
    let allLength = 0;
    for (let organ = 0; organ < organVoxels.length; organ++) {
      const voxels = organVoxels[organ];
      if (voxels === 0) continue;
      allMissed += missed[organ];
      allLength += length[organ];
      this.#count(organ, missed[organ] / voxels, length[organ] / voxels);
    }
    if (dimension > 0) this.#count(this.#slots, allMissed / dimension, allLength / dimension);
    else this.#count(this.#slots, 0, 0);
  }

  /** Counts one scan in, evaluated before. */
  addEvaluation({ patient, risk, length, organs }: ScanEvaluation): void {
    this.#turnTo(patient);
    for (const organ in organs) this.#count(Number(organ), organs[organ].risk, organs[organ].length);
    this.#count(this.#slots, risk, length);
  }

  /** The means; null if no scan was counted. */
  result(): Evaluation | null {
    this.#turnTo(null);
    if (this.#all.count[this.#slots] === 0) return null;
    const organs: Record<string, LossAndLength & { scans: number }> = {};
    for (let organ = 0; organ < this.#slots; organ++) {
      if (this.#all.count[organ] > 0) organs[organ] = { ...this.#mean(organ), scans: this.#scans[organ] };
    }
    return { ...this.#mean(this.#slots), organs };
  }

  #mean(slot: number): LossAndLength {
    const { risk, length, count } = this.#all;
    return { risk: risk[slot] / count[slot], length: length[slot] / count[slot] };
  }

  #count(slot: number, risk: number, length: number): void {
    this.#own.risk[slot] += risk;
    this.#own.length[slot] += length;
    this.#own.count[slot]++;
    this.#scans[slot]++;
  }

  /** Closes the patient at hand, if it is another. */
  #turnTo(patient: string | null): void {
    if (patient === this.#patient) return;
    const { risk, length, count } = this.#own;
    for (let slot = 0; slot <= this.#slots; slot++) {
      if (count[slot] === 0) continue;
      this.#all.risk[slot] += risk[slot] / count[slot];
      this.#all.length[slot] += length[slot] / count[slot];
      this.#all.count[slot]++;
    }
    risk.fill(0);
    length.fill(0);
    count.fill(0);
    this.#patient = patient;
  }
}

interface Totals {
  readonly risk: Float64Array;
  readonly length: Float64Array;
  readonly count: Uint32Array;
}

function totals(slots: number): Totals {
  return { risk: new Float64Array(slots), length: new Float64Array(slots), count: new Uint32Array(slots) };
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
  const mean = new EvaluationMean(slots);
  for (const own of byPatient(scans).values()) for (const scan of own) mean.addEvaluation(scan);
  return mean.result();
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
