import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registry } from 'zarrita';
import { beginStore, finishStore, openStore, writeScan } from '../src/node.ts';
import { crc32c } from '../src/store/crc32c.ts';
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
async function foreign(
  codecs: readonly object[],
  encode: (bytes: Buffer) => Uint8Array | Promise<Uint8Array>,
): Promise<string> {
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
      writeFileSync(file, await encode(readFileSync(file)));
    }
  }
  return path;
}

const BYTES = { name: 'bytes', configuration: { endian: 'little' } };
const GZIP = { name: 'gzip', configuration: { level: 5 } };
const CRC = { name: 'crc32c' };
const ZSTD = { name: 'zstd', configuration: { level: 3, checksum: false } };
const BLOSC = {
  name: 'blosc',
  configuration: { cname: 'lz4', clevel: 5, shuffle: 'shuffle', typesize: 4, blocksize: 0 },
};
const BIG = { name: 'bytes', configuration: { endian: 'big' } };

/** What zarrita's own encoder makes of bytes. */
async function encoded(name: 'zstd' | 'blosc', bytes: Uint8Array): Promise<Uint8Array> {
  const Codec = await registry.get(name)?.();
  const codec = Codec?.fromConfig(
    { level: 3, cname: 'lz4', clevel: 5, shuffle: 1, blocksize: 0 },
    undefined as never,
  );
  return (await codec?.encode(bytes as never)) as Uint8Array;
}

