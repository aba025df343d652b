import { describeNotes } from '@semcrc/cohort';
import { type Cohort, type ExperimentPlan, planRuns, tolerancesOf } from '@semcrc/core';
import type { ExperimentExecutor } from '@semcrc/runner';
import { calibrationDocument, type Opening, planOf, resolvePlan, runCalibration } from '@semcrc/runner';
import { factsOf } from './calibration-facts.ts';
import type { CohortPlace } from './cohort-place.ts';
import type { Calibrated, CalibrateSettings, Work } from './types.ts';
import { VERSION } from './version.ts';

/**
 * λ at which risk curves are taken: to half the range, those that `semcrc experiment` takes, and more near 0, where good
 * predictions have theirs.
 */
const RISK_GRID = Float32Array.from(
  new Set(Array.from({ length: 101 }, (_, at) => [at / 200, 0.5 * (at / 100) ** 2].map(Math.fround)).flat()),
).sort();

/** An open cohort as the page knows it. */
export interface PageCohort {
  readonly place: CohortPlace;
  /** Tells it from all others. */
  readonly key: string;
  readonly cohort: Cohort;
}

/** The cohort as the pool's workers open it. */
export function openingOf({ place, key, cohort }: PageCohort): Opening {
  return place.kind === 'phantom' ? { ...place, known: cohort } : { ...place, key, known: cohort };
}

/** The plan of a calibration, as the command makes it of the same settings. */
export function planFor(
  { procedure, options = {}, curve: _, workers: __, ...settings }: CalibrateSettings,
  cohort: Cohort,
): ExperimentPlan {
  const resolved = resolvePlan({ ...options, ...settings, procedures: [procedure], runs: 1 }, cohort);
  return planOf(resolved, cohort.labels);
}

/** Calibrates a cohort in the pool: `calibration.json` as the command writes it. */
export async function calibrateCohort(
  own: PageCohort,
  settings: CalibrateSettings,
  executor: ExperimentExecutor,
  { signal, progress }: Work,
): Promise<Calibrated> {
  const { cohort } = own;
  const plan = planFor(settings, cohort);
  planRuns(plan, cohort);
  const curve = settings.curve === undefined ? [] : tolerancesOf(settings.curve, plan.epsilons[0] as number);
  const result = await runCalibration(openingOf(own), plan, {
    executor,
    signal,
    curve,
    measure: 'curve',
    grid: RISK_GRID,
    onProgress: ({ stage, done, total }) =>
      progress?.({ stage: stage === 'scans' ? 'scans' : 'calibrating', done, total }),
  });
  const calibration = calibrationDocument(result, plan, { semcrc: VERSION });
  const text = `${JSON.stringify(calibration, null, 2)}\n`;
  return {
    calibration: JSON.parse(text),
    text,
    facts: factsOf(JSON.parse(text), `${settings.procedure}.json`),
    riskCurve: result.curve,
    held: result.heldOut,
    notes: describeNotes(result.notes),
  };
}
