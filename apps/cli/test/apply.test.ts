import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { DIMS, FITTING, niftiBytes, scanParts, writeCohort, writeGz } from './fixture.ts';
import { type PlainScan, readPlainCohort } from './plain-cohort.ts';
import { readPlainNifti } from './plain-nifti.ts';

let root: string;
let manifest: string;
let calibration: string;
let lambda: Record<string, number>;
let scan: PlainScan;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-apply-'));
  manifest = writeCohort(join(root, 'cohort'));
  calibration = join(root, 'calibration.json');
  expect(
    (await semcrcHere(['calibrate', manifest, '--procedure', 'sem-crc', ...FITTING, '--out', calibration]))
      .code,
  ).toBe(0);
  lambda = JSON.parse(readFileSync(calibration, 'utf8')).lambda;
  scan = readPlainCohort(manifest).get('s10')!;
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const file = (name: string) => join(root, 'cohort', 's10', `${name}.nii.gz`);
const files = () => [
  '--lower',
  file('lower'),
  '--upper',
  file('upper'),
  '--segmentation',
  file('segmentation'),
];
const volume = (folder: string, name: string) => readPlainNifti(join(folder, `${name}.nii.gz`)).values;

describe('apply', () => {
  test('every voxel that λ covers lies inside the interval written', async () => {
    const out = join(root, 'applied');
    const outcome = await semcrcHere(['apply', calibration, ...files(), '--out', out]);
    expect(outcome.stderr).not.toMatch(/error/);
    expect(outcome.code).toBe(0);
    const [lower, upper, width, written] = ['lower', 'upper', 'width', 'lambda'].map((name) =>
      volume(out, name),
    );
    let covered = 0;
    for (let voxel = 0; voxel < scan.truth.length; voxel++) {
      const own = lambda[scan.groups[voxel]];
      expect(written[voxel]).toBe(own);
      if (scan.scores[voxel] <= own) {
        covered++;
        expect(lower[voxel]).toBeLessThanOrEqual(scan.truth[voxel]);
        expect(upper[voxel]).toBeGreaterThanOrEqual(scan.truth[voxel]);
      }
      expect(lower[voxel]).toBeCloseTo(Math.max(scan.lower[voxel] - own, 0), 6);
      expect(upper[voxel]).toBeCloseTo(Math.min(scan.upper[voxel] + own, 1), 6);
      expect(width[voxel]).toBeCloseTo(upper[voxel] - lower[voxel], 6);
    }
    expect(covered).toBeGreaterThan(scan.truth.length / 2);

    const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    expect(summary.condition).toMatch(/prepared as the calibration scans were/);
    expect(summary.organs['7'].voxels).toBe(scan.groups.filter((group) => group === 7).length);
    expect(outcome.stdout).toMatch(/liver +\d+ /);
    expect(outcome.stdout).toContain('written to');
  });

  test('in HU, bounds at the edges of the window are open', async () => {
    const out = join(root, 'hu');
    expect((await semcrcHere(['apply', calibration, ...files(), '--units', 'hu', '--out', out])).code).toBe(
      0,
    );
    const [lower, upper] = ['lower', 'upper'].map((name) => volume(out, name));
    const hounsfield = readPlainNifti(file('truth')).values;
    for (let voxel = 0; voxel < scan.truth.length; voxel++) {
      expect(lower[voxel]).toBeGreaterThanOrEqual(-175);
      expect(upper[voxel]).toBeLessThanOrEqual(250);
      if (scan.scores[voxel] <= lambda[scan.groups[voxel]]) {
        expect(lower[voxel]).toBeLessThanOrEqual(hounsfield[voxel]);
        expect(upper[voxel]).toBeGreaterThanOrEqual(hounsfield[voxel]);
      }
    }
  });

  test('a label that was never calibrated is named, and its interval is the whole range', async () => {
    const out = join(root, 'unknown');
    const outcome = await semcrcHere([
      'apply',
      calibration,
      ...files(),
      '--extra-labels',
      'lung_left',
      '--out',
      out,
    ]);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(/warning: .*lung_left/);
    const segmentation = readPlainNifti(file('segmentation')).values;
    const [lower, upper] = ['lower', 'upper'].map((name) => volume(out, name));
    const lung = segmentation.indexOf(17);
    expect([lower[lung], upper[lung]]).toEqual([0, 1]);
  });

  test('missing files and files of another scan are refused, and nothing is left', async () => {
    const missing = await semcrcHere(['apply', calibration, ...files().slice(0, 4)]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/--segmentation is required/);

    const other = join(root, 'other.nii.gz');
    writeGz(other, niftiBytes({ ...scanParts(1).upper, dims: [DIMS[0], DIMS[2], DIMS[1]] }));
    const out = join(root, 'refused');
    const args = ['--lower', file('lower'), '--upper', other, '--segmentation', file('segmentation')];
    const outcome = await semcrcHere(['apply', calibration, ...args, '--out', out]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/other\.nii\.gz/);
    expect(existsSync(join(out, 'lower.nii.gz'))).toBe(false);
  });
});

