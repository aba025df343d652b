import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeVolume, type NiftiHeader } from '../src/index.ts';
import { NiftiWriter, readNifti, readNiftiHeader, readNiftiSlabs, writeNifti } from '../src/node.ts';
import { expectRefusal, scratch } from './craft.ts';
import { golden, goldenPath } from './goldens.ts';

const { folder } = scratch();
const affine = [-0.75, 0, 0.125, 90.5, 0, -0.75, 0, 120.25, 0, 0.5, 2.5, -300, 0, 0, 0, 1];
const path = (name: string) => join(folder, name);

/** What must come back of a header; the rest is where and how voxels are stored. */
const kept = ({ shape, affine, affineSource, qform, sform, pixdim, extensions }: NiftiHeader) => ({
  ...{ shape, affine, affineSource, qform, sform, pixdim },
  ...{ extensions: extensions.map(({ code, content }) => [code, [...content]]) },
});

describe('round trips', () => {
  const images = fc.array(fc.float({ noNaN: true }), { minLength: 24, maxLength: 24 });

  it.each(['f.nii', 'f.nii.gz'])('of f32 are exact to the bit (%s)', async (name) => {
    await fc.assert(
      fc.asyncProperty(images, async (values) => {
        const volume = makeVolume(Float32Array.from(values), [4, 3, 2], affine);
        await writeNifti(path(name), volume);
        expect((await readNifti(path(name))).volume).toEqual(volume);
      }),
      { numRuns: 30, seed: 3 },
    );
  });

  it.each(golden<readonly { file: string }[]>('reading.json').map(({ file }) => file))(
    'of %s keep grid, codes, extensions, type, scaling and every value',
    async (file) => {
      const first = await readNifti(goldenPath(`reading/${file}`));
      const { datatype, slope, inter } = first.header;
      const exact = !datatype.startsWith('float') && !/32|64/.test(datatype);
      // f32 holds every value of an 8- or 16-bit type; of wider ones only the rounded value can come back, in f32.
      const format = exact ? { datatype, slope, inter } : {};
      const out = path(`again-${file}`);
      await writeNifti(out, first.volume, { template: first.header, ...format });
      const again = await readNifti(out);
      expect(again.volume).toEqual(first.volume);
      expect(kept(again.header)).toEqual(kept(first.header));
      expect(again.header.notes).toEqual({ ...first.header.notes, calibration: { min: 0, max: 0 } });
      expect(again.header.version).toBe(first.header.version);
      if (!exact || !first.header.littleEndian) return;
      const bytes = readFileSync(goldenPath(`reading/${file}`));
      const stored = (all: Buffer, at: number) => (all[0] === 0x1f ? gunzipSync(all) : all).subarray(at);
      expect(stored(readFileSync(out), again.header.dataOffset)).toEqual(
        stored(bytes, first.header.dataOffset),
      );
    },
  );

  it('of labels take the smallest type', async () => {
    const small = makeVolume(Uint16Array.of(0, 255), [1, 1, 2], affine);
    await writeNifti(path('l.nii.gz'), small);
    const read = await readNifti(path('l.nii.gz'), { as: 'labels' });
    expect(read.header.datatype).toBe('uint8');
    expect(read.volume).toEqual(small);
    await writeNifti(path('l.nii.gz'), makeVolume(Uint16Array.of(0, 256), [1, 1, 2], affine));
    expect((await readNiftiHeader(path('l.nii.gz'))).datatype).toBe('uint16');
  });

  it('of an axis beyond 32767 use NIfTI-2', async () => {
    const volume = makeVolume(
      new Float32Array(40000).map((_, i) => i),
      [1, 1, 40000],
      affine,
    );
    await writeNifti(path('long.nii.gz'), volume);
    const read = await readNifti(path('long.nii.gz'));
    expect(read.header.version).toBe(2);
    expect(read.volume).toEqual(volume);
  });

  it('on a new grid give it an sform and keep the notes', async () => {
    const { header } = await readNifti(goldenPath('reading/qform.nii'));
    await writeNifti(path('moved.nii'), makeVolume(new Float32Array(2), [1, 1, 2], affine), {
      template: header,
      description: 'lower bound, é',
    });
    const moved = await readNiftiHeader(path('moved.nii'));
    expect([moved.sform.code, moved.qform.code, moved.affineSource]).toEqual([2, 0, 'sform']);
    expect(moved.affine).toEqual(affine);
    expect(moved.notes.description).toBe('lower bound, é');
    expect(moved.notes.units).toBe(header.notes.units);
  });

  it('rounds to the nearest stored value, halves to even', async () => {
    const values = Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, 2.4999);
    await writeNifti(path('r.nii'), makeVolume(values, [1, 1, 6], affine), { datatype: 'int16' });
    expect([...(await readNifti(path('r.nii'))).volume.data]).toEqual([0, 2, 2, 0, -2, 2]);
  });
});

