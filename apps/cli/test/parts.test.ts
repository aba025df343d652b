import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncProperty, check, integer } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN, type Outcome, semcrc, semcrcHere } from './command.ts';
import { SIZES, writeCohort } from './fixture.ts';
import { folderBytes, type Timeless, withoutSeconds } from './folder-bytes.ts';
import { killParts } from './killed-parts.ts';

let root: string;
let cohort: string;
let manifest: string;
let phantoms: string;
let grid: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-parts-'));
  cohort = join(root, 'cohort');
  manifest = writeCohort(cohort);
  phantoms = join(root, 'phantoms');
  expect((await semcrcHere([...simulate(5), '--out', phantoms])).code).toBe(0);
  grid = join(root, 'grid.yaml');
  writeFileSync(
    grid,
    `source: ${manifest}\nlabels: suprem\nnOpt: 2\nnCal: 9\nnTest: 3\nruns: 3\nprocedures: [crc, k-crc, organ-crc]\n` +
      'grid:\n  epsilon: [0.3, 0.2]\n  within: [scan, body]\n',
  );
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ONE = ['--workers', '1'];
const simulate = (scans: number, ...others: string[]) => [
  ...['simulate', 'phantom', '-n', String(scans), '--size', '40,40,6', '--spacing', '10,10,20'],
  ...[...others, ...ONE],
];
const prepare = (source = manifest) => ['prepare', source, '--labels', 'suprem', '--prepare', 'none', ...ONE];
const predict = () => ['predict', '--model', 'baseline', '--input', join(phantoms, 'manifest.csv'), ...ONE];
const experiment = () => [
  ...['experiment', manifest, '--labels', 'suprem', ...SIZES, '--epsilon', '0.2', '--runs', '4'],
  ...['--procedures', 'crc,k-crc,sem-crc', '--no-report', ...ONE],
];

/** A new output's place, as deep as every other: manifests name files relative to it. */
let outputs = 0;
const newOut = (suffix = '') => join(root, `out-${outputs++}${suffix}`);

async function succeed(args: readonly string[]): Promise<Outcome> {
  const outcome = await semcrcHere(args);
  expect(outcome.stderr).not.toMatch(/error/);
  expect(outcome.code).toBe(0);
  return outcome;
}

/** What one process writes. */
async function whole(
  args: readonly string[],
  timeless?: Timeless,
  suffix?: string,
): Promise<Record<string, string>> {
  const out = newOut(suffix);
  await succeed([...args, '--out', out]);
  return folderBytes(out, timeless);
}

/** Does parts in some order, then merges. @returns what stands there then */
async function merged(
  args: readonly string[],
  of: number,
  order: readonly number[],
  {
    timeless,
    suffix,
    between,
  }: { timeless?: Timeless; suffix?: string; between?: (out: string) => void } = {},
): Promise<Record<string, string>> {
  const out = newOut(suffix);
  for (const index of order) {
    await succeed([...args, '--out', out, '--part', `${index}/${of}`]);
    between?.(out);
  }
  await succeed(['merge', out, '--no-report']);
  expect(existsSync(`${out}.parts`)).toBe(false);
  expect(existsSync(`${out}.lock`)).toBe(false);
  return folderBytes(out, timeless);
}

const numbers = (of: number) => Array.from({ length: of }, (_, at) => at + 1);
const backwards = (of: number) => numbers(of).reverse();

