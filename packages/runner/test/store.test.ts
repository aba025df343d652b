import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginStore, finishStore, openStore, writeScan } from '@semcrc/cohort/node';
import {
  type ExperimentPlan,
  PAPER_OPTIONS,
  PAPER_PROCEDURES,
  type RunRecord,
  SHORTEST_OPTIONS,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import { phantomSource } from '@semcrc/simulate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCalibration, runExperiment, type SourceHandle } from '../src/index.ts';
import { serialExecutor } from '../src/node.ts';

const options = { scans: 40, shape: [2, 40, 40] } as const;
const phantom: SourceHandle = { kind: 'phantom', options };
let folder: string;
let store: SourceHandle;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-views-'));
  const path = join(folder, 'cohort.zarr');
  const source = phantomSource(options);
  await beginStore(path, {
    digest: source.digest,
    ids: source.ids,
    patients: source.patients,
    labels: source.labels,
    volumes: { point: true, std: false, samples: 0 },
    labelBytes: 1,
    name: source.name,
    preparing: UNKNOWN_PREPARING,
  });
  for (const id of source.ids) await writeScan(path, id, { state: 'kept', sample: await source.read(id) });
  await finishStore(path);
  store = { kind: 'store', path };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sizes = { epsilons: [0.2], runs: 2, seed: 5, nOpt: 6, nCal: 30, nTest: 10 };
const plans: readonly (readonly [string, ExperimentPlan])[] = [
  ['every procedure of the paper', { ...sizes, procedures: PAPER_PROCEDURES, options: PAPER_OPTIONS }],
  ['strata on both sides', { ...sizes, procedures: ['sem-crc'], options: SHORTEST_OPTIONS }],
  [
    'widths that vary from voxel to voxel',
    {
      ...sizes,
      procedures: ['crc', 'sem-crc', 'organ-crc'],
      options: { ...PAPER_OPTIONS, heuristic: 'multiplicative', anchor: 'envelope' },
    },
  ],
];

describe('views of scans in a store, each in the memory of the one before', () => {
  it('are what this cohort gives', async () => {
    const source = await openStore((store as { path: string }).path);
    expect(source.view).toBeTypeOf('function');
  });

  it.each(plans)('come out as scans of their own do: %s', async (_, plan) => {
    const results = async (handle: SourceHandle): Promise<unknown> => {
      const executor = serialExecutor();
      const grid = Float32Array.of(0, 0.02, 0.1);
      const { byEpsilon, curve, mended } = await runExperiment(handle, plan, { executor, grid });
      const { fit, scans } = await runCalibration(handle, plan, { executor });
      await executor.close();
      const records = byEpsilon.flatMap(({ records }) => records);
      return {
        curve,
        mended,
        scans,
        lambda: fit.lambda,
        records: records.map(({ seconds: __, ...record }: RunRecord) => record),
      };
    };
    expect(await results(store)).toEqual(await results(phantom));
  });
});