describe('inspect --compare', () => {
  test('Dice of segmentations by label, as counted with plain loops', async () => {
    const a = scanParts(1).segmentation;
    const values = Array.from(a.values, (value, voxel) => (voxel % 5 === 0 ? 6 : value));
    const [first, second] = [join(root, 'a.nii.gz'), join(root, 'b.nii.gz')];
    writeGz(first, niftiBytes(a));
    writeGz(second, niftiBytes({ ...a, values }));
    const outcome = await semcrcHere(['inspect', '--compare', first, second, '--labels', 'suprem', '--json']);
    expect(outcome.code).toBe(0);
    const found = JSON.parse(outcome.stdout);
    const count = (list: ArrayLike<number>, label: number) =>
      Array.from(list).filter((v) => v === label).length;
    const both = Array.from(a.values).filter((value, voxel) => value === 6 && values[voxel] === 6).length;
    const liver = found.labels.find(({ name }: { name: string }) => name === 'liver');
    expect(liver).toMatchObject({ number: 6, first: count(a.values, 6), second: count(values, 6), both });
    expect(liver.dice).toBeCloseTo((2 * both) / (count(a.values, 6) + count(values, 6)), 12);
    expect((await semcrcHere(['inspect', '--compare', first, second])).stdout).toContain(
      liver.dice.toFixed(5),
    );
  });

  test('PSNR and SSIM of images', async () => {
    const size = 16;
    const values = Float32Array.from({ length: size * size }, (_, voxel) => ((voxel * 37) % 101) / 100);
    const shifted = values.map((value) => value + 0.125);
    const [first, second] = [join(root, 'x.nii.gz'), join(root, 'y.nii.gz')];
    writeGz(first, niftiBytes({ dims: [size, size, 1], type: 'f32', values }));
    writeGz(second, niftiBytes({ dims: [size, size, 1], type: 'f32', values: shifted }));
    const found = JSON.parse((await semcrcHere(['inspect', '--compare', first, second, '--json'])).stdout);
    expect(found.kind).toBe('images');
    expect(found.range).toBeCloseTo(1, 6);
    expect(found.psnr).toBeCloseTo(20 * Math.log10(1 / 0.125), 4);
    expect(found.ssim).toBeGreaterThan(0.8);
    expect(found.ssim).toBeLessThan(1);
    const equal = JSON.parse((await semcrcHere(['inspect', '--compare', first, first, '--json'])).stdout);
    expect(equal).toMatchObject({ psnr: null, ssim: 1 });
  });

  test('volumes on other grids are refused', async () => {
    const outcome = await semcrcHere([
      'inspect',
      '--compare',
      join(root, 'a.nii.gz'),
      join(root, 'x.nii.gz'),
    ]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/only volumes on one grid can be compared/);
    expect((await semcrcHere(['inspect', join(root, 'a.nii.gz'), join(root, 'x.nii.gz')])).code).toBe(2);
  });
});
