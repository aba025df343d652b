// A reader's own cohort: opened, calibrated, and one of its scans looked at.
import { signal } from '@preact/signals';
import type { Calibrated, CalibrateSettings, Dropped, Engine, OpenCohort, Work } from '../engine/index.ts';
import { procedureName } from '../words.ts';
import { engineOf, work } from './engines.ts';
import { lookedAt } from './looking.ts';
import { cohort, cohortCalibrations, setLooked } from './store.ts';

/** The scan that is looked at. */
export const cohortScan = signal<string | null>(null);

/** The files of the cohort that is open, and the engine that it is open in. */
let own: { readonly files: readonly Dropped[]; readonly engine: Engine } | null = null;

export async function openCohort(files: readonly Dropped[]): Promise<void> {
  const opened = await work(
    'cohort',
    'Opening the cohort',
    (report) => engineOf('cohort').openCohort(files, report),
    () => openCohort(files),
  );
  if (!opened) return;
  const before = cohort.value;
  const engine = engineOf('cohort');
  const sameEngine = own?.engine === engine;
  own = { files, engine };
  cohort.value = opened;
  cohortCalibrations.value = [];
  cohortScan.value = null;
  setLooked('cohort', null);
  if (before && sameEngine) await engine.closeCohort(before.id).catch(() => {});
}

/** The cohort that is open: opened anew where its engine is another one, since a worker that crashed holds nothing any more. */
async function openAgain(report: Work): Promise<OpenCohort> {
  const engine = engineOf('cohort');
  if (own && own.engine !== engine) {
    cohort.value = await engine.openCohort(own.files, report);
    own = { ...own, engine };
  }
  return cohort.value as OpenCohort;
}

/** Calibrates, adds the result to those before it, and shows it on a held-out scan, where the cohort has voxels. */
export async function calibrate(settings: CalibrateSettings): Promise<void> {
  if (!cohort.value) return;
  const name = procedureName(settings.procedure);
  const result = await work(
    'cohort',
    `Calibrating ${name}`,
    async (report) => engineOf('cohort').calibrate((await openAgain(report)).id, settings, report),
    () => calibrate(settings),
  );
  if (!result) return;
  cohortCalibrations.value = [result, ...cohortCalibrations.value];
  if (cohort.value.profiled) return;
  const { test } = result.calibration.split;
  await lookAt(cohortScan.value ?? test[0] ?? cohort.value.scans[0]);
}

/** Opens a scan of the cohort under every calibration made so far. */
export async function lookAt(scan: string): Promise<void> {
  if (!cohort.value) return;
  const found = await work(
    'cohort',
    `Opening ${scan}`,
    async (report) => {
      const { id } = await openAgain(report);
      return engineOf('cohort').openCohortScan(id, scan, named(cohortCalibrations.value), report);
    },
    () => lookAt(scan),
  );
  if (!found) return;
  cohortScan.value = scan;
  setLooked(
    'cohort',
    lookedAt(found, scan, engineOf('cohort'), () => lookAt(scan)),
  );
}

const named = (calibrations: readonly Calibrated[]) =>
  calibrations.map(({ facts, text }) => ({ name: facts.name, text }));
