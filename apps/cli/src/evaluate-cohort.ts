import {
  buildProfile,
  type CalibratedLambda,
  type Calibration,
  evaluateScan,
  type LossAndLength,
  type MendedVoxels,
  makePartition,
  type ProfileOptions,
  patientMeans,
  type ScanEvaluation,
  type Source,
} from '@semcrc/core';
import { loadKernels, SemcrcError } from '@semcrc/kernels';
import { type MeanInterval, meanInterval } from './mean-interval.ts';

/** Risk and length of something, each with its 95% interval over patients. */
export interface MeasuredRisk {
  readonly risk: MeanInterval;
  readonly length: MeanInterval;
  readonly scans: number;
  readonly patients: number;
}

/** How a calibration does on a cohort's scans. */
export interface CohortEvaluation extends MeasuredRisk {
  /** By label id, over the scans that contain the label. */
  readonly organs: Readonly<Record<string, MeasuredRisk>>;
}

/**
 * Refuses a cohort whose labels the calibration does not know by the same names.
 *
 * @throws SemcrcError `usage` naming the first label that differs
 */
export function checkSameLabels(calibration: Calibration, cohort: Source): void {
  for (const [id, name] of Object.entries(cohort.labels)) {
    const known = calibration.labels[id];
    if (known === name) continue;
    throw new SemcrcError(
      'usage',
      `${cohort.name} has label ${id} (${name}), which the calibration ` +
        `${known === undefined ? 'never saw' : `knows as ${known}`}; give the --labels and --extra-labels it was calibrated with`,
      { data: { label: Number(id), found: name } },
    );
  }
}

/** Evaluates scan by scan, in cohort order; memory holds one scan at a time. */
export async function evaluateScans(
  calibration: Calibration,
  calibrated: CalibratedLambda,
  cohort: Source,
  scans: readonly string[],
  options: { readonly signal: AbortSignal; readonly onScan: (done: number, mended: MendedVoxels) => void },
): Promise<ScanEvaluation[]> {
  const kernels = await loadKernels();
  const organs = makePartition({ kind: 'organ' }, calibration.labels);
  const reading: ProfileOptions = {
    sides: calibration.sides,
    within: calibration.within,
    heuristic: calibration,
    pixels: calibrated.partition.spec.kind === 'position',
  };
  const evaluations: ScanEvaluation[] = [];
  for (const id of scans) {
    if (options.signal.aborted) throw new SemcrcError('interrupted', 'interrupted');
    const sample = await cohort.read(id);
    const profile = buildProfile(kernels, sample, organs, reading);
    evaluations.push(...evaluateScan(kernels, sample, profile, [calibrated], reading));
    options.onScan(evaluations.length, sample.mended);
  }
  return evaluations;
}

/** Means over patients with their intervals; a patient counts with the mean over its scans. */
export function measure(evaluations: readonly ScanEvaluation[]): CohortEvaluation {
  const ids = [...new Set(evaluations.flatMap(({ organs }) => Object.keys(organs)))];
  ids.sort((a, b) => Number(a) - Number(b));
  return {
    ...measured(evaluations),
    organs: Object.fromEntries(
      ids.map((id) => [
        id,
        measured(
          evaluations.flatMap(({ patient, organs }) => (organs[id] ? [{ patient, ...organs[id] }] : [])),
        ),
      ]),
    ),
  };
}

function measured(scans: readonly (LossAndLength & { readonly patient: string })[]): MeasuredRisk {
  const patients = patientMeans(scans);
  return {
    risk: meanInterval(patients.map(({ risk }) => risk)),
    length: meanInterval(patients.map(({ length }) => length)),
    scans: scans.length,
    patients: patients.length,
  };
}
