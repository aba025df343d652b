import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ABDOMEN40, semcrcHere, withoutAbdomen40 } from './command.ts';
import { mean } from './plain-cohort.ts';
import { readPlainNifti } from './plain-nifti.ts';

if (withoutAbdomen40) console.warn(`skipping README's example path on real scans: ${withoutAbdomen40}`);

const README = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');

/** The arguments of README's example of a command. */
function example(command: string): string[] {
  const line = README.split('\n').find((text) => text.includes(` ${command} `) && /^(pnpm|node) /.test(text));
  if (line === undefined) throw new Error(`README has no example of ${command}`);
  return line.slice(line.indexOf(` ${command} `) + 1).split(' ');
}

const README_COLUMNS = README.match(/^scan,ground_truth,.*$/m)?.[0].split(',') ?? [];
/** README's names of a scan's files → those of the test data. */
const FILES = {
  'ct.nii.gz': 'ground_truth',
  'q_lo.nii.gz': 'lower',
  'q_hi.nii.gz': 'upper',
  'labels.nii.gz': 'segmentation',
  'mmse.nii.gz': 'point',
  'body.nii.gz': 'body',
} as const;

/** The manifest's path as README has it, from calibrating to applied intervals, held against the truth. */
describe.skipIf(withoutAbdomen40)("README's example path", () => {
  let root: string;
  const scans: string[] = [];

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'semcrc-example-'));
    const [header, ...rows] = readFileSync(ABDOMEN40, 'utf8').trim().split(/\r?\n/);
    const columns = header.split(',');
    for (const row of rows) {
      const cells = row.split(',');
      const scan = cells[columns.indexOf('scan')];
      scans.push(scan);
      mkdirSync(join(root, scan));
      for (const [name, column] of Object.entries(FILES)) {
        symlinkSync(join(dirname(ABDOMEN40), cells[columns.indexOf(column)]), join(root, scan, name));
      }
    }
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Writes a manifest as README's, without some of its columns. */
  function manifestWithout(left: readonly string[]): string {
    const columns = README_COLUMNS.filter((column) => !left.includes(column));
    const nameOf = Object.fromEntries(Object.entries(FILES).map(([name, column]) => [column, name]));
    const lines = scans.map((scan) =>
      columns.map((column) => (column === 'scan' ? scan : `${scan}/${nameOf[column]}`)).join(','),
    );
    const path = join(root, `without-${left.join('-')}.csv`);
    writeFileSync(path, `${[columns.join(','), ...lines].join('\n')}\n`);
    return path;
  }

  /** README's `apply` on a scan, without some of its files. */
  function applyArguments(calibration: string, scan: string, left: readonly string[], out: string): string[] {
    const [command, , ...rest] = example('apply');
    const kept: string[] = [];
    for (let at = 0; at < rest.length; at++) {
      if (left.includes(rest[at].slice(2))) at++;
      else kept.push(rest[at] in FILES ? join(root, scan, rest[at]) : rest[at]);
    }
    return [command, calibration, ...kept, '--out', out];
  }

  /** Share of a scan's voxels outside the intervals written; a bound at an edge of the window is open. */
  function outside(scan: string, folder: string): number {
    const truth = readPlainNifti(join(root, scan, 'ct.nii.gz')).values;
    const [lower, upper] = ['lower', 'upper'].map(
      (name) => readPlainNifti(join(folder, `${name}.nii.gz`)).values,
    );
    let count = 0;
    for (let voxel = 0; voxel < truth.length; voxel++) {
      const below = lower[voxel] > -175 && truth[voxel] < lower[voxel];
      const above = upper[voxel] < 250 && truth[voxel] > upper[voxel];
      if (below || above) count++;
    }
    return count / truth.length;
  }

  test.each([
    ['every column', [], []],
    ['no point', ['point'], []],
    ['no body mask', ['body'], []],
    ['every column, and strata of the point', [], ['--preset', 'shortest']],
    ['no point, and strata of the interval', ['point'], ['--preset', 'shortest']],
  ])('at most ε outside on held-out scans, with %s', async (_, left, more) => {
    const calibration = join(root, 'calibration.json');
    const [command, , ...rest] = example('calibrate');
    const calibrate = [command, manifestWithout(left), ...rest, ...more, '--out', calibration];
    expect(await semcrcHere([...calibrate, '--force'])).toMatchObject({ code: 0 });
    const { epsilon, split, test: held } = JSON.parse(readFileSync(calibration, 'utf8'));
    const shares: number[] = [];
    for (const scan of split.test) {
      const out = join(root, 'applied');
      const applied = await semcrcHere(applyArguments(calibration, scan, left, out));
      expect(applied.stderr).toBe('');
      expect(applied.code).toBe(0);
      shares.push(outside(scan, out));
    }
    expect(shares).toHaveLength(12);
    expect(mean(shares)).toBeLessThanOrEqual(epsilon);
    // What is published covers what was counted, and hardly more: bounds are rounded outward.
    expect(mean(shares)).toBeLessThanOrEqual(held.risk + 1e-12);
    expect(mean(shares)).toBeGreaterThan(held.risk - 0.01);
  });

  test.each([
    ['the body mask', [], ['body'], [], /had a body mask, these have none.*give --body/],
    ['no body mask', ['body'], [], [], /had no body mask, these have one.*leave out --body/],
    ['the point', [], ['point'], ['--preset', 'shortest'], /had a point prediction.*give --point/],
  ])(
    'a calibration with %s is refused without it, and the other way round',
    async (_, left, dropped, more, message) => {
      const calibration = join(root, 'refusing.json');
      const [command, , ...rest] = example('calibrate');
      const calibrate = [command, manifestWithout(left), ...rest, ...more, '--out', calibration, '--force'];
      expect(await semcrcHere(calibrate)).toMatchObject({ code: 0 });
      const out = join(root, 'never');
      const applied = await semcrcHere(applyArguments(calibration, scans[0], dropped, out));
      expect(applied.stderr).toMatch(message);
      expect(applied.code).toBe(2);
      expect(() => readFileSync(join(out, 'summary.json'))).toThrow();
      const evaluated = await semcrcHere(['evaluate', calibration, manifestWithout(dropped), '--held-out']);
      expect(evaluated.stderr).toMatch(message);
      expect(evaluated.code).toBe(2);
    },
  );
});
