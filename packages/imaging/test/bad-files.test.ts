import { closeSync, mkdirSync, openSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SemcrcError } from '@semcrc/kernels';
import { NIFTI1 } from 'nifti-reader-js';
import { describe, expect, it } from 'vitest';
import { parseNifti, parseNiftiHeader, type Volume } from '../src/index.ts';
import { checkNifti, readNifti, readNiftiHeader, readNiftiSlabs } from '../src/node.ts';
import { craft, expectRefusal, scratch } from './craft.ts';
import { peakMemory } from './peak-memory.ts';

const { folder, write } = scratch();

function extension(size: number, code: number, content = ''): Uint8Array {
  const bytes = new Uint8Array(Math.max(16, Math.ceil((8 + content.length) / 16) * 16));
  const view = new DataView(bytes.buffer);
  view.setInt32(0, size, true);
  view.setInt32(4, code, true);
  bytes.set(new TextEncoder().encode(content), 8);
  return bytes;
}

async function drain(path: string): Promise<void> {
  for await (const _ of readNiftiSlabs(path, { slices: 1 }));
}

/** Noise that deflate cannot shorten. */
function noise(length: number): number[] {
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 16) & 255;
  });
}

describe('files that are not there or not NIfTI', () => {
  it('names a missing file, a folder, an empty file', async () => {
    await expectRefusal(readNifti(join(folder, 'none.nii')), 'bad-input', /none\.nii/, /no such file/);
    mkdirSync(join(folder, 'folder.nii'));
    await expectRefusal(readNiftiHeader(join(folder, 'folder.nii')), 'bad-input', /found a folder/);
    await expectRefusal(
      readNifti(write('empty.nii', new Uint8Array(0))),
      'bad-input',
      /not a NIfTI/,
      /\(none\)/,
    );
  });

  it('refuses other content, other magics and .hdr/.img pairs', async () => {
    const text = new TextEncoder().encode('scan,ground_truth\n'.repeat(50));
    await expectRefusal(readNifti(write('text.nii', text)), 'bad-input', /not a NIfTI file/, /73 63 61 6e/);
    const magic = craft({ patch: (view) => view.setUint8(345, 0x2d) });
    await expectRefusal(readNifti(write('magic.nii', magic)), 'bad-input', /expected the magic "n\+1"/);
    const pair = craft({ patch: (view) => view.setUint8(345, 0x69) });
    await expectRefusal(readNifti(write('pair.nii', pair)), 'bad-input', /\.hdr\/\.img pair/);
    await expectRefusal(
      readNifti(write('cut.nii', craft().slice(0, 200))),
      'bad-input',
      /348 bytes, found 200/,
    );
  });

  it.each([
    [128, /RGB24/],
    [2304, /RGBA32/],
    [32, /complex64/],
    [1536, /float128/],
    [77, /unknown voxels \(data type 77\)/],
  ])('refuses data type %i', async (code, pattern) => {
    const bytes = craft({ patch: (view) => view.setInt16(70, code, true) });
    await expectRefusal(
      readNifti(write('colour.nii', bytes)),
      'bad-input',
      pattern,
      /one real number per voxel/,
    );
  });
});

