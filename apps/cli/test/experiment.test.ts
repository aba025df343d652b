import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { experimentFileSchema } from '../src/settings.ts';
import { MAIN, semcrcHere } from './command.ts';
import { SIZES, writeCohort } from './fixture.ts';

let root: string;
let manifest: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-experiment-'));
  manifest = writeCohort(join(root, 'cohort'));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const EPSILON = ['--epsilon', '0.2'];

function args(out: string, ...more: string[]): string[] {
  return [
    'experiment',
    manifest,
    '--labels',
    'suprem',
    ...SIZES,
    '--workers',
    '1',
    '--out',
    join(root, out),
    ...more,
  ];
}

interface Run {
  readonly procedure: string;
  readonly run: number;
  readonly seconds: unknown;
}

/** What is compared where nothing is named: the paper's four, and the shortest. */
const PROCEDURES = ['crc', 'k-crc', 'sem-crc', 'organ-crc', 'shortest'];

function runsOf(out: string): Omit<Run, 'seconds'>[] {
  const { runs } = JSON.parse(readFileSync(join(root, out, 'experiment.json'), 'utf8')) as { runs: Run[] };
  return runs.map(({ seconds: _, ...run }) => run);
}

describe('results', () => {
  test('do not depend on the number of workers', async () => {
    for (const workers of ['1', '2']) {
      const outcome = await semcrcHere(
        args(`workers-${workers}`, ...EPSILON, '--runs', '3', '--workers', workers),
      );
      expect(outcome.stderr).not.toMatch(/error/);
      expect(outcome.code).toBe(0);
      expect(outcome.stdout).toMatch(/procedure +runs +risk/);
      for (const procedure of PROCEDURES) {
        expect(outcome.stdout).toMatch(new RegExp(`^${procedure} +3 `, 'm'));
      }
    }
    expect(runsOf('workers-2')).toEqual(runsOf('workers-1'));
    expect(runsOf('workers-1').map(({ procedure, run }) => `${run} ${procedure}`)).toEqual(
      [0, 1, 2].flatMap((run) => PROCEDURES.map((name) => `${run} ${name}`)),
    );
  });

  test('come with a summary table, position maps, an example scan and a risk curve', async () => {
    const folder = join(root, 'workers-1');
    const csv = readFileSync(join(folder, 'summary.csv'), 'utf8').trim().split('\n');
    expect(csv[0]).toBe('procedure,runs,risk_mean,risk_sd,length_mean,length_sd,length_mean_hu,length_sd_hu');
    const { summary, units } = JSON.parse(readFileSync(join(folder, 'experiment.json'), 'utf8'));
    expect(csv.slice(1)).toEqual(
      summary.map(
        ({ procedure, runs, risk, length }: (typeof summary)[number]) =>
          `${procedure},${runs},${risk.mean},${risk.sd},${length.mean},${length.sd},` +
          `${length.mean * units.huPerUnit},${length.sd * units.huPerUnit}`,
      ),
    );
    expect(readdirSync(join(folder, 'membership'))).toEqual([
      'run-000.nii.gz',
      'run-001.nii.gz',
      'run-002.nii.gz',
    ]);
    const example = JSON.parse(readFileSync(join(folder, 'example', 'example.json'), 'utf8'));
    for (const volume of example.volumes) {
      expect(existsSync(join(folder, 'example', `${volume}.nii.gz`))).toBe(true);
    }
    const curve = JSON.parse(readFileSync(join(folder, 'risk-curve.json'), 'utf8'));
    expect(curve.lambda.length).toBe(curve.risk.length);
    curve.risk.forEach((risk: number, at: number) => {
      expect(risk).toBeLessThanOrEqual(curve.risk[at - 1] ?? 1);
    });
  });

  test('no file is left half-written beside them', async () => {
    const files = readdirSync(join(root, 'workers-1'), { recursive: true }).map(String);
    expect(files.filter((name) => name.includes('.partial'))).toEqual([]);
  });
});

