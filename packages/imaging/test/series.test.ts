import { closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { applyAffine, parseNifti, seriesShape, type Volume } from '../src/index.ts';
import {
  checkNifti,
  readNifti,
  readNiftiHeader,
  readNiftiSeries,
  readNiftiSeriesSlabs,
  readNiftiSlabs,
} from '../src/node.ts';
import { craft, expectRefusal, scratch } from './craft.ts';
import { golden, goldenPath, worstDifference } from './goldens.ts';
import { peakMemory } from './peak-memory.ts';

interface Case {
  readonly file: string;
  readonly shape: readonly number[];
  readonly affine: readonly number[];
  readonly volumes: readonly (readonly number[])[];
}

const cases = golden<readonly Case[]>('series.json');
const { write } = scratch();

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The volumes of a file, put together again from its slabs. */
async function fromSlabs(path: string, slices: number): Promise<number[][]> {
  const volumes: number[][] = [];
  for await (const slab of readNiftiSeriesSlabs(path, { slices })) {
    slab.volumes.forEach(({ data }, index) => {
      volumes[index] = [...(volumes[index] ?? []), ...data];
    });
  }
  return volumes;
}

describe('files of several volumes', () => {
  it.each(cases)('$file: every volume as nibabel cuts it out', async ({ file, shape, affine, volumes }) => {
    const path = goldenPath(`series/${file}`);
    const header = await checkNifti(path);
    expect(seriesShape(header, path)).toEqual({
      shape: shape.slice(0, 3).reverse(),
      volumes: volumes.length,
    });

    const found = await all(readNiftiSeries(path));
    expect(found.map(({ data }) => [...data])).toEqual(volumes);
    for (const volume of found) {
      expect(volume.shape).toEqual(shape.slice(0, 3).reverse());
      expect(worstDifference(volume.affine, affine)).toBeLessThan(1e-12);
    }
    // From the last to the first: one at a time, in any order.
    for (const index of volumes.keys()) {
      const volume = volumes.length - 1 - index;
      expect(await readNifti(path, { volume })).toEqual({ header, volume: found[volume], rounded: 0 });
      if (path.endsWith('.gz')) continue;
      const parsed = parseNifti(readFileSync(path), path, { volume });
      expect(parsed).toEqual({ header, volume: found[volume], rounded: 0 });
    }
  });

  // Of five slices and six volumes: in slabs of 1 through a stream per volume, in larger ones one pass per slab.
  it.each([1, 2, 3, 5, 100])('are the same in slabs of %i slices', async (slices) => {
    for (const { file, volumes } of cases) {
      expect(await fromSlabs(goldenPath(`series/${file}`), slices)).toEqual(volumes);
    }
  });

  it('in slabs say where their slices stand', async () => {
    const path = goldenPath('series/int16-be-scaled.nii.gz');
    const [whole] = await all(readNiftiSeries(path));
    for (const slices of [1, 2]) {
      const slabs = await all(readNiftiSeriesSlabs(path, { slices }));
      expect(slabs.map(({ first }) => first)).toEqual(slices === 1 ? [0, 1, 2, 3, 4] : [0, 2, 4]);
      for (const { first, volumes } of slabs) {
        expect(volumes).toHaveLength(6);
        for (const { affine } of volumes) {
          expect(applyAffine(affine, 1, 2, 0)).toEqual(applyAffine((whole as Volume).affine, 1, 2, first));
        }
      }
    }
  });

  it('give the same slices of each, all into one array', async () => {
    const { file, volumes } = cases.find((one) => one.file === 'draws-gzip.nii.gz') as Case;
    const into = new Float32Array(100);
    const slices = { first: 1, end: 3 };
    const path = goldenPath(`series/${file}`);
    const [whole] = await all(readNiftiSeries(path));
    let index = 0;
    for await (const volume of readNiftiSeries(path, { slices, into })) {
      expect(volume.data.buffer).toBe(into.buffer);
      expect(volume.shape).toEqual([2, 4, 3]);
      expect([...volume.data]).toEqual(volumes[index]?.slice(12, 36));
      expect(applyAffine(volume.affine, 0, 0, 0)).toEqual(applyAffine((whole as Volume).affine, 0, 0, 1));
      index++;
    }
    expect(index).toBe(6);
    const one = await readNifti(path, { volume: 4, slices });
    expect([...one.volume.data]).toEqual(volumes[4]?.slice(12, 36));
  });

  it('may be labels', async () => {
    const path = write('labels.nii.gz', gzipSync(craft({ shape: [2, 3, 4, 5] })));
    const expected = Array.from({ length: 5 }, (_, v) => Array.from({ length: 24 }, (_, i) => 24 * v + i));
    const found = await all(readNiftiSeries(path, { as: 'labels' }));
    expect(found[0]?.data).toBeInstanceOf(Uint16Array);
    expect(found.map(({ data }) => [...data])).toEqual(expected);
    const [slab] = await all(readNiftiSeriesSlabs(path, { slices: 4, as: 'labels' }));
    expect(slab?.volumes.map(({ data }) => [...data])).toEqual(expected);
  });

  it('may be too many for a stream each', async () => {
    const values = Array.from({ length: 40 * 65 }, (_, i) => i % 251);
    const path = write('many.nii.gz', gzipSync(craft({ shape: [1, 1, 40, 65], values })));
    const found = await fromSlabs(path, 1);
    expect(found).toHaveLength(65);
    expect(found.flat()).toEqual(values);
  });

  it('are sought in plain files of more than 2 GB', async () => {
    const shape = [1500, 1500, 110, 10];
    const path = write('large.nii', craft({ shape, values: [] }));
    const file = openSync(path, 'r+');
    const last = 352 + 1500 * 1500 * 1100 - 1;
    writeSync(file, Uint8Array.of(7), 0, 1, last);
    closeSync(file);
    await checkNifti(path);
    const slices = { first: 109, end: 110 };
    const { volume } = await readNifti(path, { as: 'labels', volume: 9, slices });
    expect(volume.data.at(-1)).toBe(7);
    expect(volume.affine[11]).toBe(109);
    const bottom = await all(readNiftiSeries(path, { as: 'labels', slices }));
    expect(bottom.map(({ data }) => data.at(-1))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
    truncateSync(path, last);
    await expectRefusal(readNifti(path, { volume: 0 }), 'bad-input', /cannot hold them/);
  });

  it('take no more memory than one volume when read into one array', async () => {
    const whole = Buffer.concat([
      craft({ shape: [256, 256, 64, 20], values: [] }),
      Buffer.alloc(256 * 256 * 64 * 20, 3),
    ]);
    const path = write('memory.nii.gz', gzipSync(whole, { level: 1 }));
    const into = new Float32Array(256 * 256 * 64);
    let volumes = 0;
    for await (const { data } of readNiftiSeries(path, { into })) {
      expect(data.at(-1)).toBe(3);
      volumes++;
    }
    expect(volumes).toBe(20);
    const read = `
      const into = new Float32Array(256 * 256 * 64);
      for await (const { data } of node.readNiftiSeries(path, { into })) if (data.at(-1) !== 3) throw new Error('wrong');`;
    // All of them would be 335 MB.
    expect(peakMemory(read, path)).toBeLessThan(190e6);
  });
});

describe('what is wrong with files of several volumes', () => {
  const shape = [2, 3, 4, 5];
  const sound = craft({ shape });

  it('several volumes where one is expected', async () => {
    const path = write('five.nii', sound);
    const pattern = /five\.nii: expected one volume \(three dimensions\), found 2 × 3 × 4 × 5/;
    await expectRefusal(readNifti(path), 'bad-input', pattern);
    await expectRefusal(all(readNiftiSlabs(path, { slices: 1 })), 'bad-input', pattern);
    expect(() => parseNifti(sound, path)).toThrow(pattern);
  });

  it('volumes along two axes', async () => {
    const path = write('two-axes.nii', craft({ shape: [2, 3, 2, 2, 3] }));
    const pattern = /expected volumes along one axis .* found 2 × 3 × 2 × 2 × 3/;
    await expectRefusal(all(readNiftiSeries(path)), 'bad-input', pattern);
    await expectRefusal(all(readNiftiSeriesSlabs(path, { slices: 1 })), 'bad-input', pattern);
    await expectRefusal(readNifti(path, { volume: 0 }), 'bad-input', pattern);
    const header = await readNiftiHeader(path);
    expect(() => seriesShape(header, path)).toThrow(pattern);
  });

  it('a volume or slices that are not there', async () => {
    const path = write('five.nii', sound);
    for (const volume of [5, -1, 0.5, Number.NaN]) {
      await expectRefusal(readNifti(path, { volume }), 'usage', /volume .* of 5 cannot be read/);
    }
    const slices = { first: 3, end: 5 };
    await expectRefusal(all(readNiftiSeries(path, { slices })), 'usage', /slices 3 to 5 of 4/);
    const into = new Float32Array(23);
    await expectRefusal(all(readNiftiSeries(path, { into })), 'usage', /24 voxels do not fit/);
  });

  it('voxels that end early, in whichever volume', async () => {
    for (const cut of [1, 25, 119]) {
      const short = sound.slice(0, sound.length - cut);
      const pattern = new RegExp(`take 120 bytes, found ${120 - cut}`);
      const path = write('short.nii.gz', gzipSync(short));
      const attempts = [
        () => checkNifti(path),
        () => readNifti(path, { volume: 0 }),
        () => readNifti(path, { volume: 4 }),
        () => all(readNiftiSeries(path)),
        () => all(readNiftiSeries(path, { slices: { first: 0, end: 1 } })),
        () => all(readNiftiSeriesSlabs(path, { slices: 1 })),
        () => all(readNiftiSeriesSlabs(path, { slices: 4 })),
      ];
      for (const attempt of attempts) await expectRefusal(attempt(), 'bad-input', pattern);
      const plain = write('short.nii', short);
      await expectRefusal(readNifti(plain, { volume: 0 }), 'bad-input', /cannot hold them/);
      await expectRefusal(all(readNiftiSeries(plain)), 'bad-input', /cannot hold them/);
      expect(() => parseNifti(short, 'short', { volume: 0 })).toThrow(pattern);
    }
  });

  it('a checksum that fails, before the last volume is handed out', async () => {
    const gz = gzipSync(sound);
    gz[gz.length - 6] ^= 1;
    const path = write('crc.nii.gz', gz);
    let handedOut = 0;
    const count = async () => {
      for await (const _ of readNiftiSeries(path, { slices: { first: 0, end: 1 } })) handedOut++;
    };
    await expectRefusal(count(), 'bad-input', /incorrect data check/);
    expect(handedOut).toBeLessThan(5);
    await expectRefusal(readNifti(path, { volume: 0 }), 'bad-input', /incorrect data check/);
    for (const slices of [1, 4]) {
      await expectRefusal(all(readNiftiSeriesSlabs(path, { slices })), 'bad-input', /incorrect data check/);
    }
  });

  it('NaN, named by volume and place in it', async () => {
    const values = Array.from({ length: 120 }, (_, i) => i / 100);
    values[2 * 24 + 17] = Number.NaN;
    const path = write('nan.nii', craft({ shape, datatype: 'float32', values }));
    const pattern = /nan\.nii: voxel 65 \(1, 2, 2\) of volume 2 is NaN/;
    await expectRefusal(all(readNiftiSeries(path)), 'bad-input', pattern);
    await expectRefusal(all(readNiftiSeriesSlabs(path, { slices: 1 })), 'bad-input', pattern);
    await expectRefusal(readNifti(path, { volume: 2 }), 'bad-input', pattern);
    expect((await readNifti(path, { volume: 1 })).volume.data[0]).toBe(Math.fround(0.24));
  });
});
