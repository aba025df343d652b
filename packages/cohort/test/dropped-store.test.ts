import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import type { Source } from '@semcrc/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDroppedStore } from '../src/index.ts';
import { beginStore, finishStore, openStore, writeScan } from '../src/node.ts';
import { failure } from './failure.ts';
import { kept, planOf, randomSample, whole } from './random-cohort.ts';

const SHAPE = [3, 5, 7] as const;
let folder: string;
let disk: Source;
let files: readonly (readonly [string, Buffer])[];

/** Paths and bytes of all files below a folder. */
function filesIn(path: string, within = ''): (readonly [string, Buffer])[] {
  return readdirSync(join(path, within)).flatMap((name) => {
    const own = within === '' ? name : `${within}/${name}`;
    return statSync(join(path, own)).isDirectory()
      ? filesIn(path, own)
      : [[own, readFileSync(join(path, own))] as const];
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-dropped-'));
  const path = join(folder, 'cohort.zarr');
  await beginStore(path, planOf(4));
  for (let scan = 0; scan < 4; scan++) {
    await writeScan(path, `s${scan}`, kept(randomSample(`s${scan}`, SHAPE, scan)));
  }
  await finishStore(path);
  disk = await openStore(path);
  files = filesIn(path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const blob = (bytes: Uint8Array) => new Blob([new Uint8Array(bytes)]);
const given = (some = files) => some.map(([path, bytes]) => [path, blob(bytes)] as const);

/** A zip archive; every other file is stored, the rest deflated. */
function zipOf(entries: readonly (readonly [string, Buffer])[], prefix = ''): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [at, [path, bytes]] of entries.entries()) {
    const name = Buffer.from(prefix + path);
    const packed = at % 2 === 0 ? bytes : deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(at % 2 === 0 ? 0 : 8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, rest, name]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

async function expectSame(source: Source): Promise<void> {
  const { digest, ids, patients, labels, preparing, leftOut, fingerprints } = source;
  expect({ digest, ids, patients, labels, preparing, leftOut, fingerprints }).toEqual({
    digest: disk.digest,
    ids: disk.ids,
    patients: disk.patients,
    labels: disk.labels,
    preparing: disk.preparing,
    leftOut: disk.leftOut,
    fingerprints: disk.fingerprints,
  });
  for (const id of disk.ids) expect(whole(await source.read(id))).toEqual(whole(await disk.read(id)));
}

describe('a prepared cohort dropped on a page', () => {
  it('is the one on the disk: same digest, same voxels', async () => {
    await expectSame(await openDroppedStore({ name: 'cohort.zarr', content: given() }));
  });

  it.each(['', 'cohort.zarr/', 'some folder/cohort.zarr/'])('may be zipped, below "%s"', async (prefix) => {
    await expectSame(await openDroppedStore({ name: 'cohort.zip', content: blob(zipOf(files, prefix)) }));
  });

  it('is refused with a chunk missing, short or damaged, naming it', async () => {
    const chunk = 'lower/c/2/0/0/0';
    const opened = async (change: (bytes: Buffer) => Buffer | null) => {
      const some = files.flatMap(([path, bytes]) => {
        const changed = path === chunk ? change(Buffer.from(bytes)) : bytes;
        return changed === null ? [] : [[path, changed] as const];
      });
      const source = await openDroppedStore({ name: 'cohort.zarr', content: given(some) });
      await source.read('s1');
      return failure(source.read('s2'));
    };
    expect((await opened(() => null)).message).toMatch(
      /cohort\.zarr\/lower\/c\/2\/0\/0\/0: the chunk is missing/,
    );
    expect((await opened((bytes) => bytes.subarray(4))).message).toMatch(/lower\/c\/2.*bytes, expected/);
    const flip = (bytes: Buffer) => {
      bytes[9] ^= 1;
      return bytes;
    };
    expect((await opened(flip)).message).toMatch(/lower\/c\/2.*checksum differs/);
  });

  it('may be zipped with the separators of Windows', async () => {
    const backwards = files.map(([path, bytes]) => [path.replaceAll('/', '\\'), bytes] as const);
    const content = blob(zipOf(backwards, 'cohort.zarr\\'));
    await expectSame(await openDroppedStore({ name: 'cohort.zip', content }));
  });

  it('is refused where it is no store, and where a zip is none, cut off, or damaged', async () => {
    const refused = (content: Blob | ReturnType<typeof given>) =>
      failure(openDroppedStore({ name: 'cohort', content }).then((source) => source.read('s0')));
    expect((await refused([])).message).toMatch(/no prepared cohort|is not a prepared cohort/);
    expect((await refused(blob(Buffer.from('hello')))).message).toMatch(/is no zip/);
    const zip = zipOf(files);
    expect((await refused(blob(zip.subarray(0, zip.length - 30)))).message).toMatch(/is no zip/);
    const second = files.findIndex(([path], at) => at % 2 === 1 && /\/c\/0\//.test(path));
    const place = zip.indexOf(files[second]?.[0] as string) + (files[second]?.[0].length ?? 0) + 20;
    const damaged = Buffer.from(zip);
    damaged[place] ^= 0xff;
    expect((await refused(blob(damaged))).message).toMatch(/damaged|differs/);
  });
});
