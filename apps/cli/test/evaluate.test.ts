import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meanInterval, student975 } from '@semcrc/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { FITTING, writeCohort } from './fixture.ts';
import {
  type LambdaOf,
  mean,
  meanLength,
  missShare,
  type PlainScan,
  readPlainCohort,
} from './plain-cohort.ts';

let root: string;
let manifest: string;
let scans: PlainScan[];
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-evaluate-'));
  manifest = writeCohort(join(root, 'cohort'));
  scans = [...readPlainCohort(manifest).values()];
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Calibrates a procedure, once. */
async function calibrate(procedure = 'sem-crc') {
  const out = join(root, `${procedure}.json`);
  if (!existsSync(out)) {
    expect(
      (await semcrcHere(['calibrate', manifest, ...FITTING, '--out', out, '--procedure', procedure])).code,
    ).toBe(0);
  }
  return { out, calibration: JSON.parse(readFileSync(out, 'utf8')) };
}

describe('evaluate', () => {
  test('risk and length on every scan, whole and by organ, as recounted with plain loops', async () => {
    const { out, calibration } = await calibrate();
    const outcome = await semcrcHere(['evaluate', out, manifest, '--held-out', '--json']);
    expect(outcome.code).toBe(0);
    const held = scans.filter(({ id }) => calibration.split.test.includes(id));
    const found = JSON.parse(outcome.stdout);
    const lambda: LambdaOf = (scan, voxel) => calibration.lambda[scan.groups[voxel]];
    expect(found).toMatchObject({
      schema: 'semcrc/evaluation@1',
      scans: 3,
      patients: 3,
      extrapolation: null,
    });
    const risks = held.map((scan) => missShare(scan, lambda));
    expect(found.risk.mean).toBeCloseTo(mean(risks), 12);
    expect(found.length.mean).toBeCloseTo(mean(held.map((scan) => meanLength(scan, lambda))), 12);
    // t of 2 degrees of freedom at 97.5% from the tables: 4.30265.
    const deviation = Math.sqrt(mean(risks.map((risk) => (risk - mean(risks)) ** 2)) * (3 / 2));
    expect(found.risk.sd).toBeCloseTo(deviation, 12);
    expect(found.risk.high - found.risk.mean).toBeCloseTo((4.30265 * deviation) / Math.sqrt(3), 5);
    expect(Object.keys(found.organs)).toEqual(['0', '1', '2', '7']);
    for (const [id, organ] of Object.entries<typeof found>(found.organs)) {
      expect(organ.risk.mean).toBeCloseTo(mean(held.map((scan) => missShare(scan, lambda, Number(id)))), 12);
      expect(organ.length.mean).toBeCloseTo(
        mean(held.map((scan) => meanLength(scan, lambda, Number(id)))),
        12,
      );
    }
  });

  test('--held-out leaves exactly the test scans, and says what calibrating said', async () => {
    const { out, calibration } = await calibrate();
    const report = join(root, 'evaluation.json');
    const outcome = await semcrcHere(['evaluate', out, manifest, '--held-out', '--out', report]);
    expect(outcome.code).toBe(0);
    const found = JSON.parse(readFileSync(report, 'utf8'));
    expect(found.scans).toBe(3);
    expect(found.risk.mean).toBeCloseTo(calibration.test.risk, 14);
    expect(found.length.mean).toBeCloseTo(calibration.test.length, 14);
    expect(outcome.stdout.replaceAll('\n', ' ')).toContain(calibration.guarantee);
  });

  test.each(['crc', 'k-crc', 'organ-crc'])('%s is evaluated by what its file says', async (procedure) => {
    const { out, calibration } = await calibrate(procedure);
    const outcome = await semcrcHere(['evaluate', out, manifest, '--held-out', '--json']);
    expect(outcome.code).toBe(0);
    expect(JSON.parse(outcome.stdout).risk.mean).toBeCloseTo(calibration.test.risk, 14);
    expect(JSON.parse(outcome.stdout).length.mean).toBeCloseTo(calibration.test.length, 14);
  });

  test('scans that were calibrated on are refused, under other names too, and left out with --held-out', async () => {
    const { out, calibration } = await calibrate();
    const outcome = await semcrcHere(['evaluate', out, manifest]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/9 of the 12 scans of .* were calibrated on \(s\d+, .*, …\).*--held-out/);

    const [used] = calibration.split.cal;
    const [held] = calibration.split.test;
    const lines = readFileSync(manifest, 'utf8').split('\n');
    const lineOf = (id: string, name: string) =>
      lines.find((line) => line.startsWith(`${id},`))!.replace(id, name);
    const renamed = join(root, 'cohort', 'renamed.csv');
    writeFileSync(renamed, [lines[0], lineOf(used, 'x'), lineOf(held, 'y')].join('\n'));
    const byContent = await semcrcHere(['evaluate', out, renamed]);
    expect(byContent.code).toBe(2);
    expect(byContent.stderr).toMatch(/1 of the 2 scans of .* were calibrated on \(x\)/);
    const left = await semcrcHere(['evaluate', out, renamed, '--held-out', '--json']);
    expect(JSON.parse(left.stdout)).toMatchObject({ scans: 1, calibratedOn: 0 });
    writeFileSync(renamed, [lines[0], lineOf(used, 'x')].join('\n'));
    expect((await semcrcHere(['evaluate', out, renamed, '--held-out'])).stderr).toMatch(
      /nothing is held out/,
    );
  });

  test('a risk above ε by more than chance is said first, with likely causes', async () => {
    const { out } = await calibrate('crc');
    const shifted = writeCohort(join(root, 'shifted'), {
      from: 100,
      // Predictions of another window: much of the truth lies outside.
      every: (parts) => {
        for (const part of [parts.lower, parts.upper])
          part.values = Array.from(part.values, (v) => v / 2 + 0.4);
      },
    });
    const outcome = await semcrcHere(['evaluate', out, shifted]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/^The promise does not hold for these scans\./);
    expect(outcome.stdout.replaceAll('\n', ' ')).toMatch(
      /above ε = 0.2 by more than .* \(z = \d+.*Likely causes: .*another|otherwise/,
    );
    expect(outcome.stdout).toContain('Promised, and not kept here');
    const { excess } = JSON.parse((await semcrcHere(['evaluate', out, shifted, '--json'])).stdout);
    expect(excess).toMatchObject({ flagged: true, flaggedAbove: 2.33, organs: [] });
    const honest = writeCohort(join(root, 'honest'), { from: 200 });
    expect((await semcrcHere(['evaluate', out, honest])).stdout).toMatch(/Guarantee: /);
  });

  test('a cohort with labels that the calibration never saw is refused', async () => {
    const { out } = await calibrate();
    const outcome = await semcrcHere(['evaluate', out, manifest, '--extra-labels', 'lung_left']);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/label 64 \(lung_left\).*never saw/);
  });

  test.each([
    ['not JSON', (_: string) => '{', /expected JSON/],
    [
      'another schema',
      (text: string) => text.replace('semcrc/calibration@2', 'semcrc/calibration@9'),
      /calibration@9/,
    ],
    [
      'a λ that is no f32',
      (text: string) => text.replace(/"lambda": \{\s*"0": [^,]*/, '"lambda": {"0": 0.1'),
      /32-bit/,
    ],
    ['a field missing', (text: string) => text.replace('"guarantee"', '"promise"'), /guarantee/],
  ])('%s in the calibration is refused', async (_, spoil, message) => {
    const { out } = await calibrate();
    const path = join(root, 'spoiled.json');
    writeFileSync(path, spoil(readFileSync(out, 'utf8')));
    const outcome = await semcrcHere(['evaluate', path, manifest]);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).toMatch(/spoiled\.json/);
    expect(outcome.code).toBe(3);
  });

  test('a calibration that is not there', async () => {
    const outcome = await semcrcHere(['evaluate', join(root, 'nowhere.json'), manifest]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/nowhere\.json: cannot be read: no such file/);
  });
});

describe('95% intervals', () => {
  // Two-sided 95% points of Student's t, from the tables of Abramowitz and Stegun (26.10).
  test.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
  ])('t of %i degrees of freedom is %f', async (degrees, expected) => {
    expect(Math.abs(student975(degrees) / expected - 1)).toBeLessThan(1.3e-3);
  });

  test('one value has no interval; risks cannot leave 0..1', async () => {
    expect(meanInterval([0.3])).toEqual({ mean: 0.3, low: null, high: null, sd: null });
    expect(meanInterval([0, 1])).toEqual({ mean: 0.5, low: 0, high: 1, sd: Math.SQRT1_2 });
  });
});