describe('a folder that holds runs already', () => {
  test('goes on from there: more runs keep the first ones', async () => {
    expect((await semcrcHere(args('more', ...EPSILON, '--runs', '1'))).code).toBe(0);
    const kept = readFileSync(join(root, 'more', 'runs', 'run-000.json'), 'utf8');
    const outcome = await semcrcHere(args('more', ...EPSILON, '--runs', '3'));
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(/1 of 3 runs were finished before/);
    expect(readFileSync(join(root, 'more', 'runs', 'run-000.json'), 'utf8')).toBe(kept);
    expect(runsOf('more')).toEqual(runsOf('workers-1'));
  });

  test('a damaged run is done again', async () => {
    const path = join(root, 'more', 'runs', 'run-001.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('sem-crc', 'crc-sem'));
    const outcome = await semcrcHere(args('more', ...EPSILON, '--runs', '3'));
    expect(outcome.stderr).toMatch(/2 of 3 runs were finished before/);
    expect(runsOf('more')).toEqual(runsOf('workers-1'));
  });

  test('other options are refused and name what differs, unless --force discards the runs', async () => {
    const before = readFileSync(join(root, 'more', 'experiment.json'), 'utf8');
    const other = args('more', '--epsilon', '0.3', '--runs', '1', '--procedures', 'crc');
    const refused = await semcrcHere(other);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/finished runs of another experiment.*was.*now.*--force/);
    expect(readFileSync(join(root, 'more', 'experiment.json'), 'utf8')).toBe(before);
    expect((await semcrcHere([...other, '--force'])).code).toBe(0);
    expect(runsOf('more').map(({ procedure, run }) => `${run} ${procedure}`)).toEqual(['0 crc']);
    expect(readdirSync(join(root, 'more', 'runs')).sort()).toEqual(['journal.json', 'run-000.json']);
  });
});

