import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Volume } from '../src/index.ts';
import { readNifti, readNiftiSeries, type SliceSpan } from '../src/node.ts';
import { craft, expectRefusal, scratch } from './craft.ts';

const { write } = scratch();

/** Slices, and voxels in each. */
const SLICES = 40;
const AREA = 6;

/** Spans that ascend, some of them touching. */
const spans = fc
  .uniqueArray(fc.nat(SLICES), { minLength: 2, maxLength: 10 })
  .map((cuts) => cuts.sort((a, b) => a - b))
  .map((cuts) => cuts.slice(1).map((end, i) => ({ first: cuts[i], end })))
  .chain((all) => fc.subarray(all, { minLength: 1 }));

/** What a volume should hold: the slices of the spans, and `other` between them. */
function kept(whole: Volume, read: readonly SliceSpan[], other: number): number[] {
  const found: number[] = [];
  const [start, end] = [read[0].first, read[read.length - 1].end];
  for (let z = start; z < end; z++) {
    const slice = whole.data.subarray(z * AREA, (z + 1) * AREA);
    const among = read.some(({ first, end }) => z >= first && z < end);
    found.push(...slice.map((value) => (among ? value : other)));
  }
  return found;
}

describe('several spans of slices of a file', () => {
  const files = (['int16', 'float32', 'uint8'] as const).flatMap((datatype) => {
    const values = Array.from({ length: SLICES * AREA }, (_, i) => i % 251);
    const bytes = craft({ shape: [2, 3, SLICES], datatype, values, slope: 0.5 });
    return [write(`${datatype}.nii`, bytes), write(`${datatype}.nii.gz`, gzipSync(bytes))];
  });

  it('come as one volume from the first slice to the last, in which nothing else is touched', async () => {
    for (const path of files) {
      await fc.assert(
        fc.asyncProperty(spans, async (slices) => {
          const { volume: whole } = await readNifti(path);
          const into = new Float32Array(SLICES * AREA).fill(-7);
          const { volume } = await readNifti(path, { slices, into });
          expect([...volume.data]).toEqual(kept(whole, slices, -7));
          const reach = { first: slices[0].first, end: slices[slices.length - 1].end };
          const { affine, shape } = (await readNifti(path, { slices: reach })).volume;
          expect({ affine: volume.affine, shape: volume.shape }).toEqual({ affine, shape });
        }),
        { numRuns: 30, seed: 1 },
      );
    }
  });

  it('hold 0 between them in a new array, and are read of label numbers, too', async () => {
    const path = write('labels.nii.gz', gzipSync(craft({ shape: [1, 1, 6], values: [1, 2, 3, 4, 5, 6] })));
    const slices = [
      { first: 1, end: 2 },
      { first: 4, end: 6 },
    ];
    expect([...(await readNifti(path, { slices })).volume.data]).toEqual([2, 0, 0, 5, 6]);
    expect([...(await readNifti(path, { as: 'labels', slices })).volume.data]).toEqual([2, 0, 0, 5, 6]);
  });

  it('are read of every volume of a series', async () => {
    const values = Array.from({ length: 3 * SLICES * AREA }, (_, i) => i);
    const bytes = craft({ shape: [2, 3, SLICES, 3], datatype: 'int16', values });
    const slices = [
      { first: 0, end: 2 },
      { first: 9, end: 10 },
      { first: 39, end: 40 },
    ];
    for (const path of [write('series.nii', bytes), write('series.nii.gz', gzipSync(bytes))]) {
      let volume = 0;
      for await (const { data } of readNiftiSeries(path, { slices })) {
        const { volume: whole } = await readNifti(path, { volume: volume++ });
        expect([...data]).toEqual(kept(whole, slices, 0));
      }
      expect(volume).toBe(3);
    }
  });

  it('are right where the file does not vouch for its size and memory grows with what is there', async () => {
    const shape = [1024, 1024, 5];
    const bytes = craft({ shape, values: Array.from({ length: 5 * 2 ** 20 }, (_, i) => i >> 20) });
    const members = [bytes.subarray(0, 3_000_001), bytes.subarray(3_000_001)].map((part) => gzipSync(part));
    const path = write('members.nii.gz', Buffer.concat(members));
    const slices = [
      { first: 1, end: 2 },
      { first: 4, end: 5 },
    ];
    const { data } = (await readNifti(path, { slices })).volume;
    expect(data.length).toBe(4 * 2 ** 20);
    expect([0, 1, 2, 3].map((z) => data[z << 20])).toEqual([1, 0, 0, 4]);
    expect([1, 2, 3, 4].map((z) => data[(z << 20) - 1])).toEqual([1, 0, 0, 4]);
  });

  it('are refused when the file is cut off or damaged behind the last of them, or between', async () => {
    const slices = [
      { first: 0, end: 1 },
      { first: 2, end: 3 },
    ];
    const values = Array.from({ length: 50_000 }, (_, i) => (i * i) % 251);
    const whole = craft({ shape: [100, 100, 5], values });
    const gz = gzipSync(whole);
    for (const length of [gz.length >> 2, gz.length >> 1, gz.length - 1]) {
      const cut = write('cut.nii.gz', gz.subarray(0, length));
      await expectRefusal(readNifti(cut, { slices }), 'bad-input', /truncated|cannot hold/);
    }
    const short = write('short.nii.gz', gzipSync(whole.subarray(0, 352 + 15_000)));
    await expectRefusal(readNifti(short, { slices }), 'bad-input', /take 50000 bytes, found 15000/);
    gz[gz.length - 6] ^= 1;
    await expectRefusal(readNifti(write('crc.nii.gz', gz), { slices }), 'bad-input', /incorrect data check/);
  });

  it.each([
    ['there are none', [], /no span/],
    ['one is empty', [{ first: 2, end: 2 }], /slices 2 to 2 of 40/],
    ['one reaches beyond the file', [{ first: 2, end: 41 }], /slices 2 to 41 of 40/],
    [
      'two overlap',
      [
        { first: 2, end: 5 },
        { first: 4, end: 9 },
      ],
      /slices 4 to 9 of 40 .* behind those before 5/,
    ],
    [
      'they descend',
      [
        { first: 6, end: 7 },
        { first: 1, end: 3 },
      ],
      /slices 1 to 3 of 40/,
    ],
  ])('are refused when %s', async (_, slices, message) => {
    await expectRefusal(readNifti(files[0], { slices }), 'usage', message);
  });
});
