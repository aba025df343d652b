import { mkdtempSync, rmSync } from 'node:fs';
import { cp, readFile, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SemcrcError } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginStore, finishStore, openStore, type StorePlan, writeScan } from '../src/node.ts';
import { failure } from './failure.ts';
import { kept, planOf, randomSample, whole } from './random-cohort.ts';

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

describe('a store that cannot be trusted', () => {
  async function damaged(change: (path: string) => Promise<unknown>): Promise<SemcrcError> {
    const path = fresh();
    await write(path, planOf(2));
    await change(path);
    const error = await failure(openStore(path).then((source) => source.read('s1')));
    // What is viewed is trusted no further, and only what checksums vouch for is viewed.
    const viewed = await openStore(path).then(
      ({ view }) => view && failure(view('s1').then(whole)),
      () => error,
    );
    if (viewed) expect(viewed.message).toBe(error.message);
    return error;
  }
  const chunk = (path: string, array: string, scan = 1) =>
    join(path, array, 'c', String(scan), '0', '0', '0');
  const edit = (file: string, change: (json: Metadata) => void) => async (path: string) => {
    const json = JSON.parse(await readFile(join(path, file), 'utf8'));
    change(json);
    await writeFile(join(path, file), JSON.stringify(json));
  };

  it('is refused with a chunk missing, short, long or damaged', async () => {
    for (const array of ['truth', 'lower', 'upper', 'point', 'groups']) {
      const missing = await damaged((path) => unlink(chunk(path, array)));
      expect(missing.code).toBe('bad-input');
      expect(missing.message).toMatch(new RegExp(`${array}/c/1/0/0/0: the chunk is missing`));
      expect((await damaged((path) => truncate(chunk(path, array), 4))).message).toMatch(
        /holds 4 bytes, expected/,
      );
      const flipped = await damaged(async (path) => {
        const bytes = await readFile(chunk(path, array));
        bytes[17] = (bytes[17] as number) ^ 1;
        await writeFile(chunk(path, array), bytes);
      });
      expect(flipped.message).toMatch(/scan s1: the chunk is damaged/);
    }
  });

  it('goes on being refused, however often the chunk is read', async () => {
    const path = fresh();
    await write(path, planOf(2));
    const bytes = await readFile(chunk(path, 'lower'));
    bytes[17] = (bytes[17] as number) ^ 1;
    await writeFile(chunk(path, 'lower'), bytes);
    const source = await openStore(path);
    for (const _ of [0, 1, 2]) {
      expect((await failure(source.read('s1'))).message).toMatch(/lower.*scan s1: the chunk is damaged/);
      expect((await source.read('s0')).id).toBe('s0');
    }
  });

  it('is not looked for again in chunks that another opening of the run has verified, and in all others is', async () => {
    const path = fresh();
    await write(path, planOf(2));
    const { digest, verified, ...first } = await openStore(path);
    await first.read('s0');
    for (const scan of [0, 1]) {
      const bytes = await readFile(chunk(path, 'lower', scan));
      bytes[17] = (bytes[17] as number) ^ 1;
      await writeFile(chunk(path, 'lower', scan), bytes);
    }
    const second = await openStore(path, { known: { digest, ...(verified ? { verified } : {}) } });
    expect((await second.read('s0')).id).toBe('s0');
    expect((await failure(second.read('s1'))).message).toMatch(/lower.*scan s1: the chunk is damaged/);
    const anew = await openStore(path);
    expect((await failure(anew.read('s0'))).message).toMatch(/lower.*scan s0: the chunk is damaged/);
  });

  /** Zarr metadata, as far as the damages below reach into it. */
  interface Metadata {
    attributes?: { schema?: string; scans?: string[]; patients?: string[] };
    shape?: number[];
    data_type?: string;
    chunk_grid?: object;
    codecs?: object[];
  }
  const damages: readonly [string, string, (json: Metadata) => void, RegExp][] = [
    [
      'a newer schema',
      'zarr.json',
      (json) => Object.assign(json.attributes ?? {}, { schema: 'semcrc/cohort@2' }),
      /semcrc\/cohort@2.*reads semcrc\/cohort@1/,
    ],
    ['no schema', 'zarr.json', (json) => Object.assign(json, { attributes: {} }), /not a prepared cohort/],
    [
      'a scan that stands twice',
      'zarr.json',
      (json) => Object.assign(json.attributes ?? {}, { scans: ['s1', 's1'] }),
      /unique scan ids/,
    ],
    [
      'patients missing',
      'zarr.json',
      (json) => Object.assign(json.attributes ?? {}, { patients: ['p'] }),
      /and 1 patients/,
    ],
    [
      'too many scans',
      'truth/zarr.json',
      (json) => Object.assign(json, { shape: [3, ...SHAPE] }),
      /expected 2 scans/,
    ],
    [
      'another data type',
      'lower/zarr.json',
      (json) => Object.assign(json, { data_type: 'float64' }),
      /expected float32, found float64/,
    ],
    [
      'another chunking',
      'upper/zarr.json',
      (json) =>
        Object.assign(json, {
          chunk_grid: { name: 'regular', configuration: { chunk_shape: [2, ...SHAPE] } },
        }),
      /one chunk per scan/,
    ],
    [
      'an unknown codec',
      'point/zarr.json',
      (json) => Object.assign(json, { codecs: [{ name: 'bytes' }, { name: 'magic' }] }),
      /point.*magic/,
    ],
  ];
  it.each(damages)('is refused with %s', async (_, file, change, message) => {
    expect((await damaged(edit(file, change))).message).toMatch(message);
  });

  it('is refused when it is no store at all', async () => {
    expect((await failure(openStore(join(folder, 'nowhere')))).message).toMatch(/no such folder/);
    const path = fresh();
    await write(path, planOf(1));
    await writeFile(join(path, 'zarr.json'), '{');
    expect((await failure(openStore(path))).message).toMatch(/not JSON/);
    await cp(join(path, 'truth'), join(path, 'point'), { recursive: true });
  });

  it('is judged voxel by voxel where it carries no checksums', async () => {
    const plain = fresh();
    await write(plain, planOf(1));
    await edit('zarr.json', (json) => Object.assign(json.attributes ?? {}, { checksums: undefined }))(plain);
    expect((await openStore(plain)).view).toBeUndefined();
    const foreign = async (array: string, values: Uint8Array) =>
      damaged(async (path) => {
        await edit('zarr.json', (json) => {
          Object.assign(json.attributes ?? {}, { checksums: undefined, mended: undefined });
        })(path);
        const bytes = await readFile(chunk(path, array));
        bytes.set(values, 4 * (array === 'groups' ? 1 : 4));
        await writeFile(chunk(path, array), bytes);
      });
    const float = (value: number) => new Uint8Array(Float32Array.of(value).buffer);
    expect((await foreign('lower', float(Number.NaN))).message).toMatch(/scan s1.*NaN at voxel \(4, 0, 0\)/);
    expect((await foreign('truth', float(1.5))).message).toMatch(/voxel 4 is 1\.5, expected an intensity/);
    expect((await foreign('groups', Uint8Array.of(3))).message).toMatch(
      /label 3, which the labels do not name/,
    );
  });
});
