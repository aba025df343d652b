import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { launchChromium, reasonToSkip } from '../browser/chromium.mjs';
import { visit } from '../browser/visit.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const examples = path.join(root, 'examples');
const command = path.join(root, 'apps/cli/dist/main.js');
/** The interpreter that has nibabel and pandas: $SEMCRC_PYTHON, else whatever python3 is. */
const PYTHON = process.env.SEMCRC_PYTHON ?? 'python3';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'semcrc-examples-'));
  run('bash', path.join(examples, 'nifti/run.sh'), path.join(folder, 'nifti'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program and gives back what it prints on stdout. */
function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd: examples, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function readJson(...parts: string[]) {
  return JSON.parse(readFileSync(path.join(folder, ...parts), 'utf8'));
}

/** Skips, and says why, where Python lacks one of the modules. */
function needPython(context: TestContext, ...modules: string[]): void {
  try {
    run(PYTHON, '-c', `import ${modules.join(', ')}`);
  } catch {
    const reason = `${PYTHON} lacks one of ${modules.join(', ')} (set SEMCRC_PYTHON)`;
    console.warn(`skipped: ${reason}`);
    context.skip(reason);
  }
}

/** The examples as they are committed, whatever builds left beside them. */
const folders = new Set(
  run('git', 'ls-files', '*/*')
    .split('\n')
    .flatMap((name) => name.match(/^[^/]+(?=\/)/) ?? []),
);

describe('the example', () => {
  it('arrays calibrates what it made and covers a new scan', () => {
    const { lambda, heldOut, newScanInside } = JSON.parse(run(process.execPath, 'arrays/calibrate.mjs'));
    expect(Object.keys(lambda)).toEqual(['background', 'body', 'liver']);
    expect(lambda.liver).toBeGreaterThan(lambda.body);
    expect(heldOut.risk).toBeGreaterThan(0.05);
    expect(heldOut.risk).toBeLessThan(0.1);
    expect(newScanInside).toBeGreaterThan(0.9);
  });

  it('nifti calibrates on a manifest and writes the intervals of a new scan', () => {
    const { procedure, n, lambda, test } = readJson('nifti', 'calibration.json');
    expect([procedure, n]).toEqual(['sem-crc', 24]);
    expect(lambda['7']).toBe(Math.fround(lambda['7']));
    expect(test.risk).toBeLessThan(0.1);
    const { units, organs } = readJson('nifti', 'applied', 'summary.json');
    expect(units).toBe('hu');
    expect(organs['7']).toMatchObject({ name: 'liver', status: 'calibrated', lambda: { 7: lambda['7'] } });
    expect(readdirSync(path.join(folder, 'nifti/applied'))).toEqual(
      expect.arrayContaining(['lambda.nii.gz', 'lower.nii.gz', 'upper.nii.gz', 'width.nii.gz']),
    );
  });

  it('python reads an experiment with pandas and calibrated intervals with nibabel', (context) => {
    needPython(context, 'nibabel', 'pandas');
    const results = path.join(folder, 'results');
    run(
      ...[process.execPath, command, 'experiment', path.join(folder, 'nifti/scans/manifest.csv')],
      ...[
        '--labels',
        'suprem',
        '--procedures',
        'crc,sem-crc',
        '--n-opt',
        '8',
        '--n-cal',
        '32',
        '--n-test',
        '8',
      ],
      ...['--runs', '2', '--out', results],
    );
    const segmentation = path.join(folder, 'nifti/new/segmentation.nii.gz');
    const applied = path.join(folder, 'nifti/applied');
    const experiment = path.join(results, 'experiment.json');
    const printed = run(
      PYTHON,
      'python/read_results.py',
      experiment,
      ...['--applied', applied, '--segmentation', segmentation],
    );
    const { runs } = readJson('results', 'experiment.json');
    const semantic = runs.filter(({ procedure }: { procedure: string }) => procedure === 'sem-crc');
    const risk =
      semantic.reduce((sum: number, { test }: { test: { risk: number } }) => sum + test.risk, 0) / 2;
    expect(Number(/^sem-crc +(\S+)/m.exec(printed)?.[1])).toBeCloseTo(risk, 3);
    expect(Number(/^liver +(\S+)/m.exec(printed)?.[1])).toBeCloseTo(semantic[0].lambda['7'], 3);
    const { meanWidth } = readJson('nifti', 'applied', 'summary.json').organs['7'];
    expect(Number(/^6 +(\S+)$/m.exec(printed)?.[1])).toBeCloseTo(meanWidth, 1);
  });

  it('monai writes a manifest that semcrc calibrates on, and names a case that lacks a file', (context) => {
    needPython(context, 'nibabel');
    const made = path.join(folder, 'monai');
    const manifest = path.join(folder, 'monai.csv');
    run(PYTHON, 'monai/make_predictions.py', made);
    const writing = [path.join(made, 'predictions'), path.join(made, 'truth'), '--out', manifest];
    expect(run(PYTHON, 'monai/write_manifest.py', ...writing)).toContain('24 scans');

    const sizes = ['--n-opt', '4', '--n-cal', '18', '--n-test', '6'];
    const labels = ['--labels', 'totalsegmentator'];
    const out = path.join(folder, 'monai.json');
    run(
      ...[process.execPath, command, 'calibrate', manifest, '--procedure', 'sem-crc'],
      ...[...labels, ...sizes, '--out', out],
    );
    const { test, lambda } = readJson('monai.json');
    expect(lambda['7']).toBeGreaterThan(lambda['0']); // the liver was made noisier than the rest
    expect(test.risk).toBeLessThan(0.1);

    rmSync(path.join(made, 'predictions/case_007/case_007_upper.nii.gz'));
    expect(() => run(PYTHON, 'monai/write_manifest.py', ...writing)).toThrow(/case_007.*case_007_upper/s);
  });

  it('paper goes from phantoms to one report, says what every stage took, and does no stage twice', () => {
    const out = path.join(folder, 'paper');
    const args = ['paper/run.mjs', '--scale', 'tiny', '--workers', '1', '--out', out];
    expect(run(process.execPath, ...args)).toContain(
      'note: no --template, so that the cohort of warps is left out',
    );
    const report = readFileSync(path.join(out, 'report.html'), 'utf8');
    for (const cell of ['phantom-denoising', 'phantom-fbp']) {
      expect(report).toContain(cell);
      const { summary } = readJson('paper', cell, 'results', 'experiment.json');
      expect(summary.map(({ procedure }: { procedure: string }) => procedure)).toEqual(
        expect.arrayContaining(['crc', 'k-crc', 'sem-crc', 'organ-crc', 'shortest']),
      );
    }
    const summary = readFileSync(path.join(out, 'summary.md'), 'utf8');
    expect(summary).toMatch(
      /^\| phantom-fbp\/simulate, scan, predict and segment \| \d+\.\d \| \d+\.\d \| \d+ \|/m,
    );
    expect(run(process.execPath, ...args).match(/: done before$/gm)).toHaveLength(7);
    expect(readFileSync(path.join(out, 'summary.md'), 'utf8')).toBe(summary);
    expect(() => run(process.execPath, 'paper/run.mjs', '--scale', 'small', '--out', out)).toThrow(
      /holds another experiment.*choose another --out/s,
    );
  });

  it('paper tells its hours from smaller scans', () => {
    const told = run(process.execPath, 'paper/run.mjs', '--scale', 'tiny', '--dry-run', '--workers', '2');
    expect(told).toMatch(
      /^phantom-fbp: \d+\.\d min to simulate and scan, \d+\.\d min to predict and segment$/m,
    );
    expect(told).toMatch(
      /^2 cohorts and tasks of 6 patients: \d+\.\d min of one core, \d+\.\d min of 2\. Estimated from smaller/m,
    );
  });

  const reason = reasonToSkip();
  if (reason) console.warn(`the page example is skipped: ${reason}`);
  it.skipIf(reason !== undefined)('page calibrates in Workers and shows λ by organ', async () => {
    const browser = await launchChromium();
    try {
      const settled = `(/^Calibrating/.test(document.getElementById('state').textContent) ? undefined : document.body.innerText)`;
      const { outcome } = await visit(browser, path.join(examples, 'page'), { outcome: settled });
      const text = String(outcome);
      expect(text).toMatch(/^Risk on 12 held-out scans: 0\.\d+ and 0\.\d+, at ε = 0\.1\.$/m);
      for (const [, risk] of text.matchAll(/\b(0\.\d{3})\b/g)) expect(Number(risk)).toBeLessThan(0.13);
      const [, crc, semantic] = /^liver\t(\S+) HU\t(\S+) HU$/m.exec(text)!;
      expect(Number(crc)).toBeGreaterThan(0);
      expect(Number(semantic)).toBeGreaterThan(0);
    } finally {
      await browser.close();
    }
  });

  it.each([...folders])('%s has a README of its own and a line in the list', (name) => {
    expect(readFileSync(path.join(examples, name, 'README.md'), 'utf8')).toMatch(/^# /);
    expect(readFileSync(path.join(examples, 'README.md'), 'utf8')).toContain(`](${name}/README.md)`);
  });
});
