import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExperimentPlan, PAPER_OPTIONS, type RunRecord } from '@semcrc/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ExperimentExecutor,
  type ManifestHandle,
  runExperiment,
  type SourceHandle,
} from '../src/index.ts';
import {
  openSource,
  runPreparation,
  serialExecutor,
  threadExecutor,
  threadPreparation,
} from '../src/node.ts';

const data = fileURLToPath(new URL('../../../../shared/data/abdomen40', import.meta.url));
const missing = !existsSync(join(data, 'manifest.csv'));
if (missing) console.warn(`skipped: the sample cohort is not at ${data}`);

const SCANS = 14;
const plan: ExperimentPlan = {
  procedures: ['crc', 'sem-crc', 'organ-crc'],
  epsilons: [0.2],
  runs: 2,
  seed: 0,
  nOpt: 3,
  nCal: 10,
  nTest: 4,
  options: PAPER_OPTIONS,
};
const worker = (name: string): URL => new URL(import.meta.resolve(`@semcrc/runner/${name}`));

describe.skipIf(missing)('a cohort in files', () => {
  let folder: string;
  let manifest: ManifestHandle;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'semcrc-runner-'));
    const [header, ...rows] = readFileSync(join(data, 'manifest.csv'), 'utf8').trim().split('\n');
    const absolute = rows.slice(0, SCANS).map((row) =>
      row
        .split(',')
        .map((cell, at) => (at === 0 ? cell : resolve(data, cell)))
        .join(','),
    );
    const path = join(folder, 'manifest.csv');
    writeFileSync(path, [header, ...absolute].join('\n'));
    manifest = { kind: 'manifest', path, options: { labels: 'suprem' } };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function records(handle: SourceHandle, executor: ExperimentExecutor): Promise<unknown[]> {
    try {
      const { byEpsilon } = await runExperiment(handle, plan, { executor });
      return byEpsilon[0].records.map(({ seconds: _, ...record }: RunRecord) => record);
    } finally {
      await executor.close();
    }
  }

  it('gives the same runs from its manifest and prepared into a store, in threads or not', async () => {
    const serial = await records(manifest, serialExecutor());
    expect(serial).toHaveLength(6);
    expect(await records(manifest, threadExecutor({ workers: 2, script: worker('worker') }))).toEqual(serial);

    const store = join(folder, 'cohort.zarr');
    const progress: string[] = [];
    const prepared = (): ReturnType<typeof runPreparation> => {
      const executor = threadPreparation({ workers: 2, script: worker('worker-preparation') });
      const onProgress = ({ done, total }: { done: number; total: number }): void => {
        progress.push(`${done}/${total}`);
      };
      return runPreparation(manifest, store, { executor, onProgress }).finally(() => executor.close());
    };
    const summary = await prepared();
    expect(summary?.kept).toHaveLength(SCANS);
    expect(progress.at(0)).toBe(`0/${SCANS}`);
    expect(progress.at(-1)).toBe(`${SCANS}/${SCANS}`);
    expect(await prepared()).toBeNull();
    const fromStore = { kind: 'store', path: store } as const;
    expect(await records(fromStore, threadExecutor({ workers: 2, script: worker('worker') }))).toEqual(
      serial,
    );
  });

  it('goes on with a preparation that was given up', async () => {
    const store = join(folder, 'resumed.zarr');
    const stop = new AbortController();
    const first = threadPreparation({ workers: 2, script: worker('worker-preparation') });
    const given = runPreparation(manifest, store, {
      executor: first,
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 3) stop.abort();
      },
    });
    await expect(given).rejects.toMatchObject({ code: 'interrupted' });
    await first.close();
    const second = threadPreparation({ workers: 2, script: worker('worker-preparation') });
    const progress: number[] = [];
    const onProgress = ({ done }: { done: number }): void => {
      progress.push(done);
    };
    const summary = await runPreparation(manifest, store, { executor: second, onProgress });
    await second.close();
    expect(progress[0]).toBeGreaterThanOrEqual(3);
    expect(summary?.kept).toHaveLength(SCANS);
    const [whole, again] = await Promise.all([
      openSource(manifest),
      openSource({ kind: 'store', path: store }),
    ]);
    const id = whole.ids[SCANS - 1];
    const [sample, kept] = await Promise.all([whole.read(id), again.read(id)]);
    expect(kept.truth).toEqual(sample.truth);
    expect(kept.organs).toEqual(sample.organs);
  });

  it('names the scan whose files are damaged, from any thread', async () => {
    const broken = join(folder, 'broken.csv');
    const file = join(folder, 'truncated.nii.gz');
    const [header, row, ...rows] = readFileSync(manifest.path, 'utf8').split('\n');
    const cells = row.split(',');
    writeFileSync(file, readFileSync(cells[1]).subarray(0, 2000));
    writeFileSync(broken, [header, [cells[0], file, ...cells.slice(2)].join(','), ...rows].join('\n'));
    const executor = threadExecutor({ workers: 2, script: worker('worker') });
    await expect(runExperiment({ ...manifest, path: broken }, plan, { executor })).rejects.toMatchObject({
      code: 'bad-input',
      message: new RegExp(`${cells[0]}.*truncated`),
      data: { task: `scan ${cells[0]}` },
    });
    await executor.close();
  });
});
