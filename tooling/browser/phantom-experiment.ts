import { PAPER_OPTIONS, PAPER_PROCEDURES, type RunRecord } from '@semcrc/core';
import { type ExperimentExecutor, runExperiment } from '@semcrc/runner';

/** The paper's four procedures over three runs of a small phantom cohort; its records without their timings. */
export async function experimentOnPhantom(
  executor: ExperimentExecutor,
): Promise<Omit<RunRecord, 'seconds'>[]> {
  const plan = {
    procedures: PAPER_PROCEDURES,
    epsilons: [0.1],
    runs: 3,
    seed: 11,
    nOpt: 6,
    nCal: 24,
    nTest: 8,
    options: PAPER_OPTIONS,
  };
  const handle = { kind: 'phantom', options: { scans: 32, shape: [1, 48, 48] } } as const;
  const { byEpsilon } = await runExperiment(handle, plan, { executor });
  return byEpsilon[0].records.map(({ seconds: _, ...record }) => record);
}
