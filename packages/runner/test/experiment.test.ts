import { type ExperimentPlan, PAPER_OPTIONS, PAPER_PROCEDURES, type RunRecord } from '@semcrc/core';
import { describe, expect, it } from 'vitest';
import {
  type ExperimentResult,
  type FinishedRun,
  runCalibration,
  runExperiment,
  type WorkProgress,
} from '../src/index.ts';
import { serialExecutor, threadExecutor } from '../src/node.ts';

// A thread of Node 20 loads built JavaScript only.
const script = new URL(import.meta.resolve('@semcrc/runner/worker'));
const handle = { kind: 'phantom', options: { scans: 48, shape: [2, 48, 48] } } as const;
const plan: ExperimentPlan = {
  procedures: PAPER_PROCEDURES,
  epsilons: [0.1],
  runs: 5,
  seed: 3,
  nOpt: 8,
  nCal: 36,
  nTest: 12,
  options: PAPER_OPTIONS,
};

/** What must not depend on who did the work: everything but the timings. */
function timeless(result: ExperimentResult): unknown {
  const record = ({ seconds: _, ...rest }: RunRecord): unknown => rest;
  return {
    cells: result.byEpsilon.map(({ records, ...rest }) => ({ ...rest, records: records.map(record) })),
    positions: result.runs.map(({ results }) =>
      results.map(({ positions }) => Array.from(positions?.map ?? [])),
    ),
    mended: result.mended,
    curve: result.curve,
    cohort: result.cohort,
  };
}

describe('an experiment', () => {
  it('comes out the same, bit for bit, with one thread or four or none', async () => {
    const grid = Float32Array.of(0, 0.01, 0.02, 0.05, 0.1);
    const several = { ...plan, epsilons: [0.1, 0.2] };
    const outcomes: unknown[] = [];
    for (const workers of [0, 1, 2, 4]) {
      // Some scans, none, or all in shared memory.
      const sampleBytes = [1e6, 0, 1e9][workers % 3];
      const executor = workers === 0 ? serialExecutor() : threadExecutor({ workers, script });
      try {
        outcomes.push(timeless(await runExperiment(handle, several, { executor, grid, sampleBytes })));
      } finally {
        await executor.close();
      }
    }
    const [serial, ...threaded] = outcomes.map((outcome) => JSON.stringify(outcome));
    expect(serial).toContain('"procedure":"k-crc"');
    for (const outcome of threaded) expect(outcome).toBe(serial);
  });

  it('hands out each run as it is done, and takes over runs done before', async () => {
    const executor = serialExecutor();
    const seen: FinishedRun[] = [];
    const progress: WorkProgress[] = [];
    const whole = await runExperiment(handle, plan, {
      executor,
      onRun: (run) => {
        seen.push(run);
      },
      onProgress: (step) => progress.push(step),
    });
    expect(seen.map(({ run }) => run).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(
      progress.filter(({ stage }) => stage === 'runs').map(({ done, total }) => `${done}/${total}`),
    ).toEqual(['0/5', '1/5', '2/5', '3/5', '4/5', '5/5']);
    expect(progress.filter(({ stage }) => stage === 'scans').at(-1)).toEqual({
      stage: 'scans',
      done: 48,
      total: 48,
    });

    const again: number[] = [];
    const resumed = await runExperiment(handle, plan, {
      executor,
      finished: whole.runs.filter(({ run }) => run !== 1 && run !== 4),
      onRun: ({ run }) => {
        again.push(run);
      },
    });
    expect(again.sort()).toEqual([1, 4]);
    expect(timeless(resumed)).toEqual({ ...(timeless(whole) as object) });
    await executor.close();
  });

  it('ends when its signal is aborted, keeping what was handed out', async () => {
    const executor = threadExecutor({ workers: 2, script });
    const controller = new AbortController();
    const kept: number[] = [];
    const ended = runExperiment(
      handle,
      { ...plan, runs: 40 },
      {
        executor,
        signal: controller.signal,
        onRun: ({ run }) => {
          kept.push(run);
          if (kept.length === 2) controller.abort();
        },
      },
    );
    await expect(ended).rejects.toMatchObject({ code: 'interrupted' });
    expect(kept).toHaveLength(2);
    await executor.close();
  });

  it('refuses plans that cannot work before any scan is read', async () => {
    const executor = serialExecutor();
    const progress: WorkProgress[] = [];
    const onProgress = (step: WorkProgress): void => {
      progress.push(step);
    };
    const refused = (change: Partial<ExperimentPlan>) =>
      runExperiment(handle, { ...plan, ...change }, { executor, onProgress });
    await expect(refused({ nCal: 60 })).rejects.toMatchObject({ code: 'usage', message: /48 scans/ });
    await expect(refused({ epsilons: [0.01] })).rejects.toMatchObject({ code: 'infeasible' });
    expect(progress).toEqual([]);
    await executor.close();
  });

  it('brings errors of its workers back with their code and facts', async () => {
    const executor = threadExecutor({ workers: 1, script });
    const nowhere = { kind: 'store', path: 'no-such-cohort' } as const;
    await expect(runExperiment(nowhere, plan, { executor })).rejects.toMatchObject({
      name: 'SemcrcError',
      code: 'bad-input',
      message: /no-such-cohort/,
      data: { task: 'cohort', file: /no-such-cohort/ },
    });
    const session = {
      opening: handle,
      plan,
      grid: new Float32Array(0),
      profiles: [],
      samples: [],
    };
    const unknown = executor.run({
      session,
      kind: 'profile',
      input: { scan: 'phantom-999', keep: false },
      name: 'scan phantom-999',
    });
    await expect(unknown).rejects.toMatchObject({
      code: 'usage',
      message: /no scan "phantom-999"/,
      data: { task: 'scan phantom-999', scan: 'phantom-999' },
    });
    await executor.close();
  });
});

describe('a calibration', () => {
  it('is the first run of the experiment with the same seed, in threads or not', async () => {
    const threads = threadExecutor({ workers: 2, script });
    const serial = serialExecutor();
    const experiment = await runExperiment(handle, { ...plan, runs: 1 }, { executor: serial });
    for (const procedure of PAPER_PROCEDURES) {
      for (const executor of [serial, threads]) {
        const { fit, evaluation, split, cohort } = await runCalibration(
          handle,
          { ...plan, procedures: [procedure] },
          { executor },
        );
        const record = experiment.byEpsilon[0].records.find((one) => one.procedure === procedure);
        expect(evaluation).toEqual(record?.test);
        expect({ opt: [...split.opt], cal: [...split.cal], test: [...split.test] }).toEqual(record?.split);
        const written = Array.from(fit.lambda, (value) => (value === Infinity ? 'Infinity' : value));
        expect(written).toEqual(Object.values(record?.lambda ?? {}));
        expect(cohort.labels[2]).toBe('spleen');
      }
    }
    await Promise.all([threads.close(), serial.close()]);
  });
});
