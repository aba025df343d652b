import type { Calibration, EvaluationDocument, ExperimentDocument, RunRecord } from '@semcrc/core';
import { EXPERIMENT_SCHEMA } from '@semcrc/core';
import type { ReportedExperiment } from '../experiment.ts';

/**
 * A calibration as an experiment of one run, so that tables, figures and verdicts read it like any other.
 *
 * @param evaluation that takes the place of the calibration's own held-out scans
 */
export function asExperiment(
  name: string,
  calibration: Calibration,
  evaluation: EvaluationDocument | null,
): ReportedExperiment {
  const { epsilon, bound, delta, within, source, labels, units, patients, versions } = calibration;
  const { mended, background } = calibration;
  const document: ExperimentDocument = {
    schema: EXPERIMENT_SCHEMA,
    config: {
      source: source.name,
      ...source.preparing,
      ...{ epsilon, bound, delta, within },
      ...{ heuristic: calibration.heuristic, sides: calibration.sides, seed: calibration.seed },
      sourceDigest: source.digest,
    },
    labels,
    versions,
    ...(units ? { units } : {}),
    ...(patients ? { patients } : {}),
    runs: [runOf(calibration, evaluation)],
    summary: [],
  };
  return {
    ...{ name, document, curve: null, example: null, digest: null },
    mended: mended ?? null,
    background: background ?? null,
  };
}

function runOf(calibration: Calibration, evaluation: EvaluationDocument | null): RunRecord {
  const { procedure, split, n, anchor, omega, pathPosition, lambda, organs, losses, moreScans } = calibration;
  const { meanLambda } = calibration;
  const means = meanLambda ? { meanLambda } : {};
  const own = { procedure, run: 0, n, anchor, omega, pathPosition, lambda, ...means, organs };
  const seen = { losses, ...(moreScans ? { moreScans } : {}) };
  const seconds = { anchor: 0, backtrack: 0, evaluate: 0 };
  if (evaluation === null) return { ...own, ...seen, split, test: calibration.test, seconds };
  const { risk, length } = evaluation;
  return {
    ...own,
    ...seen,
    // The scans evaluated are none of this split's.
    split: { ...split, test: [] },
    test: {
      risk: risk.mean,
      length: length.mean,
      units: evaluation.patients,
      sd: risk.sd,
      organs: Object.fromEntries(Object.entries(evaluation.organs).map(([id, part]) => [id, measured(part)])),
    },
    seconds,
  };
}

const measured = ({ risk, length, scans, patients }: EvaluationDocument['organs'][string]) => ({
  risk: risk.mean,
  length: length.mean,
  scans,
  units: patients,
  sd: risk.sd,
});
