import {
  averageEvaluations,
  buildProfile,
  drawSplit,
  evaluateFits,
  fitSplit,
  makePartition,
  PAPER_OPTIONS,
  type Procedure,
  type Profile,
} from '@semcrc/core';
import { loadKernels } from '@semcrc/kernels';
import { phantomSource } from '@semcrc/simulate';

/** What a whole calibration comes to: λ and ω as numbers, risk and length on held-out scans. */
export interface CalibrationOutcome {
  readonly keys: readonly string[];
  readonly lambda: readonly number[];
  readonly omega: number | null;
  readonly risk: number | undefined;
  readonly length: number | undefined;
}

/** Calibrates a small phantom cohort from its voxels on, with the packages as published, in Node or in a page. */
export async function calibratePhantom(procedure: Procedure): Promise<CalibrationOutcome> {
  const kernels = await loadKernels();
  const cohort = phantomSource({ scans: 48, shape: [2, 64, 64] });
  const organs = makePartition({ kind: 'organ' }, cohort.labels);
  const profiles = new Map<string, Profile>();
  for (const id of cohort.ids) profiles.set(id, buildProfile(kernels, await cohort.read(id), organs));
  const data = {
    kernels,
    labels: cohort.labels,
    read: cohort.read,
    profileOf: (id: string) => profiles.get(id)!,
  };
  const split = drawSplit(cohort, { nOpt: 8, nCal: 36, nTest: 12 }, 7, 0);
  const [{ fits }] = await fitSplit(data, split, [procedure], [0.1], PAPER_OPTIONS, { seed: 7, run: 0 });
  const [evaluations] = await evaluateFits(data, fits, split.test, 'quantile');
  const test = averageEvaluations(evaluations);
  const [{ partition, lambda, omega }] = fits;
  return { keys: partition.keys, lambda: [...lambda], omega, risk: test?.risk, length: test?.length };
}