describe('merged parts are, to the byte, what one process writes', () => {
  test.each([1, 2, 3, 7])('prepare in %i', async (of) => {
    const one = await whole(prepare(), undefined, '.zarr');
    expect(Object.keys(one).length).toBeGreaterThan(12 * 4);
    expect(await merged(prepare(), of, backwards(of), { suffix: '.zarr' })).toEqual(one);
  });

  test.each(['manifest', 'semantic-uq', 'store'])(
    'simulate, %s, in more parts than scans',
    async (layout) => {
      const args = simulate(3, '--layout', layout);
      expect(await merged(args, 7, [2, 7, 1, 3, 5])).toEqual(await whole(args));
    },
  );

  test.each([2, 3])('predict in %i', async (of) => {
    expect(await merged(predict(), of, backwards(of))).toEqual(await whole(predict()));
  });

  test.each([1, 3, 7])('experiment in %i', async (of) => {
    const one = await whole(experiment(), withoutSeconds);
    expect(one).toHaveProperty('risk-curve.json');
    expect(one).toHaveProperty('example/example.json');
    expect(one).toHaveProperty('membership/run-003.nii.gz');
    expect(await merged(experiment(), of, backwards(of), { timeless: withoutSeconds })).toEqual(one);
  });

  test('a grid in 4: cells that differ in ε alone share their runs', async () => {
    const args = ['experiment', grid, '--no-report', ...ONE];
    const one = await whole(args, withoutSeconds);
    expect(one).toHaveProperty('grid.json');
    const out = newOut();
    const { stderr } = await succeed([...args, '--out', out, '--part', '2/4']);
    // Two batches of three runs.
    expect(stderr).toMatch('part 2 of 4: runs 3 to 4 of 6');
    for (const part of ['4/4', '1/4', '3/4']) await succeed([...args, '--out', out, '--part', part]);
    await succeed(['merge', out, '--no-report']);
    expect(folderBytes(out, withoutSeconds)).toEqual(one);
  });

  test('with the report that one process writes', async () => {
    const args = experiment().filter((word) => word !== '--no-report');
    const out = newOut();
    for (const part of ['1/2', '2/2']) await succeed([...args, '--out', out, '--part', part]);
    const { stdout } = await succeed(['merge', out]);
    expect(stdout).toMatch(`the report is ${join(out, 'report.html')}`);
    const one = newOut();
    await succeed([...args, '--out', one]);
    expect(Object.keys(folderBytes(out))).toEqual(Object.keys(folderBytes(one)));
  });

  test('whatever the cohort, the number of parts, their order, and how often each is done', async () => {
    const claim = asyncProperty(
      integer({ min: 1, max: 9 }),
      integer({ min: 1, max: 11 }),
      integer({ min: 0, max: 2 ** 31 }),
      async (scans, of, seed) => {
        const source = writeCohort(join(root, `cohort-${outputs++}`), { scans, from: seed % 1000 });
        const order = shuffled([...numbers(of), 1 + (seed % of), 1], seed);
        const one = await whole(prepare(source), undefined, '.zarr');
        expect(await merged(prepare(source), of, order, { suffix: '.zarr' })).toEqual(one);
      },
    );
    const { failed, counterexample } = await check(claim, { seed: 24, numRuns: 25 });
    expect(failed ? counterexample : null).toBe(null);
  });

  test('on machines whose clocks are decades apart', async () => {
    let year = 1955;
    const skew = (out: string) => {
      year += 25;
      const then = new Date(Date.UTC(year));
      for (const folder of [out, `${out}.partial`, `${out}.parts`]) {
        if (!existsSync(folder)) continue;
        for (const name of readdirSync(folder, { recursive: true }).map(String))
          utimesSync(join(folder, name), then, then);
      }
    };
    const order = [3, 1, 2, 1];
    expect(await merged(prepare(), 3, order, { suffix: '.zarr', between: skew })).toEqual(
      await whole(prepare(), undefined, '.zarr'),
    );
    expect(await merged(experiment(), 3, order, { timeless: withoutSeconds, between: skew })).toEqual(
      await whole(experiment(), withoutSeconds),
    );
    expect(await merged(simulate(4), 3, order, { between: skew })).toEqual(await whole(simulate(4)));
  });
});