/** Bytes of every voxel turned around; those of groups are one byte long. */
const turned = (bytes: Buffer): Buffer => (bytes.length === 24 ? bytes : Buffer.from(bytes).swap32());
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
    ['big-endian gzip', [BIG, GZIP], (bytes: Buffer) => gzipSync(turned(bytes))],
    ['zstd and crc32c', [BYTES, ZSTD, CRC], async (bytes: Buffer) => withCrc(await encoded('zstd', bytes))],
    [
      'blosc and crc32c',
      [BYTES, BLOSC, CRC],
      async (bytes: Buffer) => withCrc(await encoded('blosc', bytes)),
    ],
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
    const bomb = gzipSync(Buffer.alloc(2 ** 20));
    const path = await foreign([BYTES, GZIP], () => bomb);
    const { message } = await failure((await openStore(path)).read('s0'));
    expect(message).toMatch(/the chunk inflates to more than 96 bytes/);
  });

  it.each(['zstd', 'blosc'] as const)(
    '%s says how much is in a chunk, and must have just that',
    async (name) => {
      const codecs = [BYTES, name === 'zstd' ? ZSTD : BLOSC];
      const path = await foreign(codecs, (bytes) => encoded(name, bytes));
      expect((await (await openStore(path)).read('s1')).lower).toEqual(randomSample('s1', SHAPE, 1).lower);
      const bomb = await encoded(name, new Uint8Array(2 ** 24));
      expect(bomb.length).toBeLessThan(2 ** 20);
      const refused = async (content: Uint8Array) => {
        writeFileSync(chunk(path, 'truth', 0), content);
        const before = process.memoryUsage().rss;
        const { message } = await failure((await openStore(path)).read('s0'));
        expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 26);
        return message;
      };
      expect(await refused(bomb)).toMatch(
        /truth.*the chunk (inflates to 16777216 bytes, expected 96|has \d+ bytes)/,
      );
      expect(await refused(Buffer.from('no chunk at all, nor a header of one'))).toMatch(
        /truth.*the chunk (is no|inflates to)/,
      );
      expect(await refused(new Uint8Array(0))).toMatch(/truth.*the chunk is no/);
    },
  );

  it('a zstd header that says too little is not believed further than the voxels go', async () => {
    const path = await foreign([BYTES, ZSTD], (bytes) => encoded('zstd', bytes));
    // One frame of 96 bytes by its header, in truth 512 blocks of 65,536 equal bytes.
    const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 96, 0, 0, 0]);
    const block = Buffer.from([2, 0, 8, 7]);
    const lie = Buffer.concat([head, ...Array.from({ length: 2 ** 9 }, () => block)]);
    writeFileSync(chunk(path, 'truth', 0), lie);
    expect((await failure((await openStore(path)).read('s0'))).message).toMatch(
      /truth.*the chunk is no zstd/,
    );
    // The same without a size: whoever wrote it did not know.
    writeFileSync(
      chunk(path, 'truth', 0),
      Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]), block]),
    );
    expect((await failure((await openStore(path)).read('s0'))).message).toMatch(
      /does not say how much is in it/,
    );
  });

  it('one compressor after another is refused, and so is a chunk file far larger than its voxels', async () => {
    const path = await foreign([BYTES, GZIP, ZSTD], (bytes) => gzipSync(bytes));
    expect((await failure(openStore(path))).message).toMatch(/one compressor after another is not read/);
    const large = await foreign([BYTES, GZIP], (bytes) => gzipSync(bytes));
    writeFileSync(chunk(large, 'truth', 0), Buffer.alloc(2 ** 20));
    expect((await failure((await openStore(large)).read('s0'))).message).toMatch(
      /the chunk has 1048576 bytes, more than its voxels can take/,
    );
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

describe('shards', () => {
  const FIRST = [BYTES, GZIP];
  const INDEX = [{ name: 'bytes', configuration: { endian: 'little' } }, CRC];
  const sharding = (change: object = {}) => ({
    name: 'sharding_indexed',
    configuration: {
      ...{ chunk_shape: [1, ...SHAPE], codecs: FIRST, index_codecs: INDEX, index_location: 'end' },
      ...change,
    },
  });

  /** A store whose two scans lie in one shard of three. @param absent a scan that the shard does not hold */
  async function sharded(location: 'start' | 'end', absent?: number): Promise<string> {
    const path = await foreign(FIRST, (bytes) => gzipSync(bytes));
    for (const name of NAMES) {
      const chunks = [0, 1].map((scan) => readFileSync(chunk(path, name, scan)));
      const index = Buffer.alloc(3 * 16, 255);
      let at = location === 'start' ? index.length + 4 : 0;
      for (const [scan, bytes] of chunks.entries()) {
        if (scan === absent) continue;
        index.writeBigUInt64LE(BigInt(at), 16 * scan);
        index.writeBigUInt64LE(BigInt(bytes.length), 16 * scan + 8);
        at += bytes.length;
      }
      const held = chunks.filter((_, scan) => scan !== absent);
      const parts = location === 'start' ? [withCrc(index), ...held] : [...held, withCrc(index)];
      rmSync(join(path, name, 'c', '1'), { recursive: true });
      writeFileSync(chunk(path, name, 0), Buffer.concat(parts));
      edit(join(path, name, 'zarr.json'), (array) => {
        array.chunk_grid = { name: 'regular', configuration: { chunk_shape: [3, ...SHAPE] } };
        array.codecs = [sharding({ index_location: location })];
      });
    }
    return path;
  }

  it.each(['start', 'end'] as const)('with their index at the %s are read scan by scan', async (location) => {
    const source = await openStore(await sharded(location));
    for (const [index, id] of source.ids.entries()) {
      const { mended, ...sample } = await source.read(id);
      const { mended: _, ...expected } = randomSample(id, SHAPE, index);
      expect(sample).toEqual(expected);
    }
  });

  it('a chunk that is not in its shard, a damaged index and a shard cut short are errors', async () => {
    const absent = await openStore(await sharded('end', 1));
    expect((await absent.read('s0')).id).toBe('s0');
    expect((await failure(absent.read('s1'))).message).toMatch(/truth.*the shard does not hold chunk 1/);
    const path = await sharded('end');
    const file = chunk(path, 'lower', 0);
    const bytes = readFileSync(file);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 20] = (flipped[bytes.length - 20] as number) ^ 1;
    writeFileSync(file, flipped);
    expect((await failure((await openStore(path)).read('s1'))).message).toMatch(/lower.*its crc32c differs/);
    writeFileSync(file, bytes.subarray(0, 40));
    expect((await failure((await openStore(path)).read('s1'))).message).toMatch(
      /the shard has 40 bytes, expected an index of 52/,
    );
    const far = Buffer.alloc(3 * 16);
    far.writeBigUInt64LE(2n ** 62n, 0);
    far.writeBigUInt64LE(96n, 8);
    writeFileSync(file, withCrc(far));
    expect((await failure((await openStore(path)).read('s0'))).message).toMatch(/would lie beyond its end/);
  });

  it.each([
    ['chunks of half a scan', { chunk_shape: [1, 1, 3, 4] }, /expected one chunk per scan in its shards/],
    ['chunks of two scans', { chunk_shape: [2, ...SHAPE] }, /found chunks of 2 scans/],
    [
      'an index encoded otherwise',
      { index_codecs: [BYTES, GZIP] },
      /the index of its shards is encoded by bytes, gzip/,
    ],
    ['a codec nobody knows', { codecs: [BYTES, { name: 'magic' }] }, /the codec magic is not read/],
  ])('%s are refused', async (_, change, message) => {
    const path = await sharded('end');
    edit(join(path, 'upper', 'zarr.json'), (array) => {
      array.codecs = [sharding(change)];
    });
    expect((await failure(openStore(path))).message).toMatch(message);
  });
});

describe('what is no prepared cohort of format 3 is named', () => {
  it.each([
    ['a float16 array', { data_type: 'float16' }, /lower: expected float32, found float16/],
    [
      'an array sharded in no known way',
      { codecs: [{ name: 'sharding_indexed', configuration: {} }] },
      /the array is sharded in no way that is read/,
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
