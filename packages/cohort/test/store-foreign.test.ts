import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginStore, finishStore, openStore, writeScan } from '../src/node.ts';
import { crc32c } from '../src/store/checksums.ts';
import { failure } from './failure.ts';
import { kept, planOf, randomSample } from './random-cohort.ts';

const SHAPE = [2, 3, 4] as const;
const NAMES = ['truth', 'lower', 'upper', 'point', 'groups'];
let folder: string;
let serial = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-foreign-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Metadata = Record<string, unknown> & { attributes: Record<string, unknown> };

function edit(path: string, change: (metadata: Metadata) => void): void {
  const metadata = JSON.parse(readFileSync(path, 'utf8'));
  change(metadata);
  writeFileSync(path, JSON.stringify(metadata));
}

const chunk = (path: string, name: string, scan: number) =>
  join(path, name, 'c', String(scan), '0', '0', '0');

/** A store of two scans as another program writes it: without checksums of ours, its chunks encoded by `encode`. */
async function foreign(codecs: readonly object[], encode: (bytes: Buffer) => Uint8Array): Promise<string> {
  const path = join(folder, `store-${serial++}.zarr`);
  const plan = planOf(2);
  await beginStore(path, plan);
  for (const [index, id] of plan.ids.entries())
    await writeScan(path, id, kept(randomSample(id, SHAPE, index)));
  await finishStore(path);
  edit(join(path, 'zarr.json'), ({ attributes }) => {
    delete attributes.checksums;
    delete attributes.mended;
  });
  for (const name of NAMES) {
    edit(join(path, name, 'zarr.json'), (array) => {
      array.codecs = codecs;
    });
    for (const scan of [0, 1]) {
      const file = chunk(path, name, scan);
      writeFileSync(file, encode(readFileSync(file)));
    }
  }
  return path;
}

const BYTES = { name: 'bytes', configuration: { endian: 'little' } };
const GZIP = { name: 'gzip', configuration: { level: 5 } };
const CRC = { name: 'crc32c' };
function withCrc(bytes: Uint8Array): Uint8Array {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32c(bytes));
  return Buffer.concat([bytes, sum]);
}

describe('chunks of another program', () => {
  it('have CRC-32C as RFC 3720 does', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it.each([
    ['crc32c', [BYTES, CRC], withCrc],
    ['gzip', [BYTES, GZIP], (bytes: Buffer) => gzipSync(bytes)],
    ['gzip and crc32c', [BYTES, GZIP, CRC], (bytes: Buffer) => withCrc(gzipSync(bytes))],
  ])('are read as %s has them, and a flipped byte anywhere is an error', async (_, codecs, encode) => {
    const path = await foreign(codecs, encode);
    const source = await openStore(path);
    for (const [index, id] of source.ids.entries()) {
      const { mended, ...sample } = await source.read(id);
      expect(sample).toMatchObject({ truth: randomSample(id, SHAPE, index).truth });
    }
    const file = chunk(path, 'lower', 1);
    const bytes = readFileSync(file);
    // A byte of a gzip header's time or name may be anything: flip one of the content.
    for (const at of [bytes.length - 2, bytes.length >> 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ 4;
      writeFileSync(file, flipped);
      expect((await failure(source.read('s1'))).message).toMatch(/lower.*the chunk (is damaged|is no gzip)/);
    }
  });

  it('inflate to no more than their shape has', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 24));
    const path = await foreign([BYTES, GZIP], () => bomb);
    const { message } = await failure((await openStore(path)).read('s0'));
    expect(message).toMatch(/the chunk inflates to more than 96 bytes/);
  });

  it('are regular files: a FIFO is not waited for', async () => {
    const path = await foreign([BYTES], (bytes) => bytes);
    rmSync(chunk(path, 'truth', 0));
    execFileSync('mkfifo', [chunk(path, 'truth', 0)]);
    const message = /expected a file, found a FIFO/;
    expect((await failure(openStore(path))).message).toMatch(message);
    const source = await openStore(path, { known: { digest: 'known' } });
    expect((await failure(source.read('s0'))).message).toMatch(message);
  });
});