/** The same order for the same seed. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return items
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe('a part', () => {
  test('says which scans are its own, does them once, and touches no other', async () => {
    const out = newOut('.zarr');
    const first = await succeed([...prepare(), '--out', out, '--part', '1/3']);
    expect(first.stderr).toMatch('note: part 1 of 3: scans 1 to 4 of 12, s00 … s03; missing: parts 1–3');
    expect(first.stderr).toMatch('note: part 1 of 3 is done; missing: parts 2, 3');
    const before = folderBytes(`${out}.partial`);
    const again = await succeed([...prepare(), '--out', out, '--part', '1/3', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ state: 'part', index: 1, of: 3 });
    expect(recordOf(out, 1).resources.made).toBe(0);
    await succeed([...prepare(), '--out', out, '--part', '3/3']);
    expect(recordOf(out, 3).resources.made).toBe(4);
    expect(folderBytes(`${out}.partial`)).toMatchObject(before);
  });

  test('reads no scan of another: theirs may be gone by then', async () => {
    const source = writeCohort(join(root, 'vanishing'), { scans: 4 });
    const out = newOut('.zarr');
    await succeed([...prepare(source), '--out', out, '--part', '1/2']);
    for (const scan of ['s00', 's01']) rmSync(join(root, 'vanishing', scan), { recursive: true });
    await succeed([...prepare(source), '--out', out, '--part', '2/2']);
    await succeed(['merge', out]);
  });

  test('whose files changed since the first part began is refused', async () => {
    const source = writeCohort(join(root, 'changing'), { scans: 4 });
    const out = newOut('.zarr');
    await succeed([...prepare(source), '--out', out, '--part', '1/2']);
    appendFileSync(join(root, 'changing', 's02', 'lower.nii.gz'), 'x');
    const { code, stderr } = await semcrcHere([...prepare(source), '--out', out, '--part', '2/2']);
    expect(stderr).toMatch('scan s02: its files have changed since this cohort was begun');
    expect(code).toBe(3);
  });

  test('of another plan is refused, with the difference', async () => {
    const out = newOut();
    await succeed([...simulate(4), '--out', out, '--part', '1/2']);
    const other = await semcrcHere([...simulate(4), '--out', out, '--part', '2/3']);
    expect(other.stderr).toMatch('they are 2 parts, not 3');
    expect(other.code).toBe(2);
    const seed = await semcrcHere([...simulate(4, '--seed', '1'), '--out', out, '--part', '2/2']);
    expect(seed.code).toBe(2);
    const entire = await semcrcHere([...simulate(4), '--out', out]);
    expect(entire.stderr).toMatch(`${out} is being written in parts: merge them (semcrc merge ${out})`);
    expect(entire.code).toBe(2);
    const forced = await semcrcHere([...simulate(4), '--out', out, '--part', '2/2', '--force']);
    expect(forced.stderr).toMatch('--force would discard what other parts have written');
    expect(forced.code).toBe(2);
  });

  test('is refused where one process writes the whole, of experiments too', async () => {
    const out = newOut();
    await succeed([...experiment(), '--out', out, '--part', '1/2']);
    const entire = await semcrcHere([...experiment(), '--out', out]);
    expect(entire.stderr).toMatch('is being written in parts');
    expect(entire.code).toBe(2);
  });

  test('after the merge finds its work done', async () => {
    for (const args of [simulate(3), predict()]) {
      const out = newOut();
      for (const part of ['1/2', '2/2']) await succeed([...args, '--out', out, '--part', part]);
      await succeed(['merge', out]);
      const before = folderBytes(out);
      await succeed([...args, '--out', out, '--part', '1/2']);
      expect(existsSync(`${out}.parts`)).toBe(false);
      expect(folderBytes(out)).toEqual(before);
    }
    const out = newOut('.zarr');
    for (const part of ['1/2', '2/2']) await succeed([...prepare(), '--out', out, '--part', part]);
    await succeed(['merge', out]);
    const { stdout } = await succeed([...prepare(), '--out', out, '--part', '1/2']);
    expect(stdout).toMatch('holds this cohort already');
  });

  test('takes its number from a Slurm array', () => {
    const out = newOut();
    const env = { ...process.env, SLURM_ARRAY_TASK_ID: '2', SLURM_ARRAY_TASK_COUNT: '2' };
    const { code, stderr } = semcrc([...simulate(3), '--out', out, '--part', 'slurm'], { env });
    expect(stderr).toMatch('part 2 of 2: scan 3 of 3, phantom-002');
    expect(code).toBe(0);
    const without = semcrc([...simulate(3), '--out', out, '--part', 'slurm'], { env: {} });
    expect(without.stderr).toMatch('SLURM_ARRAY_TASK_ID');
    expect(without.code).toBe(2);
  });
});

const recordOf = (out: string, part: number) =>
  JSON.parse(readFileSync(join(`${out}.parts`, `part-${part}.json`), 'utf8'));

describe('merge', () => {
  test('names what is missing, and what a part had made and is gone', async () => {
    const out = newOut();
    await succeed([...simulate(5), '--out', out, '--part', '2/3']);
    const lacking = await semcrcHere(['merge', out, '--json']);
    expect(lacking.stderr).toMatch(
      'lacks parts 1, 3 of 3, that is 3 of 5 scans (phantom-000, phantom-001, phantom-004)',
    );
    expect(lacking.stderr).toMatch('run simulate with --part 1/3 and so on');
    expect(JSON.parse(lacking.stdout).error.data).toMatchObject({ missing: [1, 3], of: 3 });
    expect(lacking.code).toBe(3);
    for (const part of ['1/3', '3/3']) await succeed([...simulate(5), '--out', out, '--part', part]);
    rmSync(join(out, 'scans', 'phantom-003', 'lower.nii.gz'));
    const gone = await semcrcHere(['merge', out]);
    expect(gone.stderr).toMatch('files of scan phantom-003 are gone');
    expect(gone.code).toBe(3);
    await succeed([...simulate(5), '--out', out, '--part', '2/3']);
    await succeed(['merge', `${out}.parts`]);
  });

  test('takes no copy of a run for another', async () => {
    const out = newOut();
    for (const part of ['1/2', '2/2']) await succeed([...experiment(), '--out', out, '--part', part]);
    const runs = join(out, 'runs');
    writeFileSync(join(runs, 'run-002.json'), readFileSync(join(runs, 'run-001.json')));
    const { code, stderr } = await semcrcHere(['merge', out]);
    expect(stderr).toMatch('run 2 is missing, damaged, or a copy of another');
    expect(code).toBe(3);
    await succeed([...experiment(), '--out', out, '--part', '2/2']);
    await succeed(['merge', out, '--no-report']);
    expect(folderBytes(out, withoutSeconds)).toEqual(await whole(experiment(), withoutSeconds));
  });

  test('of what is whole has nothing to do', async () => {
    for (const [args, suffix] of [[simulate(3)], [prepare(), '.zarr'], [experiment()]] as const) {
      const out = newOut(suffix);
      await succeed([...args, '--out', out]);
      const before = folderBytes(out);
      expect((await succeed(['merge', out])).stdout).toMatch(
        'is whole: no parts of it are left to be merged',
      );
      expect(folderBytes(out)).toEqual(before);
    }
  });

  test('of nothing says what it expected', async () => {
    const { code, stderr } = await semcrcHere(['merge', cohort]);
    expect(stderr).toMatch('expected cohort.parts beside it');
    expect(code).toBe(3);
  });
});

describe('status', () => {
  test('lists parts done and missing, and changes nothing', async () => {
    const out = newOut();
    await succeed([...simulate(5), '--out', out, '--part', '2/3']);
    const before = folderBytes(`${out}.parts`);
    const { stdout } = await succeed(['status', out]);
    expect(stdout).toMatch('semcrc simulate of 5 scans in 3 parts: 1 done, 0 running, 2 missing');
    expect(stdout).toMatch(/2\s+done\s+2\s+phantom-002 … phantom-003/);
    const { parts } = JSON.parse((await succeed(['status', out, '--json'])).stdout);
    expect(parts.map(({ state }: { state: string }) => state)).toEqual(['missing', 'done', 'missing']);
    expect(folderBytes(`${out}.parts`)).toEqual(before);
  });

  test('shows a part that runs, and that a second one is refused', async () => {
    const out = newOut();
    const args = [MAIN, ...simulate(400), '--out', out, '--part', '2/2'];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    try {
      while (!existsSync(join(out, 'scans', 'phantom-200', 'segmentation.nii.gz'))) {
        expect(child.exitCode).toBe(null);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      child.kill('SIGSTOP');
      const { parts } = JSON.parse((await succeed(['status', out, '--json'])).stdout);
      expect(parts[1]).toMatchObject({
        state: 'running',
        remark: expect.stringContaining(`process ${child.pid} on `),
      });
      const second = await semcrcHere([...simulate(400), '--out', out, '--part', '2/2']);
      expect(second.stderr).toMatch(
        `part 2 of 2 of ${out} is being written by another semcrc (process ${child.pid}`,
      );
      expect(second.code).toBe(2);
    } finally {
      child.kill('SIGKILL');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { parts } = JSON.parse((await succeed(['status', out, '--json'])).stdout);
    expect(parts[1].state).toBe('missing');
  });
});

test('killed at any moment, parts go on and come out the same', async () => {
  await killParts(prepare(), { folder: mkdtempSync(join(root, 'killed-')), suffix: '.zarr', kills: 3 });
}, 120_000);

test('inputs that nobody may write are enough', async (context) => {
  const locked = join(root, 'locked');
  mkdirSync(locked);
  try {
    execFileSync('mount', ['--bind', cohort, locked], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'remount,ro,bind', locked], { stdio: 'pipe' });
  } catch (error) {
    return context.skip(`cannot mount a folder read-only here (${(error as Error).message.trim()})`);
  }
  try {
    const source = join(locked, 'manifest.csv');
    const before = statSync(source).mtimeMs;
    const one = await whole(prepare(source), undefined, '.zarr');
    expect(await merged(prepare(source), 3, [2, 3, 1], { suffix: '.zarr' })).toEqual(one);
    expect(statSync(source).mtimeMs).toBe(before);
    const refused = await semcrcHere([...prepare(source), '--out', join(locked, 'c.zarr'), '--part', '1/2']);
    expect(refused.stderr).toMatch(/error: cannot write .*read-only/);
    expect(refused.code).toBe(3);
  } finally {
    execFileSync('umount', [locked]);
  }
  return undefined;
});
