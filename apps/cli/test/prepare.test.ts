import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { FITTING, writeCohort } from './fixture.ts';

let root: string;
let manifest: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-prepare-'));
  manifest = writeCohort(join(root, 'cohort'));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const lambdaOf = (path: string) => JSON.parse(readFileSync(path, 'utf8')).lambda;
const preparingOf = (path: string) => JSON.parse(readFileSync(path, 'utf8')).source.preparing;
const withoutLabels = FITTING.slice(2);

describe('prepare', () => {
  test('a prepared cohort calibrates to the same λ as the files it was made from', async () => {
    const store = join(root, 'whole.zarr');
    const args = ['prepare', manifest, '--labels', 'suprem', '--prepare', 'none', '--out', store];
    const outcome = await semcrcHere(args);
    expect(outcome.stderr).not.toMatch(/error/);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/12 scans of 4 × 6 × 8/);
    const [fromFiles, fromStore] = ['files.json', 'store.json'].map((name) => join(root, name));
    expect((await semcrcHere(['calibrate', manifest, ...FITTING, '--out', fromFiles])).code).toBe(0);
    expect((await semcrcHere(['calibrate', store, ...withoutLabels, '--out', fromStore])).code).toBe(0);
    expect(lambdaOf(fromStore)).toEqual(lambdaOf(fromFiles));
    expect(preparingOf(fromStore)).toEqual(preparingOf(fromFiles));

    const again = await semcrcHere(args);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/already/);
  });

  test('other options in the same place are refused without --force', async () => {
    const store = join(root, 'whole.zarr');
    const args = ['prepare', manifest, '--labels', 'suprem', '--prepare', 'none', '--window', '-100,200'];
    const refused = await semcrcHere([...args, '--out', store]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/whole\.zarr/);
    expect((await semcrcHere([...args, '--out', store, '--force'])).code).toBe(0);
  });

  test('a calibration on a prepared cohort knows how its files were read, and so does apply', async () => {
    const store = join(root, 'read.zarr');
    const reading = ['--labels', 'suprem', '--extra-labels', 'duodenum', '--window', '-150,200'];
    const args = ['prepare', manifest, ...reading, '--prepare', 'none', '--out', store];
    expect((await semcrcHere(args)).code).toBe(0);
    const calibration = join(root, 'read.json');
    expect((await semcrcHere(['calibrate', store, ...withoutLabels, '--out', calibration])).code).toBe(0);
    expect(preparingOf(calibration)).toMatchObject({
      prepare: 'none',
      labels: 'suprem',
      extraLabels: ['duodenum'],
      window: [-150, 200],
      predictionUnits: 'window',
      spacing: null,
    });
    const file = (name: string) => join(root, 'cohort/s10', `${name}.nii.gz`);
    const outcome = await semcrcHere([
      'apply',
      calibration,
      ...['lower', 'upper', 'segmentation'].flatMap((name) => [`--${name}`, file(name)]),
      ...['--units', 'hu', '--out', join(root, 'read')],
    ]);
    expect(outcome.stderr).not.toMatch(/error/);
    expect(outcome.code).toBe(0);
    expect(JSON.parse(readFileSync(join(root, 'read/summary.json'), 'utf8')).window).toEqual([-150, 200]);
  });

  test('the options of reading files are refused where there are none', async () => {
    const store = join(root, 'whole.zarr');
    const outcome = await semcrcHere(['calibrate', store, ...FITTING]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/--labels says how files are read, but .*whole\.zarr is prepared already/);
    expect((await semcrcHere(['calibrate', manifest, ...FITTING, '--slices', '4'])).stderr).toMatch(
      /--slices .*--prepare paper/,
    );
    expect((await semcrcHere(['prepare', 'phantom'])).code).toBe(2);
  });

  test('scans too short for the paper are left out, each with its reason', async () => {
    const outcome = await semcrcHere([
      'prepare',
      manifest,
      '--labels',
      'suprem',
      '--out',
      join(root, 'paper.zarr'),
    ]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/all 12 are left out.*68 slices/);
    expect(existsSync(join(root, 'paper.zarr'))).toBe(false);
  });

  test('scans that qualify are cut as asked', async () => {
    const store = join(root, 'cut.zarr');
    const rule = [
      '--window-slices',
      '2',
      '--margin',
      '0',
      '--least-labelled',
      '1',
      '--slices',
      '2',
      '--size',
      '4,4',
    ];
    const outcome = await semcrcHere([
      'prepare',
      manifest,
      '--labels',
      'suprem',
      ...rule,
      '--out',
      store,
      '--json',
    ]);
    expect(outcome.code).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ shape: [2, 4, 4], leftOut: [] });
    const direct = ['inspect', manifest, '--labels', 'suprem', '--prepare', 'paper', ...rule, '--json'];
    const scans = (text: string) =>
      JSON.parse(text).scans.map(({ scan, shape, voxels, truth }: Record<string, unknown>) => ({
        ...{ scan, shape, voxels, truth },
      }));
    expect(scans((await semcrcHere(['inspect', store, '--json'])).stdout)).toEqual(
      scans((await semcrcHere(direct)).stdout),
    );
  });
});

describe('prepare --check', () => {
  test('says when nothing is wrong', async () => {
    const outcome = await semcrcHere(['prepare', manifest, '--labels', 'suprem', '--check']);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/12 scans, 48 files: nothing is wrong/);
  });

  test('lists every problem of every scan in one go', async () => {
    const spoiled = writeCohort(join(root, 'spoiled'), {
      spoil(parts) {
        parts.segmentation = { ...parts.segmentation, shift: 5 };
      },
    });
    truncateSync(join(root, 'spoiled', 's05', 'lower.nii.gz'), 200);
    writeFileSync(join(root, 'spoiled', 's07', 'truth.nii.gz'), 'no volume');
    const outcome = await semcrcHere(['prepare', spoiled, '--labels', 'suprem', '--check']);
    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toMatch(/s03 +\S*segmentation\.nii\.gz/);
    expect(outcome.stdout).toMatch(/s05 +\S*lower\.nii\.gz/);
    expect(outcome.stdout).toMatch(/s07 +\S*truth\.nii\.gz/);
    expect(outcome.stderr).toMatch(/error: 3 problems in 3 of 12 scans/);
  });
});
