// The cohort of the example, and how it is calibrated: when the page is built, and in the page when its reader asks for it.
import type { ExperimentExecutor } from '@semcrc/runner';
import { calibrateCohort, type PageCohort } from './cohort-calibration.ts';
import type { Calibrated, CalibrateSettings, Work } from './types.ts';

/** Phantoms of slices that are as wide as those of the example's scan. */
export const EXAMPLE_COHORT = { scans: 48, seed: 0, shape: [2, 96, 96] } as const;

/** The smallest ε of the curve stays out of reach: it shows what too few scans mean. */
const SETTINGS = { nOpt: 6, nCal: 38, nTest: 10, curve: { from: 0.02, to: 0.2, step: 0.01 } } as const;

const PROCEDURES = ['crc', 'sem-crc', 'organ-crc', 'shortest'] as const;

/** Calibrates the cohort of the example by each of its procedures. */
export async function calibrateExample(
  cohort: PageCohort,
  executor: ExperimentExecutor,
  { signal, progress }: Work,
): Promise<Calibrated[]> {
  const calibrations: Calibrated[] = [];
  for (const [done, procedure] of PROCEDURES.entries()) {
    const settings: CalibrateSettings = { procedure, ...SETTINGS };
    progress?.({ stage: 'calibrating', done, total: PROCEDURES.length });
    // Scans are drawn for the first procedure, and kept for the others.
    const report: Work['progress'] = (now) => {
      if (done === 0 && now.stage === 'scans') progress?.({ ...now, stage: 'drawing' });
    };
    calibrations.push(await calibrateCohort(cohort, settings, executor, { signal, progress: report }));
  }
  return calibrations;
}
