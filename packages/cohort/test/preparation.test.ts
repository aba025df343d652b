import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cohortOf } from '@semcrc/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  beginStore,
  finishStore,
  openManifest,
  openPreparation,
  openStore,
  readManifest,
  type ScanOptions,
} from '../src/node.ts';
import { plainScan, VOXELS, writeCohort } from './plain-cohort.ts';

let folder: string;
let manifest: string;
const PAPER: ScanOptions = {
  labels: 'suprem',
  prepare: 'paper',
  ...{ spacing: [2, 2, 1.5], slices: 2, size: [6, 3], windowSlices: 2, margin: 0, leastLabelled: 1 },
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-preparation-'));
  const scans = [plainScan(1), plainScan(2), plainScan(3), plainScan(4)];
  scans[2]!.seg = { ...scans[2]!.seg, values: new Uint8Array(VOXELS) };
  manifest = writeCohort(folder, scans);
  const lines = readFileSync(manifest, 'utf8').trim().split('\n');
  writeFileSync(
    manifest,
    lines.map((line, i) => `${line},${i === 0 ? 'patient' : i < 3 ? 'anna' : `p${i}`}`).join('\n'),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a cohort prepared as the paper does', () => {
  it('holds the same samples on the fly and from a store, without the scans left out', async () => {
    const source = await openManifest(manifest, PAPER);
    expect(source.ids).toEqual(['s0', 's1', 's3']);
    expect(source.patients).toEqual(['anna', 'anna', 'p4']);
    expect(source.leftOut).toEqual([{ scan: 's2', reason: expect.stringMatching(/no labelled voxel/) }]);
    await expect(source.read('s2')).rejects.toThrow(/no scan "s2"/);

    const path = join(folder, 'cohort.zarr');
    const { plan, prepare } = await openPreparation(await readManifest(manifest), PAPER);
    expect(plan.digest).toBe(source.digest);
    const progress = await beginStore(path, plan);
    expect(progress).toEqual({ state: 'begun', pending: ['s0', 's1', 's2', 's3'] });
    // Another process may take any of them: here one that knows the digest already.
    const other = await openPreparation(await readManifest(manifest), {
      ...PAPER,
      known: { digest: plan.digest },
    });
    for (const id of ['s3', 's2']) await other.prepare(path, id);
    expect(await prepare(path, 's0')).toMatchObject({
      ...{ state: 'kept', clipped: 0, crossed: 0, notes: [{ kind: 'labels', scan: 's0' }] },
    });
    await prepare(path, 's1');
    const { kept, leftOut, shape } = await finishStore(path);
    expect(kept).toEqual(source.ids);
    expect(leftOut).toEqual(source.leftOut);
    expect(shape).toEqual([2, 6, 3]);

    const store = await openStore(path);
    expect(store.patients).toEqual(source.patients);
    for (const id of store.ids) expect(await store.read(id)).toEqual(await source.read(id));
  });

  it('need not be read to be opened again when it is known what was left out', async () => {
    const known = cohortOf(await openManifest(manifest, PAPER));
    expect(cohortOf(await openManifest(manifest, { ...PAPER, known }))).toEqual(known);
  });

  it('has a digest that follows every option of preparing', async () => {
    const digestWith = async (options: ScanOptions) =>
      (await openPreparation(await readManifest(manifest), options)).plan.digest;
    const digests = await Promise.all([
      digestWith(PAPER),
      digestWith({ labels: 'suprem' }),
      digestWith({ ...PAPER, spacing: null }),
      digestWith({ ...PAPER, slices: 1 }),
      digestWith({ ...PAPER, size: [6, 4] }),
      digestWith({ ...PAPER, leastLabelled: 2 }),
      digestWith({ ...PAPER, truthUnits: 'window' }),
    ]);
    expect(new Set(digests).size).toBe(digests.length);
    // A default spelt out is the default.
    const paper = { labels: 'suprem', prepare: 'paper' } as const;
    expect(await digestWith({ ...paper, spacing: null, slices: 4 })).toBe(await digestWith(paper));
  });

  it('can also be written whole, as the files hold it', async () => {
    const path = join(folder, 'whole.zarr');
    const options = { labels: 'suprem' };
    const { plan, prepare } = await openPreparation(await readManifest(manifest), options);
    expect(plan.preparing).toMatchObject({ spacing: null, prepare: 'none', labels: 'suprem', body: false });
    await beginStore(path, plan);
    for (const id of plan.ids) await prepare(path, id);
    await finishStore(path);
    const [store, source] = [await openStore(path), await openManifest(manifest, options)];
    expect(store.ids).toEqual(['s0', 's1', 's2', 's3']);
    for (const id of store.ids) expect(await store.read(id)).toEqual(await source.read(id));
    await expect(prepare(path, 'nobody')).rejects.toThrow(/no scan "nobody"/);
  });

  it('is refused when no scan qualifies', async () => {
    const none = { ...PAPER, windowSlices: 40, margin: 10 };
    await expect(openManifest(manifest, none)).rejects.toThrow(
      /no scan qualifies.*s0 because expected at least 60/,
    );
  });
});
