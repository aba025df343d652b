import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UNKNOWN_PREPARING } from '@semcrc/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginStore, finishStore, openStore, type StorePlan, writeScan } from '../src/node.ts';
import { failure } from './failure.ts';
import { kept, PREPARING, planOf, randomSample, whole } from './random-cohort.ts';

const SHAPE = [3, 5, 7] as const;
let folder: string;
let serial = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-store-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fresh = () => join(folder, `cohort-${serial++}.zarr`);

async function write(path: string, plan: StorePlan, leave: ReadonlyMap<string, string> = new Map()) {
  const progress = await beginStore(path, plan);
  if (progress.state !== 'begun') throw new Error('finished already');
  for (const id of progress.pending) {
    const reason = leave.get(id);
    const seed = Number(id.slice(1));
    await writeScan(path, id, reason ? { state: 'left-out', reason } : kept(randomSample(id, SHAPE, seed)));
  }
  return finishStore(path);
}

describe('a prepared cohort', () => {
  it('records how its scans were made of files, and says what it does not know', async () => {
    const [ours, foreign] = [fresh(), fresh()];
    for (const path of [ours, foreign]) await write(path, planOf(1));
    expect((await openStore(ours)).preparing).toEqual(PREPARING);
    const root = join(foreign, 'zarr.json');
    const metadata = JSON.parse(await readFile(root, 'utf8'));
    metadata.attributes.source = { preparing: { labels: 7, prepare: 'somehow' } };
    await writeFile(root, JSON.stringify(metadata));
    expect((await openStore(foreign)).preparing).toEqual({
      ...UNKNOWN_PREPARING,
      ...{ point: true, std: false, draws: 0, window: [-175, 250] },
    });
  });

  it('keeps where scans lie, if it is known of all of them', async () => {
    const affine = [2, 0, 0, -7, 0, 3, 0, 5, 0, 0, 4, 11, 0, 0, 0, 1];
    for (const lies of [true, false]) {
      const path = fresh();
      await beginStore(path, planOf(2));
      await writeScan(path, 's0', kept({ ...randomSample('s0', SHAPE, 0), affine }));
      await writeScan(path, 's1', kept({ ...randomSample('s1', SHAPE, 1), ...(lies ? { affine } : {}) }));
      await finishStore(path);
      const source = await openStore(path);
      expect((await source.read('s1')).affine).toEqual(lies ? affine : undefined);
      expect((await source.view!('s0')).affine).toEqual(lies ? affine : undefined);
    }
  });

  it('keeps what the predictor saw beside every sample, where it was planned', async () => {
    const measured = (seed: number) => randomSample('', SHAPE, 100 + seed).truth;
    const path = fresh();
    const plan = planOf(2);
    const volumes = { ...plan.volumes, measurement: true };
    await beginStore(path, { ...plan, volumes });
    for (const [seed, id] of plan.ids.entries()) {
      const sample = randomSample(id, SHAPE, seed);
      await writeScan(path, id, { state: 'kept', sample, measurement: measured(seed) });
    }
    await finishStore(path);
    const source = await openStore(path);
    for (const [seed, id] of plan.ids.entries()) {
      expect(await source.measurement?.(id)).toEqual(measured(seed));
      expect(whole(await source.view!(id))).toEqual(randomSample(id, SHAPE, seed));
    }
    const without = fresh();
    await write(without, planOf(2));
    expect(await (await openStore(without)).measurement?.('s0')).toBeNull();
    const chunk = join(path, 'measurement', 'c', '1', '0', '0', '0');
    const bytes = await readFile(chunk);
    bytes[17] = (bytes[17] as number) ^ 1;
    await writeFile(chunk, bytes);
    const damaged = await openStore(path);
    expect((await damaged.read('s1')).id).toBe('s1');
    expect((await failure(damaged.measurement!('s1'))).message).toMatch(/measurement.*the chunk is damaged/);
  });

  it('gives back every sample bit for bit, without those left out', async () => {
    const path = fresh();
    const summary = await write(path, planOf(5), new Map([['s1', 'too short']]));
    expect(summary.kept).toEqual(['s0', 's2', 's3', 's4']);
    expect(summary.leftOut).toEqual([{ scan: 's1', reason: 'too short' }]);
    expect(summary.mended).toEqual({ clipped: 0 + 2 + 3 + 4, crossed: 2 * (0 + 2 + 3 + 4) });

    const source = await openStore(path);
    expect(source.ids).toEqual(['s0', 's2', 's3', 's4']);
    expect(source.patients).toEqual(source.ids.map((id) => `patient of ${id}`));
    expect(source.labels).toEqual(planOf(1).labels);
    for (const id of source.ids) {
      expect(await source.read(id)).toEqual(randomSample(id, SHAPE, Number(id.slice(1))));
    }
    expect((await failure(source.read('s1'))).code).toBe('usage');
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  it('shows every sample bit for bit in a view, in memory that the next one takes over', async () => {
    const path = fresh();
    await write(path, planOf(3));
    const { ids, view } = await openStore(path);
    if (!view) throw new Error('no views');
    const arrays = ['truth', 'lower', 'upper', 'point', 'organs'] as const;
    const [first, ...later] = [...ids, ...ids];
    const viewed = await view(first as string);
    const rooms = whole(viewed);
    for (const id of later) {
      const sample = await view(id);
      expect(whole(sample)).toEqual(randomSample(id, SHAPE, Number(id.slice(1))));
      for (const name of arrays) expect(sample[name]).toBe(rooms[name]);
    }
    expect((await failure(view('s9'))).code).toBe('usage');
  });

  it('reads of a viewed sample what is looked at, and nothing once another is viewed', async () => {
    const path = fresh();
    await write(path, planOf(2));
    const { view } = await openStore(path);
    rmSync(join(path, 'point', 'c', '0'), { recursive: true });
    const viewed = await view?.('s0');
    expect(viewed?.lower).toEqual(randomSample('s0', SHAPE, 0).lower);
    expect(() => viewed?.point).toThrow(/point.*the chunk is missing/);
    await view?.('s1');
    expect(() => viewed?.truth).toThrow(/scan s0 is looked at, but another one was viewed since/);
  });

  it('has a digest that follows its content', async () => {
    const [one, same, other] = [fresh(), fresh(), fresh()];
    await write(one, planOf(3));
    await write(same, planOf(3));
    await write(other, planOf(3), new Map([['s2', 'why not']]));
    const digests = await Promise.all([one, same, other].map(async (path) => (await openStore(path)).digest));
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
    expect((await openStore(one, { known: { digest: 'known' } })).digest).toBe('known');
  });

  it('carries what its reader must know', async () => {
    const path = fresh();
    await write(path, planOf(2));
    const { attributes } = JSON.parse(await readFile(join(path, 'zarr.json'), 'utf8'));
    expect(attributes).toMatchObject({
      schema: 'semcrc/cohort@1',
      scans: ['s0', 's1'],
      window: [-175, 250],
      spacing: [1.5, 1.5, 3],
      source: { name: 'random', digest: 'a digest', leftOut: [], preparing: PREPARING },
    });
    const truth = JSON.parse(await readFile(join(path, 'truth', 'zarr.json'), 'utf8'));
    expect(truth).toMatchObject({ fill_value: 'NaN', codecs: [{ name: 'bytes' }], shape: [2, ...SHAPE] });
    const groups = JSON.parse(await readFile(join(path, 'groups', 'zarr.json'), 'utf8'));
    expect(groups).toMatchObject({ fill_value: 255, data_type: 'uint8' });
  });
});

describe('preparing that was interrupted', () => {
  it('goes on with the scans still missing, and leaves no trace when done', async () => {
    const path = fresh();
    const plan = planOf(4);
    await beginStore(path, plan);
    await writeScan(path, 's2', kept(randomSample('s2', SHAPE, 2)));
    await writeScan(path, 's0', { state: 'left-out', reason: 'short' });
    expect(await beginStore(path, plan)).toEqual({ state: 'begun', pending: ['s1', 's3'] });
    expect((await failure(finishStore(path))).message).toMatch(/2 scans are not written, s1 first/);
    for (const id of ['s1', 's3']) await writeScan(path, id, kept(randomSample(id, SHAPE, Number(id[1]))));
    expect((await finishStore(path)).kept).toEqual(['s1', 's2', 's3']);
    expect(await beginStore(path, plan)).toEqual({ state: 'finished' });
    expect(readdirSync(folder).filter((name) => /tmp|partial/.test(name))).toEqual([]);
  });

  it('writes a scan again whose voxels did not reach the disk', async () => {
    const path = fresh();
    await beginStore(path, planOf(2));
    await writeScan(path, 's0', kept(randomSample('s0', SHAPE, 0)));
    await truncate(join(`${path}.partial`, 'scans', '0', 'upper'), 8);
    expect(await beginStore(path, planOf(2))).toEqual({ state: 'begun', pending: ['s0', 's1'] });
  });

  it('is refused with other input or options, unless asked to replace', async () => {
    const path = fresh();
    await beginStore(path, planOf(2));
    await writeScan(path, 's0', kept(randomSample('s0', SHAPE, 0)));
    const begun = await failure(beginStore(path, planOf(2, 'another digest')));
    expect(begun.code).toBe('usage');
    expect(begun.message).toMatch(/begun from other input.*`force`/);
    expect(await beginStore(path, planOf(2, 'another digest'), 'replace')).toMatchObject({
      pending: ['s0', 's1'],
    });
    await write(path, planOf(2, 'another digest'));
    expect((await failure(beginStore(path, planOf(2)))).message).toMatch(
      /prepared from other input.*`force`/,
    );
    expect(await beginStore(path, planOf(2), 'replace')).toMatchObject({ state: 'begun' });
    // The old store stands until the new one is complete.
    expect((await openStore(path)).ids).toHaveLength(2);
  });

  it('never replaces a folder that is no prepared cohort', async () => {
    expect((await failure(beginStore(folder, planOf(1), 'replace'))).message).toMatch(
      /is no prepared cohort/,
    );
  });

  it('says that the disk is full, and goes on when there is room', async (context) => {
    const disk = join(folder, `disk-${serial++}`);
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      console.warn('skipped: a full disk needs the right to mount a small tmpfs');
      return context.skip('needs the right to mount a small tmpfs');
    }
    try {
      const path = join(disk, 'cohort.zarr');
      const plan = planOf(3);
      const large = (id: string) => kept(randomSample(id, [4, 20, 20], 1));
      await beginStore(path, plan);
      await writeScan(path, 's0', large('s0'));
      const full = await failure(writeScan(path, 's1', large('s1')));
      expect(full.message).toMatch(/cannot write .*the disk is full/);
      expect(readdirSync(join(`${path}.partial`, 'scans'))).toEqual(['0']);
      execFileSync('mount', ['-o', 'remount,size=1m', disk], { stdio: 'pipe' });
      expect(await beginStore(path, plan)).toEqual({ state: 'begun', pending: ['s1', 's2'] });
      for (const id of ['s1', 's2']) await writeScan(path, id, large(id));
      expect((await finishStore(path)).kept).toEqual(plan.ids);
    } finally {
      execFileSync('umount', [disk], { stdio: 'pipe' });
    }
  });

  it('refuses scans of different shapes, and a cohort with none left', async () => {
    const path = fresh();
    await beginStore(path, planOf(2));
    await writeScan(path, 's0', kept(randomSample('s0', SHAPE, 0)));
    await writeScan(path, 's1', kept(randomSample('s1', [3, 5, 8], 1)));
    expect((await failure(finishStore(path))).message).toMatch(/s0 has 3 × 5 × 7, s1 has 3 × 5 × 8/);
    const none = await failure(write(fresh(), planOf(1), new Map([['s0', 'no labels']])));
    expect(none.message).toMatch(/no scan can be kept.*s0 because no labels/);
  });
});
