import { PAPER_OPTIONS, PAPER_PROCEDURES, type RunRecord } from '@semcrc/core';
import { type ExperimentExecutor, runExperiment } from '@semcrc/runner';

/**
 * The paper's four procedures over three runs of a small phantom cohort, and one run of those that learn strata and centres;
 * its records without their timings.
 */
export async function experimentOnPhantom(
  executor: ExperimentExecutor,
): Promise<Omit<RunRecord, 'seconds'>[]> {
  const sizes = { epsilons: [0.1], seed: 11, nOpt: 6, nCal: 24, nTest: 8, options: PAPER_OPTIONS };
  const plans = [
    { ...sizes, procedures: PAPER_PROCEDURES, runs: 3 },
    { ...sizes, procedures: ['shortest', 'recentred', 'organ-shortest'] as const, runs: 1 },
  ];
  const handle = { kind: 'phantom', options: { scans: 32, shape: [1, 48, 48] } } as const;
  const records: RunRecord[] = [];
  for (const plan of plans) {
    const { byEpsilon } = await runExperiment(handle, plan, { executor });
    records.push(...byEpsilon[0].records);
  }
  return records.map(({ seconds: _, ...record }) => record);
}
