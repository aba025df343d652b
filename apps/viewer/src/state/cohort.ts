// A reader's own cohort: opened, calibrated, and one of its scans looked at.
import { signal } from '@preact/signals';
import type { Calibrated, CalibrateSettings, Dropped, Engine, OpenCohort, Work } from '../engine/index.ts';
import { procedureName } from '../words.ts';
import { engineOf, work } from './engines.ts';
import { lookedAt } from './looking.ts';
import { cohort, cohortCalibrations, jobs, problem, setJob, setLooked } from './store.ts';

/** The scan that is looked at. */
export const cohortScan = signal<string | null>(null);

/** The files of the cohort that is open, and the engine that it is open in. */
let own: { readonly files: readonly Dropped[]; readonly engine: Engine } | null = null;

export async function openCohort(files: readonly Dropped[]): Promise<void> {
  const opened = await work(
    'cohort',
    'Opening the cohort',
    async (report) => {
      const found = await engineOf('cohort').openCohort(files, report);
      report.signal.throwIfAborted();
      return found;
    },
    () => openCohort(files),
  );
  if (!opened) return;
  forgetCohort();
  own = { files, engine: engineOf('cohort') };
  cohort.value = opened;
}

/** Closes the cohort, and all that was made of it; work on it ends. */
export function forgetCohort(): void {
  jobs.peek().cohort?.cancel();
  setJob('cohort', null);
  if (problem.peek()?.page === 'cohort') problem.value = null;
  // An engine that crashed holds nothing any more.
  if (cohort.value) void own?.engine.closeCohort(cohort.value.id).catch(() => {});
  own = null;
  cohort.value = null;
  cohortCalibrations.value = [];
  cohortScan.value = null;
  setLooked('cohort', null);
}

/** The cohort that is open: opened anew where its engine is another one, since a worker that crashed holds nothing any more. */
async function openAgain(report: Work): Promise<OpenCohort> {
  const engine = engineOf('cohort');
  if (own && own.engine !== engine) {
    const { files } = own;
    const opened = await engine.openCohort(files, report);
    report.signal?.throwIfAborted();
    own = { files, engine };
    cohort.value = opened;
  }
  return cohort.value as OpenCohort;
}

/** Calibrates, adds the result to those before it, and shows it on a held-out scan, where the cohort has voxels. */
export async function calibrate(settings: CalibrateSettings): Promise<void> {
  const files = own?.files;
  if (!files) return;
  const name = procedureName(settings.procedure);
  const result = await work(
    'cohort',
    `Calibrating ${name}`,
    async (report) => engineOf('cohort').calibrate((await openAgain(report)).id, settings, report),
    () => calibrate(settings),
  );
  const opened = cohort.value;
  // Meanwhile the reader may have gone on to another cohort.
  if (!result || !opened || own?.files !== files) return;
  const others = cohortCalibrations.value.filter(({ text }) => text !== result.text);
  cohortCalibrations.value = [result, ...others];
  if (opened.profiled) return;
  const { test } = result.calibration.split;
  await lookAt(cohortScan.value ?? test[0] ?? opened.scans[0]);
}

/** Opens a scan of the cohort under every calibration made so far. */
export async function lookAt(scan: string): Promise<void> {
  const files = own?.files;
  if (!files) return;
  const found = await work(
    'cohort',
    `Opening ${scan}`,
    async (report) => {
      const { id } = await openAgain(report);
      return engineOf('cohort').openCohortScan(id, scan, named(cohortCalibrations.value), report);
    },
    () => lookAt(scan),
  );
  if (!found || own?.files !== files) return;
  cohortScan.value = scan;
  setLooked(
    'cohort',
    lookedAt(found, scan, engineOf('cohort'), () => lookAt(scan)),
  );
}

const named = (calibrations: readonly Calibrated[]) =>
  calibrations.map(({ facts, text }) => ({ name: facts.name, text }));
