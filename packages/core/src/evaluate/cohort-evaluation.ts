import type { Kernels } from '@semcrc/kernels';
import { SemcrcError } from '@semcrc/kernels';
import type { Labels } from '../cohort/labels.ts';
import type { Sample } from '../cohort/sample.ts';
import { makePartition } from '../partition/partition.ts';
import { buildProfile, type ProfileOptions } from '../profile/profile.ts';
import type { Calibration } from '../records/calibration.ts';
import { calibratedLambda } from '../records/parse-calibration.ts';
import { type MeanInterval, meanInterval } from './mean-interval.ts';
import { patientMeans, scansByOrgan } from './patient-means.ts';
import { evaluateScan, type LossAndLength, type ScanEvaluation } from './scan-evaluation.ts';

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
export function checkSameLabels(
  calibration: Calibration,
  cohort: { readonly name: string; readonly labels: Labels },
): void {
  for (const [id, name] of Object.entries(cohort.labels)) {
    const known = calibration.labels[id];
    if (known === name) continue;
    throw new SemcrcError(
      'usage',
      `${cohort.name} has label ${id} (${name}), which the calibration ` +
        `${known === undefined ? 'never saw' : `knows as ${known}`}; give the \`labels\` and \`extraLabels\` it was calibrated with`,
      { data: { options: ['labels', 'extraLabels'], label: Number(id), found: name } },
    );
  }
}

/** Evaluates a calibration on one labelled scan. */
export function evaluateCalibration(
  kernels: Kernels,
  calibration: Calibration,
  sample: Sample,
): ScanEvaluation {
  const calibrated = calibratedLambda(calibration);
  const organs = makePartition({ kind: 'organ' }, calibration.labels);
  const profiling: ProfileOptions = {
    sides: calibration.sides,
    within: calibration.within,
    // Misses of intervals that shrink are counted over the voxels.
    heuristic: { ...calibration, shrink: false },
    pixels: calibrated.partition.spec.kind === 'position',
  };
  const profile = buildProfile(kernels, sample, organs, profiling);
  return evaluateScan(kernels, sample, profile, [calibrated], profiling)[0];
}

/** Means over patients with their intervals; a patient counts with the mean over its scans. */
export function measureCohort(evaluations: readonly ScanEvaluation[]): CohortEvaluation {
  const organs = scansByOrgan(evaluations).map(([id, scans]) => [id, measured(scans)] as const);
  return { ...measured(evaluations), organs: Object.fromEntries(organs) };
}

function measured(scans: readonly (LossAndLength & { readonly patient: string })[]): MeasuredRisk {
  const risks = patientMeans(scans, ({ risk }) => risk);
  return {
    risk: meanInterval(risks),
    length: meanInterval(patientMeans(scans, ({ length }) => length)),
    scans: scans.length,
    patients: risks.length,
  };
}
