import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { folderBytes } from './folder-bytes.ts';
import { expectWholeFiles, killOnceThere } from './killing.ts';

let root: string;
let phantoms: string;
const SMALL = ['--size', '40,40,6', '--spacing', '10,10,20'];
const SPLIT = ['--n-opt', '2', '--n-cal', '8', '--n-test', '2', '--epsilon', '0.3', '--anchor', 'envelope'];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-simulate-'));
  phantoms = join(root, 'phantoms');
  const made = await semcrcHere([
    'simulate',
    'phantom',
    '-n',
    '10',
    ...SMALL,
    '--out',
    phantoms,
    '--workers',
    '1',
  ]);
  expect(made.stderr).not.toMatch(/error/);
  expect(made.code).toBe(0);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('simulate', () => {
  test('writes scans that calibrate, with a manifest that names all there is', async () => {
    const manifest = join(phantoms, 'manifest.csv');
    const [header, first] = readFileSync(manifest, 'utf8').split(/\r?\n/);
    expect(header).toBe('scan,ground_truth,lower,point,upper,segmentation,body,measurement,anatomy');
    for (const file of first.split(',').slice(1)) expect(existsSync(join(phantoms, file))).toBe(true);
    const out = join(root, 'calibration.json');
    const calibrated = await semcrcHere([
      'calibrate',
      manifest,
      '--labels',
      'suprem',
      ...SPLIT,
      '--out',
      out,
    ]);
    expect(calibrated.stderr).not.toMatch(/error|nothing reads/);
    expect(calibrated.code).toBe(0);
  });

  test('gives the same bytes with two workers, and goes on where it was interrupted', async () => {
    const again = join(root, 'again');
    const args = ['simulate', 'phantom', '-n', '10', ...SMALL, '--out', again, '--workers', '2', '--json'];
    expect((await semcrcHere(args)).code).toBe(0);
    const whole = folderBytes(phantoms);
    expect(folderBytes(again)).toEqual(whole);
    rmSync(join(again, 'manifest.csv'));
    rmSync(join(again, 'scans', 'phantom-004', 'segmentation.nii.gz'));
    rmSync(join(again, 'scans', 'phantom-007'), { recursive: true });
    const resumed = await semcrcHere(args);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ scans: 10, kept: 8 });
    expect(folderBytes(again)).toEqual(whole);
  }, 120_000);

  test('killed while it writes, leaves no half-written file, and comes out the same byte for byte', async () => {
    const out = join(root, 'killed');
    const args = ['simulate', 'phantom', '-n', '10', ...SMALL, '--out', out, '--workers', '2'];
    for (const [scan, delay] of [
      ['phantom-000', 3],
      ['phantom-003', 23],
      ['phantom-006', 11],
    ] as const) {
      expect(await killOnceThere(args, join(out, 'scans', scan), delay)).toBe(true);
      expect(existsSync(join(out, 'manifest.csv'))).toBe(false);
      expectWholeFiles(out);
    }
    expect((await semcrcHere(args)).code).toBe(0);
    expect(folderBytes(out)).toEqual(folderBytes(phantoms));
  });

  test('refuses a place that holds something else, and leaves it alone', async () => {
    const other = await semcrcHere(['simulate', 'phantom', '-n', '9', ...SMALL, '--out', phantoms]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/other options.*--out.*--force/);
    const mine = join(root, 'mine');
    mkdirSync(mine);
    writeFileSync(join(mine, 'thesis.txt'), 'all of it');
    const refused = await semcrcHere(['simulate', 'phantom', '-n', '1', ...SMALL, '--out', mine, '--force']);
    expect(refused.code).toBe(2);
    expect(readdirSync(mine)).toEqual(['thesis.txt']);
  });

  test('with --force, a cohort of other options gives way', async () => {
    const place = join(root, 'forced');
    const make = (...args: string[]) =>
      semcrcHere(['simulate', 'phantom', ...SMALL, '--out', place, '--workers', '1', ...args]);
    // What a run leaves that was killed while it wrote its record: the folder is still its own.
    mkdirSync(place);
    writeFileSync(join(place, '.simulation.json.4194304.00c0ffee.partial'), '{"schema":');
    expect((await make('-n', '2')).code).toBe(0);
    expect(readdirSync(place).filter((name) => name.startsWith('.'))).toEqual([]);
    // As above, while it removed a cohort: the record goes last, so that the rest can still be replaced.
    rmSync(join(place, 'manifest.csv'));
    rmSync(join(place, 'scans', 'phantom-001'), { recursive: true });
    expect((await make('-n', '1', '--seed', '5')).code).toBe(2);
    expect((await make('-n', '1', '--seed', '5', '--force')).code).toBe(0);
    expect(readdirSync(join(place, 'scans'))).toEqual(['phantom-000']);
  });

  test("writes the authors' tree and a prepared cohort, of the same scans", async () => {
    const lambdas = [];
    for (const layout of ['semantic-uq', 'store']) {
      const out = join(root, layout);
      const made = await semcrcHere([
        'simulate',
        'phantom',
        '-n',
        '10',
        ...SMALL,
        '--layout',
        layout,
        '--out',
        out,
      ]);
      expect(made.stderr).not.toMatch(/error/);
      const reading = layout === 'store' ? [] : ['--layout', 'semantic-uq', '--labels', 'suprem'];
      const calibration = join(root, `${layout}.json`);
      const done = await semcrcHere(['calibrate', out, ...reading, ...SPLIT, '--out', calibration]);
      expect(done.stderr).not.toMatch(/error/);
      lambdas.push(JSON.parse(readFileSync(calibration, 'utf8')).lambda);
    }
    const manifest = JSON.parse(readFileSync(join(root, 'calibration.json'), 'utf8')).lambda;
    expect(lambdas[0]).toEqual(manifest);
    // Files hold predictions in steps of 1e-4.
    for (const [group, value] of Object.entries(lambdas[1])) {
      if (typeof value === 'number') expect(Math.abs(value - manifest[group])).toBeLessThan(5e-3);
    }
  }, 120_000);

  test('says how long and how large without writing anything', async () => {
    const out = join(root, 'dry');
    const dry = await semcrcHere([
      'simulate',
      'phantom',
      '-n',
      '500',
      ...SMALL,
      '--dry-run',
      '--out',
      out,
      '--json',
    ]);
    const { scans, perScan, bytesPerScan, bytes } = JSON.parse(dry.stdout);
    expect(scans).toBe(500);
    expect(perScan).toBeGreaterThan(0);
    expect(bytesPerScan).toBeGreaterThan(20_000);
    expect(bytes).toBe(500 * bytesPerScan);
    expect(existsSync(out)).toBe(false);
  });

  test('warps a labelled CT, and scans the warps', async () => {
    const scan = join(phantoms, 'scans', 'phantom-000');
    const out = join(root, 'warps');
    const template = ['--template', join(scan, 'ct.nii.gz'), '--segmentation', join(scan, 'anatomy.nii.gz')];
    const made = await semcrcHere([
      ...['simulate', 'warp', ...template, '--labels', 'suprem', '-n', '2', '--out', out, '--workers', '1'],
      ...['--task', 'reconstruction', '--geometry', 'fan'],
    ]);
    expect(made.stderr).not.toMatch(/error/);
    expect(made.code).toBe(0);
    const files = folderBytes(join(out, 'scans'));
    expect(files['warp-000/ct.nii.gz']).not.toBe(files['warp-001/ct.nii.gz']);
    const without = await semcrcHere(['simulate', 'warp', '-n', '2', '--out', join(root, 'none')]);
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(/--template/);
    const elsewhere = ['--template', join(scan, 'ct.nii.gz'), '--segmentation', join(root, 'no.nii.gz')];
    const missing = await semcrcHere([
      ...['simulate', 'warp', ...elsewhere, '--labels', 'suprem', '--out', join(root, 'none')],
    ]);
    expect(missing.code).toBe(3);
    expect(missing.stderr).toMatch(/no\.nii\.gz/);
  }, 180_000);

  describe('--task reconstruction', () => {
    const scanned = ['--task', 'reconstruction', ...SMALL, '-n', '10'];
    const fbp = () => join(root, 'fbp');

    test('makes a cohort that calibrates, with the same bytes from two workers and after an interruption', async () => {
      const made = await semcrcHere([
        ...['simulate', 'phantom', ...scanned, '--out', fbp(), '--workers', '1', '--json'],
      ]);
      expect(made.stderr).not.toMatch(/error/);
      expect(made.code).toBe(0);
      const out = join(root, 'fbp.json');
      const calibrated = await semcrcHere([
        ...['calibrate', join(fbp(), 'manifest.csv'), '--labels', 'suprem', ...SPLIT, '--out', out],
      ]);
      expect(calibrated.stderr).not.toMatch(/error|nothing reads/);
      expect(calibrated.code).toBe(0);
      const whole = folderBytes(fbp());
      // The same patients as denoising has, measured otherwise.
      const denoised = folderBytes(phantoms);
      expect(whole['scans/phantom-003/ct.nii.gz']).toBe(denoised['scans/phantom-003/ct.nii.gz']);
      expect(whole['scans/phantom-003/measurement.nii.gz']).not.toBe(
        denoised['scans/phantom-003/measurement.nii.gz'],
      );
      rmSync(join(fbp(), 'scans', 'phantom-002'), { recursive: true });
      rmSync(join(fbp(), 'scans', 'phantom-009', 'segmentation.nii.gz'));
      const resumed = await semcrcHere([
        ...['simulate', 'phantom', ...scanned, '--out', fbp(), '--workers', '2', '--json'],
      ]);
      expect(JSON.parse(resumed.stdout)).toMatchObject({ scans: 10, kept: 8 });
      expect(folderBytes(fbp())).toEqual(whole);
    }, 180_000);

    test('is another cohort with another geometry or other photons', async () => {
      for (const other of [
        ['--geometry', 'fan'],
        ['--photons', '500'],
      ]) {
        const refused = await semcrcHere(['simulate', 'phantom', ...scanned, ...other, '--out', fbp()]);
        expect(refused.code).toBe(2);
        expect(refused.stderr).toMatch(/other options.*--out.*--force/);
      }
    });
  });

  test.each([
    [['ellipses'], /phantom or warp/],
    [['phantom', '--template', 'ct.nii.gz'], /--template.*warp/],
    [['phantom', '--task', 'none', '--sigma', '0.1'], /--sigma/],
    [['phantom', '--task', 'reconstruction', '--sigma', '0.1'], /--sigma.*denoising/],
    [['phantom', '--geometry', 'fan'], /--geometry.*reconstruction/],
    [['phantom', '--photons', '10'], /--photons.*reconstruction/],
    [['phantom', '--task', 'reconstruction', '--photons', '0'], /--photons/],
    [
      ['phantom', '--task', 'reconstruction', '--size', '800,800,1', '--spacing', '0.5,0.5,3'],
      /--geometry.*parallel/,
    ],
    [['phantom', '--size', '4,4,4'], /--size/],
    [['phantom', '-n', '2000000'], /--scans.*1000000/],
    [['phantom', '--sigma', '1e300'], /--sigma/],
    [['warp', '--size', '64,64,8', '--template', 'a', '--segmentation', 'b'], /--size/],
    [['warp', '--template', 'a', '--segmentation', 'b', '--smoothness', '1e9'], /--smoothness/],
    [
      ['warp', '--template', 'a', '--template', 'b', '--segmentation', 'c'],
      /--segmentation.*expected 2, found 1/,
    ],
  ])('refuses %j with a reason', async (args, reason) => {
    const refused = await semcrcHere(['simulate', ...args, '--out', join(root, 'refused')]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(reason);
    expect(existsSync(join(root, 'refused'))).toBe(false);
  });
});
