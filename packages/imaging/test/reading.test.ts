import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyAffine, axisCodes, labelNames, parseNifti, reorientToRas } from '../src/index.ts';
import { checkNifti, readNifti, readNiftiHeader, readNiftiSlabs } from '../src/node.ts';
import { expectRefusal } from './craft.ts';
import { golden, goldenPath, worstDifference } from './goldens.ts';

interface Case {
  readonly file: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly littleEndian: boolean;
  readonly version: number;
  readonly affine: readonly number[];
  readonly codes: string;
  readonly values: readonly number[];
  readonly canonicalAffine: readonly number[];
  readonly canonicalShape: readonly number[];
  readonly canonicalValues: readonly number[];
}

const cases = golden<readonly Case[]>('reading.json');
const byName = (name: string) => cases.find(({ file }) => file.startsWith(name)) as Case;

describe('NIfTI files read as nibabel reads them', () => {
  it.each(cases)('$file', async (expected) => {
    const path = goldenPath(`reading/${expected.file}`);
    const { header, volume } = await readNifti(path);

    expect(header.datatype).toBe(expected.datatype);
    expect(header.shape).toEqual(expected.shape);
    expect(header.littleEndian).toBe(expected.littleEndian);
    expect(header.version).toBe(expected.version);
    // nibabel fills in the quaternion's fourth component in long double, here it is f64.
    expect(worstDifference(volume.affine, expected.affine)).toBeLessThan(1e-12);
    expect(axisCodes(volume.affine)).toBe(expected.codes);
    expect([...volume.data]).toEqual(expected.values);

    const canonical = reorientToRas(volume);
    expect([...canonical.shape].reverse()).toEqual(expected.canonicalShape);
    expect(worstDifference(canonical.affine, expected.canonicalAffine)).toBeLessThan(1e-12);
    expect([...canonical.data]).toEqual(expected.canonicalValues);

    expect(await readNiftiHeader(path)).toEqual(header);
    expect(await checkNifti(path)).toEqual(header);
    if (!path.endsWith('.gz'))
      expect(parseNifti(readFileSync(path), path)).toEqual({ header, volume, rounded: 0 });
  });

  it('keeps extensions and reads the label names of a LabelTable', async () => {
    for (const order of ['le', 'be']) {
      const header = await readNiftiHeader(goldenPath(`reading/extensions-${order}.nii`));
      expect(header.extensions.map(({ code }) => code)).toEqual([6, 30]);
      expect(new TextDecoder().decode(header.extensions[0].content)).toMatch(/^a comment\0+$/);
      expect(labelNames(header.extensions)).toEqual(
        new Map([
          [1, 'spleen'],
          [5, 'liver'],
          [7, 'left & right'],
        ]),
      );
    }
    expect(labelNames([])).toBeNull();
  });

  it('reads labels from every integer type and byte order', async () => {
    for (const order of ['le', 'be']) {
      const expected = byName(`uint16-${order}.nii`);
      const { volume } = await readNifti(goldenPath(`reading/${expected.file}`), { as: 'labels' });
      expect(volume.data).toBeInstanceOf(Uint16Array);
      expect([...volume.data]).toEqual(expected.values);
    }
  });

  it('reads only the slices asked for, into the array given', async () => {
    for (const name of ['int16-le.nii', 'float64-be-scaled']) {
      const { file, values } = byName(name);
      const path = goldenPath(`reading/${file}`);
      const whole = (await readNifti(path)).volume;
      const into = new Float32Array(100).fill(-1);
      const { volume } = await readNifti(path, { slices: { first: 1, end: 4 }, into });
      expect(volume.shape).toEqual([3, 4, 3]);
      expect(volume.data.buffer).toBe(into.buffer);
      expect([...volume.data]).toEqual(values.slice(12, 48));
      expect(into[36]).toBe(-1);
      expect(applyAffine(volume.affine, 1, 2, 0)).toEqual(applyAffine(whole.affine, 1, 2, 1));
      await expectRefusal(readNifti(path, { slices: { first: 3, end: 6 } }), 'usage', /slices 3 to 6 of 5/);
      await expectRefusal(readNifti(path, { into: new Float32Array(59) }), 'usage', /60 voxels do not fit/);
    }
  });

  it.each([1, 2, 3, 5, 100])('gives the same voxels in slabs of %i slices', async (slices) => {
    const { file, values } = byName('int16-le-scaled');
    const whole = await readNifti(goldenPath(`reading/${file}`));
    const found: number[] = [];
    let next = 0;
    for await (const { first, volume } of readNiftiSlabs(goldenPath(`reading/${file}`), { slices })) {
      expect(first).toBe(next);
      const start = [0, 1, 2].map(
        (r) => whole.volume.affine[r * 4 + 2] * first + whole.volume.affine[r * 4 + 3],
      );
      expect([3, 7, 11].map((i) => volume.affine[i])).toEqual(start);
      next += volume.shape[0];
      found.push(...volume.data);
    }
    expect(next).toBe(5);
    expect(found).toEqual(values);
  });
});
