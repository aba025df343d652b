import { describe, expect, it } from 'vitest';
import {
  compareGrids,
  makeGrid,
  makeVolume,
  orientTo,
  reorientToRas,
  shareOfVoxel,
  spacingOf,
} from '../src/index.ts';
import { readNifti, readNiftiHeader, writeNifti } from '../src/node.ts';
import { craft, scratch } from './craft.ts';

const { write } = scratch();

/** A header with an sform of this spacing along its axes, in a unit. */
const placed = (spacing: number, unit: number, more: (view: DataView) => void = () => {}) =>
  craft({
    patch: (view) => {
      view.setUint8(123, unit);
      for (const row of [0, 1, 2]) view.setFloat32(280 + 20 * row, spacing, true);
      view.setFloat32(280 + 12, 10 * spacing, true);
      more(view);
    },
  });

describe('the unit of a header', () => {
  it.each([
    ['millimetres', 1.5, 2, 1, 1.5],
    ['metres', 0.0015, 1, 1000, 1.5],
    ['microns', 1500, 3, 0.001, 1.5],
    ['none', 1.5, 0, 1, 1.5],
    ['metres written for millimetres', 1.5, 1, 1, 1.5],
    ['microns written for millimetres', 1.5, 3, 1, 1.5],
  ])('is turned to millimetres: %s', async (_, spacing, code, unit, expected) => {
    const header = await readNiftiHeader(write(`unit-${code}-${spacing}.nii`, placed(spacing, code)));
    expect(header.unit).toBe(unit);
    for (const side of spacingOf(header.affine)) expect(side).toBeCloseTo(expected, 6);
    expect(header.affine[3]).toBeCloseTo(10 * expected, 5);
  });

  it('stays with the placement it belongs to, and is millimetres with any other', async () => {
    const path = write('metres.nii', placed(0.0015, 1));
    const { header, volume } = await readNifti(path);
    await writeNifti(path.replace('metres', 'same'), volume, { template: header });
    const same = await readNiftiHeader(path.replace('metres', 'same'));
    expect([same.affine, same.notes.units & 7]).toEqual([header.affine, 1]);
    const moved = makeVolume(
      volume.data,
      volume.shape,
      volume.affine.map((v, i) => (i === 3 ? v + 4 : v)),
    );
    await writeNifti(path.replace('metres', 'moved'), moved, { template: header });
    const other = await readNiftiHeader(path.replace('metres', 'moved'));
    expect(other.notes.units & 7).toBe(2);
    expect(other.affine[3]).toBeCloseTo(19, 5);
  });
});

describe('sform and qform of one header', () => {
  const qform = (offset: number) => (view: DataView) => {
    view.setInt16(252, 1, true);
    for (const axis of [0, 1, 2]) view.setFloat32(80 + 4 * axis, 1.5, true);
    view.setFloat32(268, 15 + offset, true);
  };
  it('are held against each other, in mm', async () => {
    const agree = await readNiftiHeader(write('agree.nii', placed(1.5, 2, qform(0))));
    const apart = await readNiftiHeader(write('apart.nii', placed(1.5, 2, qform(3))));
    const alone = await readNiftiHeader(write('alone.nii', placed(1.5, 2)));
    expect(agree.formsDistance).toBeCloseTo(0, 5);
    expect(apart.formsDistance).toBeCloseTo(3, 5);
    expect([alone.formsDistance, apart.affineSource]).toEqual([null, 'sform']);
  });
});

describe('two grids', () => {
  const affine = [2, 0, 0, 5, 0, 2, 0, 5, 0, 0, 3, 5, 0, 0, 0, 1];
  const grid = makeGrid([2, 3, 4], affine);
  const shifted = (by: number) =>
    makeGrid(
      grid.shape,
      affine.map((v, i) => (i === 3 ? v + by : v)),
    );

  it('are the same up to a tolerance, and have the affine of the first then', () => {
    expect(shareOfVoxel(grid, 0.01)).toBeCloseTo(0.02, 12);
    expect(compareGrids(grid, shifted(0.019), 0.02)).toEqual({ state: 'same', affine });
    expect(compareGrids(grid, shifted(0.5), 0.02)).toEqual({ state: 'apart', distance: 0.5 });
    expect(compareGrids(grid, makeGrid([3, 3, 4], affine), 0.02)).toEqual({ state: 'other-shape' });
  });

  it('in other orders of axes are one place: turned by the affine given, voxels stand as those of the first', () => {
    const volume = makeVolume(
      Float32Array.from({ length: 24 }, (_, i) => i),
      grid.shape,
      affine,
    );
    const other = makeGrid([4, 2, 3], [0, 0, -2, 11, -2, 0, 0, 9, 0, 3, 0, 5, 0, 0, 0, 1]);
    const nudged = makeGrid(
      other.shape,
      other.affine.map((v, i) => (i === 7 ? v + 0.01 : v)),
    );
    const agreement = compareGrids(grid, nudged, 0.02);
    expect(agreement).toEqual({ state: 'turned', affine: other.affine });
    const stored = orientTo(volume, other);
    expect(reorientToRas(makeVolume(stored.data, stored.shape, other.affine))).toEqual(volume);
  });
});

describe('labels of scaled numbers', () => {
  it('are rounded where slope and intercept leave them next to a whole number, and counted', async () => {
    const mask = write(
      'mask.nii',
      craft({ values: Array.from({ length: 24 }, (_, i) => (i % 2) * 255), slope: 1 / 255 }),
    );
    const { volume, rounded } = await readNifti(mask, { as: 'labels' });
    expect([...volume.data]).toEqual(Array.from({ length: 24 }, (_, i) => i % 2));
    expect(rounded).toBe(12);
    const scaled = craft({
      datatype: 'int16',
      values: Array.from({ length: 24 }, (_, i) => 1000 * i),
      slope: 0.001,
    });
    expect([...(await readNifti(write('int16.nii', scaled), { as: 'labels' })).volume.data]).toEqual(
      Array.from({ length: 24 }, (_, i) => i),
    );
    const half = write('half.nii', craft({ values: Array.from({ length: 24 }, () => 127), slope: 1 / 255 }));
    await expect(readNifti(half, { as: 'labels' })).rejects.toThrow(/found 0\.498/);
    const float = write(
      'float.nii',
      craft({ datatype: 'float32', values: Array.from({ length: 24 }, () => 1.0005) }),
    );
    await expect(readNifti(float, { as: 'labels' })).rejects.toThrow(/found 1\.000/);
  });
});
