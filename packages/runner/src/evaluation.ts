import {
  type Calibration,
  type Cohort,
  type CohortEvaluation,
  type CohortLook,
  checkSameLabels,
  lookOf,
  type MendedVoxels,
  measureCohort,
  type SampleFacts,
  type ScanEvaluation,
  type ScanNote,
} from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import type { WorkOptions } from './experiment.ts';
import type { Opening } from './handle.ts';
import type { EvaluationSession } from './job.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';

export interface EvaluationOptions extends Pick<WorkOptions, 'executor' | 'signal'> {
  /** Ids of the scans to measure on; every scan of the cohort by default. */
  readonly scans?: readonly string[] | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

export interface EvaluationResult {
  readonly cohort: Cohort;
  /** Each scan, in the order asked for. */
  readonly scans: readonly ScanEvaluation[];
  readonly measured: CohortEvaluation;
  /** Voxels mended over all scans read. */
  readonly mended: MendedVoxels;
  /** What is worth knowing of the scans and no error, in their order. */
  readonly notes: readonly ScanNote[];
  readonly look: CohortLook;
}

/**
 * Measures a calibration on labelled scans, several at a time. What comes out does not depend on the executor.
 *
 * @throws SemcrcError `usage` for no scans, or a cohort whose labels the calibration does not know by the same names; the
 * first error of a scan, naming it; `interrupted` when the signal was aborted.
 */
export async function runEvaluation(
  opening: Opening,
  calibration: Calibration,
  options: EvaluationOptions,
): Promise<EvaluationResult> {
  const { executor, signal, onProgress } = options;
  const first: EvaluationSession = { opening, calibration };
  const cohort =
    opening.known ??
    (await executor.run({ session: first, kind: 'cohort', input: null, name: 'cohort', signal }));
  checkSameLabels(calibration, cohort);
  const ids = options.scans ?? cohort.ids;
  if (ids.length === 0) throw new SemcrcError('usage', 'there is no scan to measure on');
  const session: EvaluationSession = { opening: { ...opening, known: cohort }, calibration };
  const scans = new Array<ScanEvaluation>(ids.length);
  const notes: (readonly ScanNote[])[] = [];
  const looks: SampleFacts[] = [];
  let [clipped, crossed, done] = [0, 0, 0];
  onProgress?.({ done, total: ids.length });
  await runConcurrently(signal, lanesFor(executor), [...ids.entries()], async ([at, scan], either) => {
    const task = { session, kind: 'evaluate', input: scan, name: `scan ${scan}`, signal: either } as const;
    const { evaluation, mended, ...seen } = await executor.run(task);
    scans[at] = evaluation;
    notes[at] = seen.notes;
    looks[at] = seen.look;
    clipped += mended.clipped;
    crossed += mended.crossed;
    done += 1;
    onProgress?.({ done, total: ids.length });
  });
  return {
    cohort,
    scans,
    measured: measureCohort(scans),
    mended: { clipped, crossed },
    notes: notes.flat(),
    look: lookOf(looks),
  };
}
