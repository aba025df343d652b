import {
  describeCalibration,
  type ExperimentPlan,
  PAPER_OPTIONS,
  PAPER_PROCEDURES,
  patientMeans,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import { phantomSource } from '@semcrc/simulate';
import { describe, expect, it } from 'vitest';
import { runCalibration, runEvaluation } from '../src/index.ts';
import { serialExecutor, threadExecutor } from '../src/node.ts';

const script = new URL(import.meta.resolve('@semcrc/runner/worker'));
const handle = { kind: 'phantom', options: { scans: 40, shape: [2, 40, 40] } } as const;
const source = phantomSource(handle.options);
const plan = (procedure: (typeof PAPER_PROCEDURES)[number]): ExperimentPlan => ({
  procedures: [procedure],
  epsilons: [0.2],
  ...{ runs: 1, seed: 5, nOpt: 6, nCal: 30, nTest: 10 },
  options: PAPER_OPTIONS,
});

describe('measuring a calibration', () => {
  it.each(PAPER_PROCEDURES)(
    'gives what its own held-out evaluation gave, in threads or not: %s',
    async (procedure) => {
      const serial = serialExecutor();
      const threads = threadExecutor({ workers: 2, script });
      const { fit, split, evaluation } = await runCalibration(handle, plan(procedure), { executor: serial });
      const calibration = describeCalibration(fit, {
        ...{ epsilon: 0.2, options: PAPER_OPTIONS, labels: source.labels, seed: 5, split },
        cohort: source,
        source: {
          name: source.name,
          digest: source.digest,
          scans: 40,
          leftOut: 0,
          preparing: UNKNOWN_PREPARING,
        },
        ...{ test: evaluation, versions: {} },
      });
      const progress: number[] = [];
      const own = await runEvaluation(handle, calibration, {
        executor: serial,
        scans: split.test,
        onProgress: ({ done }) => progress.push(done),
      });
      expect(progress).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(own.scans.map(({ scan }) => scan)).toEqual(split.test);
      expect(own.measured.risk.mean).toBeCloseTo(evaluation?.risk ?? Number.NaN, 12);
      expect(own.measured.length.mean).toBeCloseTo(evaluation?.length ?? Number.NaN, 12);
      expect(patientMeans(own.scans, ({ risk }) => risk)).toHaveLength(own.measured.patients);
      const elsewhere = await runEvaluation(handle, calibration, { executor: threads, scans: split.test });
      expect(elsewhere).toEqual(own);
      await Promise.all([serial.close(), threads.close()]);
    },
  );

  it('refuses a cohort with labels that the calibration names otherwise, and no scans at all', async () => {
    const executor = serialExecutor();
    const { fit, split } = await runCalibration(handle, plan('crc'), { executor });
    const calibration = describeCalibration(fit, {
      ...{ epsilon: 0.2, options: PAPER_OPTIONS, labels: source.labels, seed: 5, split },
      cohort: source,
      source: {
        name: source.name,
        digest: source.digest,
        scans: 40,
        leftOut: 0,
        preparing: UNKNOWN_PREPARING,
      },
      ...{ test: null, versions: {} },
    });
    const renamed = { ...calibration, labels: { ...calibration.labels, 2: 'heart' } };
    await expect(runEvaluation(handle, renamed, { executor })).rejects.toMatchObject({
      code: 'usage',
      message: /label 2 \(spleen\), which the calibration knows as heart/,
      data: { options: ['labels', 'extraLabels'] },
    });
    await expect(runEvaluation(handle, calibration, { executor, scans: [] })).rejects.toMatchObject({
      code: 'usage',
    });
    await executor.close();
  });
});
