import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVolume } from '@semcrc/imaging';
import { readNifti, writeNifti } from '@semcrc/imaging/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';

let root: string;
const at = (name: string) => join(root, name);
const SHAPE = [20, 40, 48] as const;
const AFFINE = [-2, 0, 0, 47, 0, 2, 0, -39, 0, 0, 3, 0, 0, 0, 0, 1];

/** A disc of 40 HU in air along all slices, in a file whose x axis points left. */
function disc(): Float32Array {
  return Float32Array.from({ length: 20 * 40 * 48 }, (_, i) => {
    const x = (i % 48) - 23.5;
    const y = (Math.floor(i / 48) % 40) - 19.5;
    return Math.hypot(x, y) < 15 ? 40 : -1000;
  });
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-scan-'));
  await writeNifti(at('ct.nii.gz'), makeVolume(disc(), SHAPE, AFFINE));
  const other = disc();
  other[5000] = 41;
  await writeNifti(at('other.nii.gz'), makeVolume(other, SHAPE, AFFINE));
  const hole = disc();
  hole[0] = Number.NaN;
  await writeNifti(at('hole.nii.gz'), makeVolume(hole, SHAPE, AFFINE));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('project and reconstruct', () => {
  test('bring a disc back at its windowed value, on the grid of the file', async () => {
    const scanned = await semcrcHere([
      'project',
      at('ct.nii.gz'),
      '--units',
      'hu',
      '--noise',
      'none',
      '--out',
      at('a.zarr'),
    ]);
    expect(scanned).toMatchObject({ code: 0 });
    expect(scanned.stdout).toMatch(/helix, 1000 views of \d+ × \d+/);
    expect(scanned.stderr).toMatch(/voxels of 2 × 2 × 3 mm are scanned as cubes/);
    expect(scanned.stderr).toMatch(/the first and last slice of a helix miss data/);
    const args = [
      'reconstruct',
      at('a.zarr'),
      '--out',
      at('fbp.nii.gz'),
      '--completeness',
      at('complete.nii.gz'),
    ];
    const outcome = await semcrcHere([...args, '--volume', at('ct.nii.gz'), '--json']);
    expect(outcome).toMatchObject({ code: 0 });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ incompleteSlices: 1, geometry: { kind: 'helix' } });
    const { volume } = await readNifti(at('fbp.nii.gz'));
    expect(volume.shape).toEqual(SHAPE);
    expect(volume.affine).toEqual(AFFINE);
    const value = (40 + 175) / 425;
    for (const [x, y] of [
      [23, 20],
      [30, 25],
      [15, 14],
    ]) {
      expect(volume.data[x + 48 * (y + 40 * 10)]).toBeCloseTo(value, 2);
    }
    const { volume: complete } = await readNifti(at('complete.nii.gz'));
    expect(complete.data[23 + 48 * (20 + 40 * 10)]).toBeCloseTo(1, 3);
    expect(complete.data[23 + 48 * 20]).toBeLessThan(0.9);

    const refused = await semcrcHere(args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/complete\.nii\.gz|fbp\.nii\.gz/);
    expect((await semcrcHere([...args, '--force', '--workers', '1'])).code).toBe(0);
  });

  test('scan in millimetres, by fan and in parallel, with Beer and Lambert’s noise', async () => {
    for (const geometry of ['helix', 'fan', 'parallel']) {
      const out = at(`${geometry}.zarr`);
      const args = [
        'project',
        at('ct.nii.gz'),
        '--units',
        'hu',
        '--geometry',
        geometry,
        '--max-angles',
        '200',
      ];
      const noise = ['--noise', 'beer-lambert', '--photons', '1e7', '--physical'];
      const outcome = await semcrcHere([...args, ...noise, '--out', out, '--json']);
      expect(outcome.code).toBe(0);
      const { geometry: made, noise: added } = JSON.parse(outcome.stdout);
      expect(made).toMatchObject({ kind: geometry, voxelSize: [2, 2, 3] });
      expect(added).toEqual({ kind: 'beer-lambert', photons: 1e7, attenuation: 0.02, seed: 0 });
      expect(outcome.stderr).not.toMatch(/as cubes/);
      expect((await semcrcHere(['reconstruct', out, '--out', at(`${geometry}.nii.gz`)])).code).toBe(0);
      const { volume } = await readNifti(at(`${geometry}.nii.gz`));
      expect(volume.data[23 + 48 * (20 + 40 * 10)]).toBeCloseTo(215 / 425, 1);
    }
  });

  test.each([
    [['project', 'ct.nii.gz'], 3, /voxel \(\d+, \d+, \d+\) is -1000; .*--units/],
    [['project', 'hole.nii.gz', '--units', 'hu'], 3, /hole\.nii\.gz: voxel .* is NaN/],
    [
      ['project', 'ct.nii.gz', '--units', 'hu', '--source-radius', '31'],
      2,
      /--source-radius: the source would stand inside/,
    ],
    [['project', 'ct.nii.gz', '--units', 'hu', '--turns', '0'], 2, /--turns/],
    [['project', 'ct.nii.gz', '--units', 'hu', '--max-detector', '5'], 2, /--max-detector/],
    [['project', 'nowhere.nii.gz'], 3, /nowhere\.nii\.gz/],
    [['reconstruct', 'nowhere.zarr'], 3, /there is no such sinogram/],
    [['reconstruct', 'ct.nii.gz'], 3, /expected a sinogram, which is a folder/],
  ] as const)('%s is refused with %i', async (args, code, message) => {
    const files = args.map((arg) => (/\.(nii\.gz|zarr)$/.test(arg) ? at(arg) : arg));
    const outcome = await semcrcHere([
      ...files,
      '--out',
      at(args[0] === 'project' ? 'refused.zarr' : 'refused.nii.gz'),
    ]);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(/ at .*\.(ts|js):/);
    expect(existsSync(at('refused.zarr')) || existsSync(at('refused.nii.gz'))).toBe(false);
  });

  test('a sinogram of another volume, another kind of output and a place inside the sinogram are refused', async () => {
    const project = [
      'project',
      at('ct.nii.gz'),
      '--units',
      'hu',
      '--max-angles',
      '20',
      '--out',
      at('b.zarr'),
    ];
    expect((await semcrcHere(project)).code).toBe(0);
    const again = await semcrcHere(project);
    expect(again.stdout).toMatch(/already/);
    expect((await semcrcHere([...project, '--seed', '1'])).code).toBe(2);
    expect((await semcrcHere([...project, '--seed', '1', '--force'])).code).toBe(0);
    const wrong = await semcrcHere([
      'reconstruct',
      at('b.zarr'),
      '--volume',
      at('other.nii.gz'),
      '--out',
      at('w.nii.gz'),
    ]);
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toMatch(/is not a sinogram of .*other\.nii\.gz/);
    const own = [
      'reconstruct',
      at('b.zarr'),
      '--volume',
      at('ct.nii.gz'),
      '--out',
      at('ct.nii.gz'),
      '--force',
    ];
    expect((await semcrcHere(own)).stderr).toMatch(/it is an input/);
    expect((await semcrcHere(['reconstruct', at('b.zarr'), '--out', at('w.png')])).code).toBe(2);
    const twice = await semcrcHere([
      ...['reconstruct', at('b.zarr'), '--out', at('w.nii.gz'), '--completeness', at('w.nii.gz')],
    ]);
    expect(twice.code).toBe(2);
    expect(twice.stderr).toMatch(/--completeness is the file of --out/);
    expect(
      (await semcrcHere(['reconstruct', at('b.zarr'), '--out', join(at('b.zarr'), 'w.nii.gz')])).code,
    ).toBe(2);
    writeFileSync(at('mine.txt'), 'mine');
    const mine = await semcrcHere([...project.slice(0, -1), at('mine.txt'), '--force']);
    expect(mine.code).toBe(2);
    expect(readFileSync(at('mine.txt'), 'utf8')).toBe('mine');
  });
});