describe('sizes', () => {
  it.each([
    ['no dimensions', 40, 0, /1 to 7 dimensions, found 0/],
    ['eight dimensions', 40, 8, /found 8/],
    ['a dimension of 0', 44, 0, /at least 1, found 2 × 0 × 4/],
    ['a negative dimension', 44, -3, /found 2 × -3 × 4/],
  ])('refuses %s', async (_, at, value, pattern) => {
    const bytes = craft({ patch: (view) => view.setInt16(at, value, true) });
    await expectRefusal(readNifti(write('size.nii', bytes)), 'bad-input', pattern);
  });

  it('refuses more voxels than the file can hold before making room for them', async () => {
    const absurd = craft({
      patch: (view) => {
        for (const at of [42, 44, 46]) view.setInt16(at, 32767, true);
      },
    });
    for (const path of [write('absurd.nii', absurd), write('absurd.nii.gz', gzipSync(absurd))]) {
      for (const attempt of [readNifti, readNiftiHeader, checkNifti, drain]) {
        await expectRefusal(attempt(path), 'bad-input', /cannot hold them/, /32767 × 32767 × 32767/);
      }
    }
    expect(() => parseNifti(absurd, 'absurd')).toThrow(/take 35181150961663 bytes, found 24/);
  });

  it('refuses a gzip file whose voxels end early, plausible as its size may be', async () => {
    const bytes = craft({ shape: [64, 64, 4], values: noise(64 * 64 * 4).slice(0, 9000) });
    const path = write('short.nii.gz', gzipSync(bytes));
    for (const attempt of [readNifti, checkNifti, drain]) {
      await expectRefusal(attempt(path), 'bad-input', /take 16384 bytes, found 9000/);
    }
    const slices = { first: 0, end: 1 };
    await expectRefusal(readNifti(path, { slices }), 'bad-input', /take 16384 bytes, found 9000/);
    expect((await readNiftiHeader(path)).shape).toEqual([64, 64, 4]);
  });

  it('accepts one volume in four dimensions and refuses two', async () => {
    const one = await readNifti(write('one.nii', craft({ shape: [2, 3, 4, 1] })));
    expect(one.volume.shape).toEqual([4, 3, 2]);
    const two = write('two.nii', craft({ shape: [2, 3, 2, 2] }));
    await expectRefusal(readNifti(two), 'bad-input', /expected one volume/, /2 × 3 × 2 × 2/);
    expect((await readNiftiHeader(two)).shape).toEqual([2, 3, 2, 2]);
  });

  it('reads from files of more than 2 GB', async () => {
    const shape = [1500, 1500, 1100];
    const path = write('large.nii', craft({ shape, values: [] }));
    const file = openSync(path, 'r+');
    const last = 352 + 1500 * 1500 * 1100 - 1;
    writeSync(file, Uint8Array.of(7), 0, 1, last);
    closeSync(file);
    await checkNifti(path);
    const { volume } = await readNifti(path, { as: 'labels', slices: { first: 1099, end: 1100 } });
    expect(volume.data.at(-1)).toBe(7);
    expect(volume.affine[11]).toBe(1099);
    truncateSync(path, last);
    await expectRefusal(readNifti(path), 'bad-input', /cannot hold them/);
  });

  it.each([[-5], [100], [Number.NaN], [1e9]])('refuses voxels from byte %d', async (offset) => {
    const bytes = craft({ patch: (view) => view.setFloat32(108, offset, true) });
    await expectRefusal(readNifti(write('offset.nii', bytes)), 'bad-input', /voxels start at byte/);
  });

  it('takes a voxel offset of 0 for the end of the header', async () => {
    const bytes = craft({ patch: (view) => view.setFloat32(108, 0, true) });
    expect((await readNifti(write('zero-offset.nii', bytes))).volume.data[23]).toBe(23);
  });
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

describe('gzip', () => {
  const values = noise(300_000);
  const shape = [100, 100, 30];
  const whole = craft({ shape, values });

  it('reads any number of members, wherever they are cut, empty ones among them', async () => {
    const cuts = [0, 1, 347, 348, 353, 65536, 65537, 200_000, 200_000, whole.length, whole.length];
    const members = cuts.slice(1).map((cut, i) => gzipSync(whole.subarray(cuts[i], cut)));
    const path = write('members.nii.gz', Buffer.concat(members));
    expect([...(await readNifti(path)).volume.data]).toEqual(values);
    await checkNifti(path);
    expect((await readNiftiHeader(path)).shape).toEqual(shape);
  });

  it('reads many members that end on the edges of the steps it reads in', async () => {
    // Stored members of one length put boundaries on, before and behind every multiple of the step.
    const members: Buffer[] = [];
    for (let at = 0; at < whole.length; at += 4096 - 23) {
      members.push(gzipSync(whole.subarray(at, at + 4096 - 23), { level: 0 }));
    }
    const path = write('edges.nii.gz', Buffer.concat(members));
    expect([...(await readNifti(path)).volume.data]).toEqual(values);
    expect((await checkNifti(path)).shape).toEqual(shape);
  });

  it.each([
    { datatype: 'int16', offset: 352 },
    { datatype: 'int16', offset: 353 },
    { datatype: 'float64', offset: 352 },
  ] as const)(
    'reads $datatype from byte $offset whose voxels members tear apart',
    async ({ datatype, offset }) => {
      // More than three of the steps that files are read in, and a voxel more than the shape has.
      const size = datatype === 'int16' ? 2 : 8;
      const torn = [125, 128, 240 / size];
      const count = torn.reduce((product, n) => product * n, 1);
      const bytes = craft({
        shape: torn,
        datatype,
        values: noise(count + 1),
        patch: (view) => view.setFloat32(108, offset, true),
      });
      const stored = bytes.slice(offset, offset + count * size).buffer;
      const expected = Float32Array.from(
        datatype === 'int16' ? new Int16Array(stored) : new Float64Array(stored),
      );
      // A comparison voxel by voxel would take longer than all the rest.
      const same = ({ data }: Volume) => Buffer.compare(bytesOf(data), bytesOf(expected)) === 0;
      const members: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += 50_021) {
        members.push(gzipSync(bytes.subarray(at, at + 50_021), { level: 1 }));
      }
      for (const gz of [Buffer.concat(members), gzipSync(bytes, { level: 1 })]) {
        const { volume } = await readNifti(write('torn.nii.gz', gz));
        expect(same(volume)).toBe(true);
      }
      expect(same((await readNifti(write('torn.nii', bytes))).volume)).toBe(true);
    },
  );

  it('says so when the stream is cut off', async () => {
    const gz = gzipSync(whole);
    for (const length of [3, 12, 200, 5000, gz.length - 9, gz.length - 4, gz.length - 1]) {
      const path = write('cut.nii.gz', gz.subarray(0, length));
      await expectRefusal(readNifti(path), 'bad-input', /cut\.nii\.gz/, /truncated gzip|cannot hold/);
      await expectRefusal(drain(path), 'bad-input', /truncated gzip|cannot hold/);
    }
    const half = write('half.nii.gz', gz.subarray(0, gz.length / 2));
    await expectRefusal(checkNifti(half), 'bad-input', /truncated gzip/, /inflated bytes/);
    expect((await readNiftiHeader(half)).shape).toEqual(shape);
  });

  it('checks the checksum behind the last voxel', async () => {
    const gz = gzipSync(whole);
    gz[gz.length - 6] ^= 1;
    const path = write('crc.nii.gz', gz);
    await expectRefusal(readNifti(path), 'bad-input', /damaged gzip/, /incorrect data check/);
    await expectRefusal(drain(path), 'bad-input', /incorrect data check/);
    await expectRefusal(
      readNifti(path, { slices: { first: 0, end: 2 } }),
      'bad-input',
      /incorrect data check/,
    );
  });

  it('stops at the size the header declares: what follows is neither kept nor inflated', async () => {
    const bomb = Buffer.concat([gzipSync(whole), gzipSync(Buffer.alloc(2 ** 28))]);
    const path = write('bomb.nii.gz', bomb);
    expect((await readNifti(path)).volume.data.length).toBe(300_000);
    // The bomb would be 268 MB more.
    expect(peakMemory('await node.readNifti(path);', path)).toBeLessThan(160e6);
    const trailing = write('trailing.nii', Buffer.concat([whole, Buffer.alloc(1000, 7)]));
    expect([...(await readNifti(trailing)).volume.data]).toEqual(values);
  });

  it('is recognised by content, not by name', async () => {
    const path = write('misnamed.nii', gzipSync(craft()));
    expect((await readNifti(path)).volume.data[5]).toBe(5);
    const plain = write('misnamed.nii.gz', craft());
    expect((await readNifti(plain)).volume.data[5]).toBe(5);
    expect(() => parseNifti(gzipSync(craft()), 'bytes')).toThrow(/gzip-compressed/);
  });
});

describe('values', () => {
  it.each([[0], [Number.NaN]])('takes stored values as they are under a slope of %d', async (slope) => {
    const { header, volume } = await readNifti(write('slope.nii', craft({ slope, inter: 9 })));
    expect([header.slope, header.inter]).toEqual([1, 0]);
    expect(volume.data[7]).toBe(7);
  });

  it('applies slope and intercept in f64 and rounds once', async () => {
    const path = write(
      'slope.nii',
      craft({ datatype: 'int16', slope: 1e-4, inter: 0.25, values: noise(24) }),
    );
    const { volume } = await readNifti(path);
    expect([...volume.data]).toEqual(noise(24).map((v) => Math.fround(v * Math.fround(1e-4) + 0.25)));
  });

  it('refuses an infinite intercept', async () => {
    const bytes = craft({ inter: Number.POSITIVE_INFINITY });
    await expectRefusal(readNifti(write('inter.nii', bytes)), 'bad-input', /intercept that is not finite/);
  });

  it.each(['float32', 'float64'] as const)(
    'reports index and place of the first NaN (%s)',
    async (datatype) => {
      const shape = [20, 30, 10];
      const values = Array.from({ length: 6000 }, (_, i) => (i === 2 ? Number.POSITIVE_INFINITY : i));
      values[3] = Number.NEGATIVE_INFINITY;
      values[4321] = Number.NaN;
      const path = write('nan.nii', craft({ shape, datatype, values }));
      await expectRefusal(readNifti(path), 'bad-input', /voxel 4321 \(1, 6, 7\) is NaN/);
      await expectRefusal(drain(path), 'bad-input', /voxel 4321/);
      values[4321] = 0;
      const mended = await readNifti(write('nan.nii', craft({ shape, datatype, values })));
      expect(mended.volume.data[2]).toBe(Number.POSITIVE_INFINITY);
    },
  );

  it.each([
    [2.5, 1, 'float32', /found 2\.5 at voxel 9/],
    [-1, 1, 'int16', /found -1 at voxel 9/],
    [Number.NaN, 1, 'float64', /found NaN at voxel 9/],
    [65536, 1, 'float32', /found 65536 at voxel 9/],
    [3, 0.5, 'int16', /found 1\.5 at voxel 9/],
  ] as const)('refuses %d × %d as a label', async (value, slope, datatype, pattern) => {
    const values = Array.from({ length: 24 }, (_, i) => (i === 9 ? value : 2 * i));
    const path = write('labels.nii', craft({ datatype, values, slope }));
    await expectRefusal(readNifti(path, { as: 'labels' }), 'bad-input', /label numbers/, pattern);
  });

  it('reads labels stored as floats, and scaled ones that come out whole', async () => {
    const values = Array.from({ length: 24 }, (_, i) => 2 * i);
    const path = write('labels.nii', craft({ datatype: 'float32', values, slope: 0.5 }));
    expect([...(await readNifti(path, { as: 'labels' })).volume.data]).toEqual(values.map((v) => v / 2));
  });
});

describe('headers that trip nifti-reader-js', () => {
  it('a quaternion a little above one gives it a NaN affine, not us', async () => {
    const bytes = craft({
      patch: (view) => {
        view.setInt16(254, 0, true);
        view.setInt16(252, 1, true);
        view.setFloat32(264, 1.0001, true);
      },
    });
    const theirs = new NIFTI1();
    theirs.readHeader(bytes.slice().buffer);
    expect(theirs.affine.flat().some(Number.isNaN)).toBe(true);
    const { affine } = await readNiftiHeader(write('quaternion.nii', bytes));
    // The NIfTI reference library's answer: scaled to a half turn about z.
    const expected = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    for (let i = 0; i < 16; i++) expect(affine[i]).toBeCloseTo(expected[i], 12);
  });

  it('a quaternion far from a rotation, or an affine that is flat or not finite, is refused', async () => {
    const patches: [RegExp, (view: DataView) => void][] = [
      [
        /no rotation/,
        (view) => {
          view.setInt16(254, 0, true);
          view.setInt16(252, 1, true);
          view.setFloat32(264, 3, true);
        },
      ],
      [/does not span space/, (view) => view.setFloat32(280, 0, true)],
      [/does not span space/, (view) => view.setFloat32(292, Number.NaN, true)],
    ];
    for (const [pattern, patch] of patches) {
      await expectRefusal(readNifti(write('affine.nii', craft({ patch }))), 'bad-input', pattern);
    }
  });

  it('a description where NIfTI-2 keeps its offset makes its readHeaderAsync inflate for ever', async () => {
    const bytes = craft({
      patch: (view) => {
        for (let at = 148; at < 228; at++) view.setUint8(at, 0x78);
      },
    });
    const header = await readNiftiHeader(write('described.nii.gz', gzipSync(bytes)));
    expect(header.notes.description).toBe('x'.repeat(80));
  });

  it.each([-16, -2147483648, 4, 40, 2147483647])('an extension of %d bytes is refused', (size) => {
    const bytes = craft({ extensions: extension(size, 6) });
    expect(() => parseNiftiHeader(bytes, 'ext')).toThrow(SemcrcError);
    expect(() => parseNiftiHeader(bytes, 'ext')).toThrow(`at byte 352 claims ${size} bytes`);
  });

  it('an extension flag without extensions is harmless', () => {
    const bytes = craft({ patch: (view) => view.setUint8(348, 1) });
    expect(parseNiftiHeader(bytes, 'flag').extensions).toEqual([]);
    const padded = craft({ extensions: new Uint8Array(48) });
    expect(parseNiftiHeader(padded, 'pad').extensions).toEqual([]);
  });

  it('extensions longer than the file are cut at its end', async () => {
    const bytes = craft({ extensions: extension(32, 6, 'a comment of 24 bytes !!') });
    expect(parseNiftiHeader(bytes, 'ext').extensions).toHaveLength(1);
    await expectRefusal(
      readNifti(write('ext.nii.gz', gzipSync(bytes.subarray(0, 370)))),
      'bad-input',
      /claims 32 bytes, expected 8 to 18/,
    );
  });

  it('a Node Buffer inside a larger one is read from where it starts, and left as it was', () => {
    const bytes = craft({ datatype: 'int16', slope: 2 });
    const pool = Buffer.alloc(bytes.length + 3, 0xff);
    pool.set(bytes, 3);
    const before = Buffer.from(pool);
    expect(parseNifti(pool.subarray(3), 'pooled').volume.data[11]).toBe(22);
    expect(pool.equals(before)).toBe(true);
  });
});

describe('formats that are taken for NIfTI', () => {
  const start = (text: string, at = 0) => {
    const bytes = new Uint8Array(400);
    bytes.set(new TextEncoder().encode(text), at);
    return bytes;
  };
  it.each([
    ['slice.nii', start('DICM', 128), /a DICOM file.*dcm2niix/],
    ['brain.mgz', gzipSync(Uint8Array.of(0, 0, 0, 1, 0, 0, 1, 0)), /a FreeSurfer volume.*mri_convert/],
    ['brain.mgh', Uint8Array.of(0, 0, 0, 1, 0, 0, 1, 0), /a FreeSurfer volume/],
    ['scans.nii.gz', start('PK\u0003\u0004'), /a zip archive.*unpack it/],
    ['scan.nrrd', start('NRRD0004'), /an NRRD file/],
    ['scan.hdr', craft({ patch: (view) => view.setUint32(344, 0) }), /an ANALYZE 7\.5 header.*one \.nii\.gz/],
  ])('%s is named, with the way on', async (name, bytes, message) => {
    await expectRefusal(
      readNiftiHeader(write(name, bytes)),
      'bad-input',
      message,
      new RegExp(name.replaceAll('.', '\\.')),
    );
  });
});

describe('a forged gzip size', () => {
  it('costs no more memory than what is there', async () => {
    // 350 MB of voxels claimed and vouched for at the end of the file, in a file that deflate could squeeze them into.
    const header = craft({ shape: [700, 700, 700], values: [], datatype: 'uint8' });
    const filler = gzipSync(Buffer.concat([header, Buffer.alloc(2 ** 26)]));
    const bytes = Buffer.concat([filler, Buffer.alloc(4 * 2 ** 20), gzipSync(''), Buffer.alloc(4)]);
    bytes.writeUInt32LE(352 + 343e6, bytes.length - 4);
    const path = write('forged.nii.gz', bytes);
    await expectRefusal(readNifti(path), 'bad-input', /truncated or damaged|damaged gzip/);
    expect(peakMemory('await node.readNifti(path).catch(() => {});', path)).toBeLessThan(800e6);
  });
});