describe('config files', () => {
  function config(name: string, text: string): string {
    const path = join(root, name);
    writeFileSync(path, text);
    return path;
  }

  test('a grid gives a folder to each combination, equal to the experiment on its own', async () => {
    const path = config(
      'grid.yaml',
      `source: cohort/manifest.csv
labels: suprem
procedures: [crc, sem-crc]
runs: 2
nOpt: 2
nCal: 9
nTest: 3
grid:
  epsilon: [0.2, 0.3]
  within: [scan, body]
`,
    );
    const out = join(root, 'grid');
    const outcome = await semcrcHere(['experiment', path, '--workers', '1', '--out', out]);
    expect(outcome.stderr).not.toMatch(/error/);
    expect(outcome.code).toBe(0);
    const cells = [
      'epsilon-0.2_within-scan',
      'epsilon-0.2_within-body',
      'epsilon-0.3_within-scan',
      'epsilon-0.3_within-body',
    ];
    expect(JSON.parse(readFileSync(join(out, 'grid.json'), 'utf8')).cells).toEqual(
      cells.map((folder) => {
        const [epsilon, within] = folder.split('_').map((part) => part.split('-')[1]);
        return { folder, axes: { epsilon, within } };
      }),
    );
    const table = readFileSync(join(out, 'summary.csv'), 'utf8').trim().split('\n');
    expect(table.length).toBe(1 + 2 * cells.length);
    expect(table[0]).toMatch(/^epsilon,within,procedure,/);
    expect(table[3]).toMatch(/^0\.2,body,crc,2,/);

    const alone = ['--epsilon', '0.3', '--runs', '2', '--procedures', 'crc,sem-crc'];
    expect((await semcrcHere(args('alone', ...alone))).code).toBe(0);
    expect(runsOf('grid/epsilon-0.3_within-scan')).toEqual(runsOf('alone'));
  });

  test('sources are an axis, too, each with what sets it apart', async () => {
    writeCohort(join(root, 'second'));
    const path = config(
      'sources.yaml',
      `labels: suprem
procedures: [crc]
runs: 1
epsilon: 0.2
nOpt: 2
nCal: 9
nTest: 3
grid:
  source:
    - cohort/manifest.csv
    - { name: wide, source: second/manifest.csv, window: [-200, 300] }
`,
    );
    const out = join(root, 'sources');
    expect((await semcrcHere(['experiment', path, '--workers', '1', '--out', out])).code).toBe(0);
    const configs = ['source-manifest', 'source-wide'].map(
      (folder) => JSON.parse(readFileSync(join(out, folder, 'experiment.json'), 'utf8')).config,
    );
    expect(configs.map(({ window }) => window)).toEqual([
      [-175, 250],
      [-200, 300],
    ]);
    expect(configs[0].sourceDigest).not.toBe(configs[1].sourceDigest);
    expect(readFileSync(join(out, 'summary.csv'), 'utf8')).toMatch(/\nwide,crc,1,/);
  });

  test('options of the command line win over the file, its grid included', async () => {
    const path = join(root, 'grid.yaml');
    const out = join(root, 'narrowed');
    const outcome = await semcrcHere([
      'experiment',
      path,
      '--out',
      out,
      '--epsilon',
      '0.25',
      '--runs',
      '1',
      '--json',
    ]);
    expect(outcome.code).toBe(0);
    const cells = JSON.parse(outcome.stdout) as {
      axes: Record<string, string>;
      epsilon: number;
      runs: number;
    }[];
    expect(cells.map(({ axes, epsilon, runs }) => ({ axes, epsilon, runs }))).toEqual([
      { axes: { within: 'scan' }, epsilon: 0.25, runs: 1 },
      { axes: { within: 'body' }, epsilon: 0.25, runs: 1 },
    ]);
  });

  test.each([
    ['colour: red', /there is no setting colour; known are source/],
    ['grid:\n  speed: [1]', /there is no setting speed in grid/],
    ['epsilon: 2', /epsilon must be < 1, found 2/],
    ['procedures: [crc, magic]', /procedures\.1 must be one of crc, .*found "magic"/],
    ['strata: [colour:3]', /strata\.0 .*found "colour:3"/],
    ['source: [', /not YAML/],
    ['source: nowhere.csv\nlabels: suprem', /nowhere\.csv/],
  ])('%j is refused', async (text, message) => {
    const outcome = await semcrcHere([
      'experiment',
      config('refused.yaml', text),
      '--out',
      join(root, 'refused'),
    ]);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(3);
    expect(existsSync(join(root, 'refused'))).toBe(false);
  });

  test('the published schema is the one that files are checked against', async () => {
    const published = readFileSync(new URL('../schema/experiment-config-1.json', import.meta.url), 'utf8');
    const { $schema: _, ...schema } = JSON.parse(published);
    expect(schema).toEqual(JSON.parse(JSON.stringify(experimentFileSchema)));
  });

  test('a config file that is not there', async () => {
    const outcome = await semcrcHere(['experiment', join(root, 'missing.yaml')]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/missing\.yaml: cannot be read: no such file/);
  });
});

test('Ctrl-C exits with 130 and keeps the finished runs', async () => {
  const out = join(root, 'stopped');
  const child = spawn(
    process.execPath,
    [MAIN, ...args('stopped', ...EPSILON, '--runs', '4000', '--workers', '1')],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const runs = join(out, 'runs');
  while (!existsSync(runs) || readdirSync(runs).length < 4) {
    expect(child.exitCode).toBe(null);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  const kept = readdirSync(runs).filter((name) => name.startsWith('run-')).length;
  expect(kept).toBeGreaterThan(0);
  expect(stderr).toMatch(new RegExp(`error: interrupted: ${kept} of 4000 runs are kept`));
  expect(existsSync(join(out, 'experiment.json'))).toBe(false);
  expect((await semcrcHere(args('stopped', ...EPSILON, '--runs', '3'))).code).toBe(0);
  expect(runsOf('stopped')).toEqual(runsOf('workers-1'));
});