describe('what is no prepared cohort of format 3 is named', () => {
  it.each([
    ['a float16 array', { data_type: 'float16' }, /lower: expected float32, found float16/],
    [
      'a sharded array',
      { codecs: [{ name: 'sharding_indexed', configuration: {} }] },
      /the array is sharded/,
    ],
    [
      'an absurd shape',
      { shape: [2, 1e6, 1e6, 1e6] },
      /scans of 1000000000000000000 voxels are more than are read/,
    ],
    ['a negative shape', { shape: [2, -1, 3, 4] }, /is not a Zarr array: \/shape\/1/],
    ['a data type that is none', { data_type: { name: 'complex' } }, /is not a Zarr array: \/data_type/],
    ['no chunk grid', { chunk_grid: null }, /is not a Zarr array: \/chunk_grid/],
  ])('%s', async (_, change, message) => {
    const path = await foreign([BYTES], (bytes) => bytes);
    edit(join(path, 'lower', 'zarr.json'), (array) => void Object.assign(array, change));
    const error = await failure(openStore(path));
    expect(error.code).toBe('bad-input');
    expect(error.message).toMatch(message);
  });

  it('format 2, a zip, an empty folder, and metadata of absurd length', async () => {
    const second = join(folder, 'second.zarr');
    mkdirSync(second);
    writeFileSync(join(second, '.zgroup'), '{"zarr_format": 2}');
    expect((await failure(openStore(second))).message).toMatch(
      /a store of Zarr format 2; write it in format 3/,
    );
    const zip = join(folder, 'store.zarr.zip');
    writeFileSync(zip, 'PK');
    expect((await failure(openStore(zip))).message).toMatch(/a zipped store is not read; unpack it/);
    mkdirSync(join(folder, 'empty.zarr'));
    expect((await failure(openStore(join(folder, 'empty.zarr')))).message).toMatch(/holds no zarr\.json/);
    mkdirSync(join(folder, 'long.zarr'));
    writeFileSync(join(folder, 'long.zarr', 'zarr.json'), Buffer.alloc(2 ** 26 + 1, ' '));
    expect((await failure(openStore(join(folder, 'long.zarr')))).message).toMatch(/has 67108865 bytes/);
  });
});

describe('preparing touches nothing that is not ours', () => {
  it('a folder of the name of its draft is refused, and stays', async () => {
    const path = join(folder, 'mine.zarr');
    mkdirSync(`${path}.partial/thesis`, { recursive: true });
    writeFileSync(`${path}.partial/thesis/chapter.txt`, 'dear');
    for (const replace of ['keep', 'replace'] as const) {
      const error = await failure(beginStore(path, planOf(1), replace));
      expect([error.code, error.message]).toEqual([
        'usage',
        expect.stringMatching(/is no cohort begun by semcrc/),
      ]);
    }
    expect(readFileSync(`${path}.partial/thesis/chapter.txt`, 'utf8')).toBe('dear');
  });

  it('opens a few files at a time, however many scans there are', () => {
    const script = `
      const { beginStore, finishStore, writeScan } = await import('@semcrc/cohort/node');
      const { UNKNOWN_PREPARING: preparing } = await import('@semcrc/core');
      const path = process.argv[1];
      const ids = Array.from({ length: 700 }, (_, index) => 's' + index);
      const volumes = { point: false, std: false, samples: 0 };
      const labels = { 0: 'background' };
      const plan = { digest: '', ids, patients: ids, labels, volumes, labelBytes: 1, name: '', preparing };
      await beginStore(path, plan);
      const image = Float32Array.of(0.5);
      const mended = { clipped: 0, crossed: 0 };
      const sample = { shape: [1, 1, 1], truth: image, lower: image, upper: image, organs: Uint8Array.of(0), mended };
      for (const id of ids.slice(1)) await writeScan(path, id, { state: 'left-out', reason: 'a test' });
      await writeScan(path, 's0', { state: 'kept', sample: { ...sample, id: 's0', patient: 's0' } });
      const { pending } = await beginStore(path, plan);
      const { kept, leftOut } = await finishStore(path);
      console.log(pending.length, kept.length, leftOut.length);`;
    // Node itself opens some two hundred modules at once.
    const shell = 'ulimit -n 350; exec "$0" --input-type=module --eval "$1" "$2"';
    const arguments_ = ['-c', shell, process.execPath, script, join(folder, 'many.zarr')];
    const output = execFileSync('bash', arguments_, { cwd: import.meta.dirname });
    expect(output.toString().trim()).toBe('0 1 699');
  });
});
