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
const CUT = [
  ...['--prepare', 'paper', '--window-slices', '2', '--margin', '0', '--least-labelled', '1'],
  ...['--slices', '2', '--size', '4,4'],
];

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

  test('a measurement column is kept in the cohort, and a report made of it shows the measurement', async () => {
    const folder = join(root, 'seen');
    const seen = writeCohort(folder);
    const rows = readFileSync(seen, 'utf8').trim().split('\n');
    const column = (row: string, at: number) =>
      at === 0 ? 'measurement' : `${row.split(',')[0]}/upper.nii.gz`;
    writeFileSync(seen, `${rows.map((row, at) => `${row},${column(row, at)}`).join('\n')}\n`);
    for (const how of [['--prepare', 'none'], CUT]) {
      const store = join(root, `seen-${how.length}.zarr`);
      const prepare = ['prepare', seen, '--labels', 'suprem', ...how, '--out', store];
      const { code, stderr } = await semcrcHere(prepare);
      expect(stderr).not.toMatch(/error/);
      expect(code).toBe(0);
      expect(existsSync(join(store, 'measurement', 'zarr.json'))).toBe(true);
      const examples: Buffer[] = [];
      for (const [name, source, more] of [
        ['store', store, []],
        ['files', seen, ['--labels', 'suprem', ...how]],
      ] as const) {
        const out = join(root, `seen-${how.length}-${name}`);
        const run = ['experiment', source, ...more, ...withoutLabels, '--runs', '1', '--procedures', 'crc'];
        expect((await semcrcHere([...run, '--out', out])).code).toBe(0);
        examples.push(readFileSync(join(out, 'example', 'measurement.nii.gz')));
        expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('>measurement<');
      }
      expect(examples[0].equals(examples[1])).toBe(true);
    }
    // Without the column it is another cohort.
    writeFileSync(seen, `${rows.join('\n')}\n`);
    const store = join(root, 'seen-2.zarr');
    const other = await semcrcHere([
      'prepare',
      seen,
      '--labels',
      'suprem',
      '--prepare',
      'none',
      '--out',
      store,
    ]);
    expect(other.code).toBe(2);
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
  const checked = (path: string) =>
    semcrcHere(['prepare', path, '--labels', 'suprem', '--prepare', 'none', '--check']);

  test('says when nothing is wrong', async () => {
    const outcome = await checked(manifest);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/12 scans, 48 files: nothing is wrong/);
    expect(outcome.stdout).not.toMatch(/left out|padding/);
  });

  test('names the scans that would be left out, and in one line every option that lets all of them pass', async () => {
    const check = (more: readonly string[] = []) =>
      semcrcHere(['prepare', manifest, '--labels', 'suprem', '--check', ...more]);
    const outcome = await check();
    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toMatch(/s00 +expected at least 68 slices, found 4/);
    expect(outcome.stdout).toMatch(/s11 +expected at least 68 slices, found 4/);
    expect(outcome.stderr).toMatch(/error: no scan of .*manifest\.csv would be kept: all 12 are left out/);
    const options = /lets all of them pass: (--.*)$/m.exec(outcome.stderr)?.[1]?.split(' ') ?? [];
    expect(options.filter((word) => word.startsWith('--'))).toEqual([
      ...['--window-slices', '--margin', '--least-labelled', '--size'],
    ]);
    const passing = await check(options);
    expect(passing.stderr).not.toMatch(/error/);
    expect(passing.code).toBe(0);
    expect(passing.stdout).not.toMatch(/left out|padding/);
    const store = join(root, 'proposed.zarr');
    const prepared = ['prepare', manifest, '--labels', 'suprem', ...options, '--out', store, '--json'];
    expect(JSON.parse((await semcrcHere(prepared)).stdout)).toMatchObject({ leftOut: [] });
  });

  test('leaves out one scan of several, says which, and is no error', async () => {
    const short = writeCohort(join(root, 'short'), {
      spoil(parts) {
        parts.segmentation = { ...parts.segmentation, values: new Uint8Array(8 * 6 * 4) };
      },
    });
    const rule = ['--window-slices', '2', '--margin', '0', '--least-labelled', '1', '--slices', '2'];
    const args = ['prepare', short, '--labels', 'suprem', ...rule, '--size', '6,8', '--check', '--json'];
    const outcome = await semcrcHere(args);
    expect(outcome.code).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      ...{ scans: 12, problems: [], advice: null },
      leftOut: [{ scan: 's03', reason: 'the segmentation has no labelled voxel' }],
    });
  });

  test('reads measurements, too, since preparing keeps them', async () => {
    const measured = writeCohort(join(root, 'measured'));
    const rows = readFileSync(measured, 'utf8').trim().split('\n');
    const lines = rows.map(
      (row, at) => `${row},${at === 0 ? 'measurement' : `${row.split(',')[0]}/lower.nii.gz`}`,
    );
    lines[2] = lines[2].replace(/[^,]*$/, 's01/cut.nii.gz');
    writeFileSync(measured, `${lines.join('\n')}\n`);
    writeFileSync(join(root, 'measured', 's01', 'cut.nii.gz'), 'no volume');
    const outcome = await checked(measured);
    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toMatch(/s01 +\S*cut\.nii\.gz/);
    expect(outcome.stderr).toMatch(/error: 1 problem in 1 of 12 scans/);
  });

  test('lists every problem of every scan in one go', async () => {
    const spoiled = writeCohort(join(root, 'spoiled'), {
      spoil(parts) {
        parts.segmentation = { ...parts.segmentation, shift: 5 };
      },
    });
    truncateSync(join(root, 'spoiled', 's05', 'lower.nii.gz'), 200);
    writeFileSync(join(root, 'spoiled', 's07', 'truth.nii.gz'), 'no volume');
    const outcome = await checked(spoiled);
    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toMatch(/s03 +\S*segmentation\.nii\.gz/);
    expect(outcome.stdout).toMatch(/s05 +\S*lower\.nii\.gz/);
    expect(outcome.stdout).toMatch(/s07 +\S*truth\.nii\.gz/);
    expect(outcome.stderr).toMatch(/error: 3 problems in 3 of 12 scans/);
  });
});
