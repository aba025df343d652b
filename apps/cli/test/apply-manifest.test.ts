import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { FITTING, writeCohort } from './fixture.ts';

let root: string;
let manifest: string;
let calibration: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-apply-manifest-'));
  manifest = writeCohort(join(root, 'cohort'));
  calibration = join(root, 'calibration.json');
  expect(
    (await semcrcHere(['calibrate', manifest, '--procedure', 'sem-crc', ...FITTING, '--out', calibration]))
      .code,
  ).toBe(0);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const lines = () => readFileSync(manifest, 'utf8').trim().split('\n');
const bytes = (...path: string[]) => readFileSync(join(...path));

describe('apply on a manifest', () => {
  test('gives every scan what applying to its files alone gives, whatever the workers', async () => {
    const out = join(root, 'all');
    const threads = await semcrcHere([
      'apply',
      calibration,
      manifest,
      '--units',
      'hu',
      '--out',
      out,
      '--workers',
      '2',
    ]);
    expect(threads.stderr).not.toMatch(/error/);
    expect(threads.code).toBe(0);
    expect(threads.stdout).toMatch(/s00 .*applied/);
    const serial = join(root, 'serial');
    await semcrcHere(['apply', calibration, manifest, '--units', 'hu', '--out', serial, '--workers', '1']);
    const file = (name: string) => join(root, 'cohort', 's04', `${name}.nii.gz`);
    const alone = join(root, 'alone');
    await semcrcHere([
      ...['apply', calibration, '--lower', file('lower'), '--upper', file('upper')],
      ...['--segmentation', file('segmentation'), '--units', 'hu', '--out', alone],
    ]);
    for (const volume of ['lower', 'upper', 'width', 'lambda']) {
      const written = bytes(out, 's04', `${volume}.nii.gz`);
      expect(written.equals(bytes(alone, `${volume}.nii.gz`))).toBe(true);
      expect(written.equals(bytes(serial, 's04', `${volume}.nii.gz`))).toBe(true);
    }
    const summary = JSON.parse(bytes(out, 's04', 'summary.json').toString());
    expect(summary).toEqual(JSON.parse(bytes(alone, 'summary.json').toString()));
    expect(summary.extrapolation).toBeNull();
  });

  test('needs no ground truth, and does again only what is missing or was made otherwise', async () => {
    const columns = lines()[0].split(',');
    const truth = columns.indexOf('ground_truth');
    const blind = join(root, 'cohort', 'blind.csv');
    const without = lines().map((line) =>
      line
        .split(',')
        .filter((_, at) => at !== truth)
        .join(','),
    );
    writeFileSync(blind, without.slice(0, 4).join('\n'));
    const out = join(root, 'resumed');
    const run = async (...more: string[]) => {
      const outcome = await semcrcHere([
        'apply',
        calibration,
        blind,
        '--out',
        out,
        '--json',
        '--workers',
        '1',
        ...more,
      ]);
      expect(outcome.code).toBe(0);
      return JSON.parse(outcome.stdout).scans.map(({ state }: { state: string }) => state);
    };
    expect(await run()).toEqual(['applied', 'applied', 'applied']);
    const before = statSync(join(out, 's00', 'lower.nii.gz')).mtimeMs;
    rmSync(join(out, 's01', 'width.nii.gz'));
    rmSync(join(out, 's02', 'summary.json'));
    rmSync(join(out, 's02'), { recursive: true });
    expect(await run()).toEqual(['kept', 'applied', 'applied']);
    expect(statSync(join(out, 's00', 'lower.nii.gz')).mtimeMs).toBe(before);
    expect(await run('--units', 'hu')).toEqual(['applied', 'applied', 'applied']);
  });

  test('names the scan whose files cannot be used, and keeps the others', async () => {
    const spoiled = join(root, 'cohort', 'spoiled.csv');
    writeFileSync(spoiled, lines().slice(0, 3).join('\n').replace('s01/lower', 's01/nowhere'));
    const out = join(root, 'spoiled');
    const outcome = await semcrcHere(['apply', calibration, spoiled, '--out', out, '--workers', '1']);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/scan s01: .*nowhere\.nii\.gz/);
    expect(statSync(join(out, 's00', 'summary.json')).isFile()).toBe(true);
  });

  test('puts scans into folders of their own, whatever they are called', async () => {
    const odd = join(root, 'cohort', 'odd.csv');
    const [header, first] = lines();
    writeFileSync(
      odd,
      [header, first.replace('s00', '../../escaped'), first.replace('s00', '..')].join('\n'),
    );
    const out = join(root, 'deep', 'er', 'odd');
    const outcome = await semcrcHere(['apply', calibration, odd, '--out', out, '--json', '--workers', '1']);
    expect(outcome.code).toBe(0);
    for (const { folder } of JSON.parse(outcome.stdout).scans)
      expect(folder.startsWith(`${out}/`)).toBe(true);
    writeFileSync(odd, [header, first.replace('s00', 'a/b'), first.replace('s00', 'a:b')].join('\n'));
    const clash = await semcrcHere(['apply', calibration, odd, '--out', out]);
    expect(clash.stderr).toMatch(/a\/b and a:b would share the folder a_b/);
    expect(clash.code).toBe(2);
  });

  test('says once for each kind what is worth knowing of the scans, and how many share it', async () => {
    const odd = writeCohort(join(root, 'noted'), {
      scans: 4,
      every(parts) {
        parts.segmentation = { ...parts.segmentation, slope: 1.00001 };
      },
    });
    const out = join(root, 'noted-out');
    for (const workers of ['1', '2']) {
      rmSync(out, { recursive: true, force: true });
      const outcome = await semcrcHere(['apply', calibration, odd, '--out', out, '--workers', workers]);
      expect(outcome.code).toBe(0);
      const notes = outcome.stderr.split('\n').filter((line) => line.includes('were rounded'));
      expect(notes).toEqual([
        expect.stringMatching(
          /^note: scan s00: \d+ labels of .*segmentation\.nii\.gz .* \(and 3 more like it\)$/,
        ),
      ]);
    }
    const file = (name: string) => join(root, 'noted', 's02', `${name}.nii.gz`);
    const alone = await semcrcHere([
      ...['apply', calibration, '--lower', file('lower'), '--upper', file('upper')],
      ...['--segmentation', file('segmentation'), '--out', join(root, 'noted-alone')],
    ]);
    expect(alone.stderr).toMatch(/^note: .*segmentation\.nii\.gz .*were rounded$/m);
    const hu = ['--prediction-units', 'hu', '--out', join(root, 'noted-hu')];
    const refused = await semcrcHere(['apply', calibration, odd, ...hu, '--workers', '1']);
    expect(refused.stderr).toMatch(/odd for HU.* \(and 3 more like it\)|error: .*--prediction-units/);
  });

  test('warns once of an organ that was never calibrated', async () => {
    const organ = join(root, 'organ.json');
    const args = ['calibrate', manifest, '--procedure', 'organ-crc', ...FITTING, '--out', organ];
    expect((await semcrcHere(args)).code).toBe(0);
    const kidneys = writeCohort(join(root, 'kidneys'), {
      scans: 3,
      every(parts) {
        const values = Array.from(parts.segmentation.values, (label) => (label === 6 ? 2 : label));
        parts.segmentation = { ...parts.segmentation, values };
      },
    });
    const outcome = await semcrcHere(['apply', organ, kidneys, '--out', join(root, 'kidneys-out')]);
    expect(outcome.code).toBe(0);
    const warnings = outcome.stderr.split('\n').filter((line) => line.startsWith('warning: '));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^warning: scan s00: kidney_right .* no calibration scan contains it.* \(and in 2 more scans\)$/,
      ),
    ]);
  });

  test('takes no files of one scan beside it', async () => {
    const outcome = await semcrcHere(['apply', calibration, manifest, '--lower', 'lower.nii.gz']);
    expect([outcome.code, outcome.stderr]).toEqual([
      2,
      expect.stringMatching(/--lower names a file of one scan/),
    ]);
  });
});