describe('slabs', () => {
  it.each(['s.nii', 's.nii.gz'])(
    'written one by one make the file that is written whole (%s)',
    async (name) => {
      const shape = [7, 50, 60] as const;
      const volume = makeVolume(
        new Float32Array(21000).map((_, i) => Math.sin(i)),
        shape,
        affine,
      );
      await writeNifti(path(`whole-${name}`), volume);
      const writer = await NiftiWriter.create(path(name), shape, affine, 'float32');
      let beside = 0;
      for await (const slab of readNiftiSlabs(path(`whole-${name}`), { slices: 3 })) {
        await writer.write(slab.volume.data);
        slab.volume.data.fill(-1);
        beside = readdirSync(folder).filter((file) => file.startsWith(`.${name}.`)).length;
        expect(readdirSync(folder)).not.toContain(name);
      }
      expect(beside).toBe(1);
      await writer.finish();
      expect(readFileSync(path(name))).toEqual(readFileSync(path(`whole-${name}`)));
      await expectRefusal(writer.write(new Float32Array(1)), 'usage', /closed/);
    },
  );

  it('too many or too few are refused, and nothing is left of the file', async () => {
    for (const name of ['count.nii', 'count.nii.gz']) {
      const more = await NiftiWriter.create(path(name), [1, 2, 2], affine, 'float32');
      await expectRefusal(more.write(new Float32Array(5)), 'usage', /more than 4 voxels written/);
      const fewer = await NiftiWriter.create(path(name), [1, 2, 2], affine, 'float32');
      await fewer.write(new Float32Array(3));
      await expectRefusal(fewer.finish(), 'usage', /4 voxels expected, 3 written/);
      const dropped = await NiftiWriter.create(path(name), [1, 2, 2], affine, 'float32');
      await dropped.abort();
      expect(readdirSync(folder).filter((file) => file.includes(name))).toEqual([]);
    }
  });
});

describe('what cannot be written', () => {
  const volume = makeVolume(Float32Array.of(1, 2, 300, 4), [1, 2, 2], affine);

  it('names the voxel that the data type cannot hold, and leaves the old file', async () => {
    writeFileSync(path('old.nii'), 'old');
    await expectRefusal(
      writeNifti(path('old.nii'), volume, { datatype: 'uint8' }),
      'usage',
      /voxel 2 is 300, which uint8/,
    );
    const nan = makeVolume(Float32Array.of(Number.NaN), [1, 1, 1], affine);
    await expectRefusal(writeNifti(path('old.nii'), nan, { datatype: 'int16' }), 'usage', /voxel 0 is NaN/);
    await expectRefusal(writeNifti(path('old.nii'), volume, { slope: 0 }), 'usage', /slope 0/);
    await expectRefusal(writeNifti(path('old.nii'), volume, { slope: 1e-60 }), 'usage', /slope/);
    expect(readFileSync(path('old.nii'), 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((file) => file.endsWith('.partial'))).toEqual([]);
  });

  it('names the folder that is not there and the folder in the way', async () => {
    await expectRefusal(
      writeNifti(path('none/a.nii'), volume),
      'bad-input',
      /cannot write .*a\.nii: no such folder/,
    );
    mkdirSync(path('taken.nii.gz'));
    await expectRefusal(writeNifti(path('taken.nii.gz'), volume), 'bad-input', /it is a folder/);
    rmSync(path('taken.nii.gz'), { recursive: true });
    expect(readdirSync(folder).filter((file) => file.endsWith('.partial'))).toEqual([]);
  });

  it('a writer that is killed leaves the old file, and the next one clears away after it', async () => {
    const target = path('killed.nii');
    await writeNifti(target, volume);
    const script = `
      const { NiftiWriter } = await import('@semcrc/imaging/node');
      const writer = await NiftiWriter.create(process.argv[1], [9, 9, 9], [1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1], 'float32');
      await writer.write(new Float32Array(81));
      process.kill(process.pid, 'SIGKILL');`;
    const options = { cwd: import.meta.dirname, stdio: 'pipe' } as const;
    const arguments_ = ['--input-type=module', '--eval', script, target];
    expect(() => execFileSync(process.execPath, arguments_, options)).toThrow();
    const partial = () => readdirSync(folder).filter((file) => file.startsWith('.killed.nii.'));
    expect(partial()).toHaveLength(1);
    expect((await readNifti(target)).volume).toEqual(volume);
    await writeNifti(target, volume);
    expect(partial()).toEqual([]);
  });

  it('a full disk is said to be full and left clean', async (context) => {
    const disk = path('disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      return context.skip('needs the right to mount a small tmpfs');
    }
    try {
      const noise = new Float32Array(2 ** 20).map(() => Math.random());
      const big = makeVolume(noise, [1, 1024, 1024], affine);
      for (const name of ['big.nii', 'big.nii.gz']) {
        await expectRefusal(writeNifti(join(disk, name), big), 'bad-input', /disk is full/, /cannot write/);
        expect(readdirSync(disk)).toEqual([]);
      }
      await writeNifti(join(disk, 'small.nii.gz'), volume);
      expect(statSync(join(disk, 'small.nii.gz')).size).toBeGreaterThan(0);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
