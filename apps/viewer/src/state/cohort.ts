// A reader's own cohort: opened, calibrated, and one of its scans looked at.
import { signal } from '@preact/signals';
import type { Calibrated, CalibrateSettings, Dropped } from '../engine/index.ts';
import { procedureName } from '../words.ts';
import { engineOf, work } from './engines.ts';
import { lookedAt } from './looking.ts';
import { cohort, cohortCalibrations, setLooked } from './store.ts';

/** The scan that is looked at. */
export const cohortScan = signal<string | null>(null);

export async function openCohort(files: readonly Dropped[]): Promise<void> {
  const engine = engineOf('cohort');
  const opened = await work('cohort', 'Opening the cohort', (report) => engine.openCohort(files, report));
  if (!opened) return;
  const before = cohort.value;
  cohort.value = opened;
  cohortCalibrations.value = [];
  cohortScan.value = null;
  setLooked('cohort', null);
  if (before) await engine.closeCohort(before.id).catch(() => {});
}

/** Calibrates, adds the result to those before it, and shows it on a held-out scan, where the cohort has voxels. */
export async function calibrate(settings: CalibrateSettings): Promise<void> {
  const opened = cohort.value;
  if (!opened) return;
  const name = procedureName(settings.procedure);
  const result = await work('cohort', `Calibrating ${name}`, (report) =>
    engineOf('cohort').calibrate(opened.id, settings, report),
  );
  if (!result) return;
  cohortCalibrations.value = [result, ...cohortCalibrations.value];
  if (opened.profiled) return;
  const { test } = result.calibration.split;
  await lookAt(cohortScan.value ?? test[0] ?? opened.scans[0]);
}

/** Opens a scan of the cohort under every calibration made so far. */
export async function lookAt(scan: string): Promise<void> {
  const opened = cohort.value;
  if (!opened) return;
  const engine = engineOf('cohort');
  const found = await work('cohort', `Opening ${scan}`, (report) =>
    engine.openCohortScan(opened.id, scan, named(cohortCalibrations.value), report),
  );
  if (!found) return;
  cohortScan.value = scan;
  setLooked('cohort', lookedAt(found, scan, engine));
}

const named = (calibrations: readonly Calibrated[]) =>
  calibrations.map(({ facts, text }) => ({ name: facts.name, text }));
