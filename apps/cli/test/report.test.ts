import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNiftiHeader } from '@semcrc/imaging/node';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrc, semcrcHere } from './command.ts';
import { FITTING, writeCohort } from './fixture.ts';

let root: string;
let manifest: string;
let results: string;
let calibration: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-report-'));
  manifest = writeCohort(join(root, 'cohort'));
  results = join(root, 'results');
  calibration = join(root, 'calibration.json');
  const experiment = await semcrcHere(['experiment', manifest, ...FITTING, '--runs', '3', '--out', results]);
  expect(experiment.stderr).not.toMatch(/^error/m);
  expect(
    (await semcrcHere(['calibrate', manifest, '--procedure', 'sem-crc', ...FITTING, '--out', calibration]))
      .code,
  ).toBe(0);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

describe('the report of an experiment', () => {
  test('is written at its end, with Table 1 and its figures', () => {
    expect(read(results, 'report.html')).toMatch(/^<!DOCTYPE html>/);
    for (const name of ['table.md', 'table.csv', 'table.tex'])
      expect(existsSync(join(results, name))).toBe(true);
    expect(readdirSync(join(results, 'figures'))).toEqual(
      expect.arrayContaining(['runs.svg', 'runs.png', 'organs.png', 'widths.png']),
    );
    const rows = parse(read(results, 'table.csv'), { columns: true }) as Record<string, string>[];
    const { summary } = JSON.parse(read(results, 'experiment.json'));
    expect(rows.map((row) => [row.procedure, Number(row.risk_mean)])).toEqual(
      summary.map(({ procedure, risk }: (typeof summary)[number]) => [procedure, risk.mean]),
    );
  });

  test('is made again from the folder alone, the same to the byte', async () => {
    const again = join(root, 'again.html');
    const { code } = await semcrcHere(['report', results, '--out', again]);
    expect(code).toBe(0);
    expect(readFileSync(again, 'utf8')).toBe(read(results, 'report.html'));
  });

  test('is left out where it is not wanted', async () => {
    const bare = join(root, 'bare');
    const args = ['experiment', manifest, ...FITTING, '--runs', '1', '--no-report', '--out', bare];
    expect((await semcrcHere(args)).code).toBe(0);
    expect(existsSync(join(bare, 'experiment.json'))).toBe(true);
    expect(existsSync(join(bare, 'report.html'))).toBe(false);
  });

  test('takes no page of the user’s', async () => {
    const page = join(root, 'thesis.html');
    writeFileSync(page, '<html>mine</html>');
    const { code, stderr } = await semcrcHere(['report', results, '--out', page]);
    expect(code).toBe(2);
    expect(stderr).toContain('thesis.html');
    expect(readFileSync(page, 'utf8')).toBe('<html>mine</html>');
  });

  test('says what it takes where it is given something else', async () => {
    const { code, stderr } = await semcrcHere(['report', manifest]);
    expect(code).toBe(3);
    expect(stderr).toContain('manifest');
    expect((await semcrcHere(['report', join(root, 'nowhere')])).code).toBe(3);
  });
});

describe('the example scan', () => {
  test('has the median loss of the scans held out of the first run, and lies where the scan lies', async () => {
    const { scan, located, calibrated } = JSON.parse(read(results, 'example', 'example.json'));
    const { runs } = JSON.parse(read(results, 'experiment.json'));
    const { split, test } = runs.find(
      (record: { procedure: string; run: number }) => record.procedure === 'sem-crc' && record.run === 0,
    );
    const order = [...test.perScan.risk].sort((a, b) => a - b);
    expect(test.perScan.risk[split.test.indexOf(scan)]).toBe(order[Math.floor((order.length - 1) / 2)]);
    expect(located).toBe(true);
    expect(calibrated).toEqual(['crc', 'k-crc', 'sem-crc', 'organ-crc', 'shortest']);
    const { affine } = await readNiftiHeader(join(results, 'example', 'sem-crc-width.nii.gz'));
    expect([affine[0], affine[5], affine[10]]).toEqual([3, 3, 3]);
  });
});

