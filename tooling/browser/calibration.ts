import {
  buildProfile,
  makePartition,
  PAPER_OPTIONS,
  type Procedure,
  type Profile,
  planRuns,
  type RunRecord,
  runOne,
} from '@semcrc/core';
import { loadKernels } from '@semcrc/kernels';
import { phantomSource } from '@semcrc/simulate';

/**
 * Calibrates a small phantom cohort from its voxels on, with the packages as built, in Node or in a page: the record of
 * the run without its timings, as JSON has it. `gap` is the anchor's; its bounds meet without HiGHS unless it is small.
 */
export async function calibratePhantom(
  procedure: Procedure,
  gap = PAPER_OPTIONS.gap,
): Promise<Omit<RunRecord, 'seconds'>> {
  const kernels = await loadKernels();
  const cohort = phantomSource({ scans: 32, shape: [1, 48, 48] });
  const organs = makePartition({ kind: 'organ' }, cohort.labels);
  const profiles = new Map<string, Profile>();
  for (const id of cohort.ids) profiles.set(id, buildProfile(kernels, await cohort.read(id), organs));
  const data = { ...cohort, kernels, profileOf: (id: string) => profiles.get(id)! };
  const sizes = { nOpt: 6, nCal: 24, nTest: 8, runs: 1, seed: 7 };
  const plan = { procedures: [procedure], epsilons: [0.1], ...sizes, options: { ...PAPER_OPTIONS, gap } };
  const [{ records }] = await runOne(data, plan, planRuns(plan, cohort)[0]);
  const { seconds: _, ...record } = records[0];
  return JSON.parse(JSON.stringify(record));
}
