import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gunzipSync, gzipSync, crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { droppedFiles, NiftiBlobWriter, NiftiFiles } from '../src/index.ts';
import { diskNifti, NiftiWriter } from '../src/node.ts';
import { craft, expectRefusal, scratch } from './craft.ts';

const { folder, write } = scratch();

/** Reads bytes as a file of a page. */
const dropped = (bytes: Uint8Array) =>
  new NiftiFiles(droppedFiles([['scan/lower.nii.gz', new Blob([new Uint8Array(bytes)])]]));
const NAME = 'scan/lower.nii.gz';

/** What a browser gives of a file that was changed on the disk since it was chosen. */
class Changed extends Blob {
  override slice(): Blob {
    return new Changed();
  }
  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.reject(new DOMException('typically due to permission problems', 'NotReadableError'));
  }
}

describe('a file that was changed since it was chosen', () => {
  it('is named, with what happened to it', async () => {
    const files = new NiftiFiles(droppedFiles([[NAME, new Changed([new Uint8Array(352)])]]));
    await expectRefusal(
      files.header(NAME),
      'bad-input',
      /^scan\/lower\.nii\.gz: .*changed or moved since it was chosen/,
    );
  });
});

/** A block of bgzip: a member that says how long it is. */
function block(content: Uint8Array): Buffer {
  const deflated = deflateRawSync(content);
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 0x42, 0x43, 2, 0, 0, 0]);
  const tail = Buffer.alloc(8);
  head.writeUInt16LE(head.length + deflated.length + tail.length - 1, 16);
  tail.writeUInt32LE(zlibCrc32(content), 0);
  tail.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, deflated, tail]);
}

const cut = (bytes: Uint8Array, ...ends: readonly number[]) =>
  [0, ...ends].map((start, at) => bytes.subarray(start, ends[at] ?? bytes.length));

/** Bytes that look like the beginning of a member stand all over the voxels, which are stored as they are. */
const DECEPTIVE = craft({
  shape: [30, 20, 10],
  values: Array.from({ length: 6000 }, (_, at) => [0x1f, 0x8b, 0x08, 0, at % 251][at % 5] as number),
});
const FLOATS = craft({
  shape: [40, 30, 20],
  datatype: 'float32',
  values: Array.from({ length: 24_000 }, (_, at) => Math.fround(Math.sin(at * at) / 3)),
});

const FILES: readonly [string, Uint8Array, Uint8Array][] = [
  ['plain', FLOATS, FLOATS],
  ['one member', FLOATS, gzipSync(FLOATS)],
  ['three members', FLOATS, Buffer.concat(cut(FLOATS, 353, 50_001).map((part) => gzipSync(part)))],
  ['an empty member among others', FLOATS, Buffer.concat([gzipSync(FLOATS), gzipSync(Buffer.alloc(0))])],
  [
    'blocks of bgzip',
    FLOATS,
    Buffer.concat([...cut(FLOATS, 9999, 60_000).map(block), block(Buffer.alloc(0))]),
  ],
  ['voxels that look like members', DECEPTIVE, gzipSync(DECEPTIVE, { level: 0 })],
  [
    'members whose voxels look like members',
    DECEPTIVE,
    Buffer.concat(cut(DECEPTIVE, 1000, 1003, 4004).map((part) => gzipSync(part, { level: 0 }))),
  ],
];

describe('a file of a page', () => {
  it.each(FILES)('is read as the same file on the disk: %s', async (name, content, bytes) => {
    const path = write(`${name}.nii.gz`, bytes);
    const nifti = dropped(bytes);
    expect(await nifti.header(NAME)).toEqual(await diskNifti.header(path));
    const [page, disk] = [await nifti.read(NAME), await diskNifti.read(path)];
    expect(page.volume).toEqual(disk.volume);
    expect(page.volume.data.length).toBeGreaterThan(1000);
    const slabs: number[] = [];
    for await (const { volumes } of nifti.seriesSlabs(NAME, { slices: 3 })) slabs.push(...volumes[0].data);
    expect(slabs).toEqual([...disk.volume.data]);
    expect(content.length).toBeGreaterThan(352);
  });

  it('is refused where it is damaged, cut off, or followed by what is no member, naming it', async () => {
    const whole = gzipSync(FLOATS);
    const members = cut(FLOATS, 50_001).map((part) => gzipSync(part));
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1] ^= 0x55;
    const checksum = Buffer.from(whole);
    checksum[whole.length - 6] ^= 1;
    const cases: readonly [Uint8Array, RegExp][] = [
      // What damage inflates to may be no number before its checksum is seen.
      [flipped, /damaged gzip|truncated or damaged|is NaN/],
      [checksum, /damaged gzip/],
      [whole.subarray(0, -3), /truncated gzip/],
      [whole.subarray(0, whole.length >> 1), /truncated/],
      [members[0] as Buffer, /truncated or damaged/],
      [Buffer.concat([members[0] as Buffer, (members[1] as Buffer).subarray(0, -100)]), /truncated/],
    ];
    for (const [bytes, problem] of cases) {
      await expectRefusal(dropped(bytes).read(NAME), 'bad-input', new RegExp(`^${NAME}: `), problem);
    }
  });

  it('is refused where it was not given, or is a folder; folders list what is in them', async () => {
    const files = droppedFiles([
      ['b/2.nii', new Blob([])],
      ['b/1.nii', async () => new Blob([FLOATS])],
      ['a.nii', new Blob([FLOATS])],
    ]);
    expect(files.list('b')).toEqual(['1.nii', '2.nii']);
    expect(files.list('a.nii')).toBeNull();
    const nifti = new NiftiFiles(files);
    await expectRefusal(nifti.read('b'), 'bad-input', /expected a file, found a folder/);
    await expectRefusal(nifti.read('c.nii'), 'bad-input', /c\.nii.*no such file/);
    expect((await nifti.read('b/1.nii')).volume).toEqual((await nifti.read('a.nii')).volume);
  });
});

describe('a file written into a blob', () => {
  it('is that on the disk once both are inflated', async () => {
    const template = await diskNifti.header(write('template.nii', craft({ shape: [40, 30, 20] })));
    const { volume } = await diskNifti.read(write('floats.nii', FLOATS));
    const { shape, affine, data } = volume;
    const path = join(folder, 'disk.nii.gz');
    const disk = await NiftiWriter.create(path, shape, affine, 'float32', { template });
    const page = new NiftiBlobWriter('page.nii.gz', shape, affine, 'float32', { template });
    for (let at = 0; at < data.length; at += 7001) {
      await disk.write(data.subarray(at, at + 7001));
      await page.write(data.subarray(at, at + 7001));
    }
    await disk.finish();
    const bytes = Buffer.from(await (await page.complete()).arrayBuffer());
    expect(gunzipSync(bytes).equals(gunzipSync(readFileSync(path)))).toBe(true);
  });

  it('takes as many voxels as it has, no more and no fewer', async () => {
    const make = () =>
      new NiftiBlobWriter(
        'few.nii.gz',
        [1, 2, 2],
        [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        'float32',
      );
    await expectRefusal(make().write(new Float32Array(5)), 'usage', /more than 4 voxels/);
    const short = make();
    await short.write(new Float32Array(3));
    await expectRefusal(short.complete(), 'usage', /4 voxels expected, 3 written/);
    await short.abort();
  });
});
