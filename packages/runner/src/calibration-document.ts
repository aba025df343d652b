import { type Calibration, describeCalibration, type ExperimentPlan, UNKNOWN_PREPARING } from '@semcrc/core';
import type { CalibrationResult } from './experiment.ts';

/** `calibration.json` of a calibration that `runCalibration` made by a plan. @param versions of what made it */
export function calibrationDocument(
  result: CalibrationResult,
  plan: ExperimentPlan,
  versions: Readonly<Record<string, string>>,
): Calibration {
  const { cohort, fit, split, mended, evaluation, toleranceCurve, moreScans, sites } = result;
  return describeCalibration(fit, {
    epsilon: plan.epsilons[0],
    options: plan.options,
    labels: cohort.labels,
    seed: plan.seed,
    split,
    cohort,
    mended,
    background: result.look?.background,
    source: {
      name: cohort.name,
      digest: cohort.digest,
      scans: cohort.ids.length,
      leftOut: cohort.leftOut.length,
      preparing: cohort.preparing ?? { ...UNKNOWN_PREPARING, draws: cohort.draws },
    },
    test: evaluation,
    curve: toleranceCurve ?? undefined,
    moreScans,
    sites,
    versions,
  });
}