describe('the card of a calibration', () => {
  test('is written beside it, with its twin for programs', () => {
    expect(read(root, 'calibration-card.html')).toContain('Calibration card');
    const card = JSON.parse(read(root, 'calibration-card.json'));
    const document = JSON.parse(read(calibration));
    expect(card).toMatchObject({ schema: 'semcrc/card@1', n: document.n, risk: document.test.risk });
    for (const { id, lambda, lambdaHu } of card.organs) {
      expect(lambda.most).toBe(document.lambda[id]);
      expect(lambdaHu.most).toBeCloseTo(document.lambda[id] * document.units.huPerUnit, 9);
    }
  });

  test('is made with an evaluation, which takes the place of its own held-out scans', async () => {
    const evaluation = join(root, 'evaluation.json');
    const perScan = join(root, 'scans.csv');
    const args = [
      'evaluate',
      calibration,
      manifest,
      '--held-out',
      '--out',
      evaluation,
      '--per-scan',
      perScan,
    ];
    expect((await semcrcHere(args)).code).toBe(0);
    const measured = JSON.parse(read(evaluation));
    expect(JSON.parse(read(root, 'evaluation-card.json')).risk).toBe(measured.risk.mean);
    const rows = parse(read(perScan), { columns: true }) as Record<string, string>[];
    expect(rows.length).toBe(measured.scans);
    const risks = rows.map(({ risk }) => Number(risk));
    expect(risks.reduce((sum, risk) => sum + risk, 0) / risks.length).toBeCloseTo(measured.risk.mean, 12);
    for (const { length, length_hu } of rows) {
      expect(Number(length_hu)).toBeCloseTo(Number(length) * measured.units.huPerUnit, 9);
    }
    const card = join(root, 'card.html');
    expect((await semcrcHere(['report', calibration, evaluation, '--out', card])).code).toBe(0);
    expect(JSON.parse(read(root, 'card.json')).evaluation).toMatchObject({ scans: measured.scans });
  });

  test('refuses an evaluation without its calibration, and one of another', async () => {
    const other = join(root, 'other.json');
    const args = ['calibrate', manifest, ...FITTING, '--procedure', 'crc', '--out', other, '--no-report'];
    expect((await semcrcHere(args)).code).toBe(0);
    const evaluation = join(root, 'evaluation.json');
    expect((await semcrcHere(['report', evaluation])).stderr).toContain('name the calibration');
    expect((await semcrcHere(['report', other, evaluation])).code).toBe(2);
  });
});

describe('the terminal', () => {
  test('says first whether the promise holds, and gives widths in HU', async () => {
    const args = ['calibrate', manifest, ...FITTING, '--out', join(root, 'again.json'), '--no-report'];
    const { stdout } = await semcrcHere(args);
    expect(stdout).toMatch(/^(The promise holds|Above the tolerance|Not tested)/);
    expect(stdout).toMatch(/interval width +[\d.]+ HU on average/);
    expect(stdout).toContain('organ-crc');
  });

  test('prints nothing when told to be quiet, and only JSON with it', async () => {
    const quiet = ['calibrate', manifest, ...FITTING, '--out', join(root, 'quiet.json'), '--quiet'];
    expect(await semcrcHere(quiet)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const { stdout } = await semcrcHere([...quiet, '--json']);
    expect(JSON.parse(stdout).schema).toMatch(/^semcrc\/calibration/);
  });

  test('writes no colour where stdout is no terminal', () => {
    const { stdout } = semcrc([
      'calibrate',
      manifest,
      ...FITTING,
      '--out',
      join(root, 'plain.json'),
      '--no-report',
    ]);
    expect(stdout).toContain('The promise');
    expect(stdout).not.toContain('\u001b');
  });
});
