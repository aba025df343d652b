import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MAIN, semcrc } from './command.ts';
import { SIZES, writeCohort } from './fixture.ts';

let root: string;
let manifest: string;
let started: ChildProcess[] = [];
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-lock-'));
  manifest = writeCohort(join(root, 'cohort'));
}, 120_000);
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started = [];
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Starts a process and waits for files that it makes, and for something in each. */
async function start(args: readonly string[], ...until: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  started.push(child);
  while (until.some((file) => !statSync(file, { throwIfNoEntry: false })?.size)) {
    expect(child.exitCode).toBe(null);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return child;
}

const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on('exit', resolve));

const experiment = (out: string, runs: number, ...others: string[]) => [
  'experiment',
  ...[manifest, '--labels', 'suprem', ...SIZES, '--epsilon', '0.2', '--workers', '1'],
  ...['--runs', String(runs), '--out', out, ...others],
];
const prepare = (out: string) => [
  'prepare',
  ...[manifest, '--labels', 'suprem', '--prepare', 'none', '--workers', '1', '--out', out],
];

/** Lock files left in a folder. */
const locks = (folder: string) =>
  readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.lock'));

function expectRefused(args: readonly string[], folder: string, holder: ChildProcess): void {
  const { code, stderr, stdout } = semcrc([...args, '--json']);
  expect(stderr).toMatch(`error: ${folder} is being written by another semcrc (process ${holder.pid} on `);
  expect(code).toBe(2);
  expect(JSON.parse(stdout).error).toMatchObject({
    code: 'usage',
    data: { directory: folder, pid: holder.pid },
  });
}

describe('a second experiment in one folder', () => {
  test('is refused while the first lives; the first goes on and lets go at Ctrl-C', async () => {
    const out = join(root, 'two');
    const first = await start([MAIN, ...experiment(out, 4000)], join(out, 'runs', 'run-001.json'));
    expectRefused(experiment(out, 4000), out, first);
    expectRefused(experiment(out, 3, '--force'), out, first);
    expect(JSON.parse(readFileSync(join(out, '.lock'), 'utf8'))).toMatchObject({ pid: first.pid });
    const end = ended(first);
    first.kill('SIGINT');
    expect(await end).toBe(130);
    expect(locks(out)).toEqual([]);
    expect(semcrc(experiment(out, 2)).code).toBe(0);
    expect(locks(out)).toEqual([]);
  });

  test('goes on at once after kill -9, whatever the lock file says', async () => {
    const out = join(root, 'killed');
    // A run begins while the one before is still being written: either file may come first.
    const runs = ['run-000.json', 'run-001.json'].map((name) => join(out, 'runs', name));
    const first = await start([MAIN, ...experiment(out, 4000)], ...runs);
    // Not awaited: the next one may start before the system has cleared the killed one away.
    first.kill('SIGKILL');
    const { code, stderr } = semcrc(experiment(out, 2));
    expect(stderr).toMatch('2 of 2 runs were finished before');
    expect(code).toBe(0);
    expect(locks(out)).toEqual([]);
    // A power loss leaves the same: a file that names a process, and perhaps a number that another process has by now.
    writeFileSync(
      join(out, '.lock'),
      JSON.stringify({ schema: 'semcrc/lock@1', pid: process.pid, host: 'elsewhere', since: 'then' }),
    );
    expect(semcrc(experiment(out, 3)).code).toBe(0);
    expect(locks(out)).toEqual([]);
  });

  test('goes on after one that ended with an error', () => {
    const out = join(root, 'failed');
    expect(semcrc(experiment(out, 2)).code).toBe(0);
    expect(semcrc(experiment(out, 2, '--seed', '7')).code).toBe(2);
    expect(locks(out)).toEqual([]);
    expect(semcrc(experiment(out, 3)).code).toBe(0);
  });

  test('is refused in the folder of a grid, too', async () => {
    const grid = join(root, 'grid.yaml');
    writeFileSync(
      grid,
      `source: ${manifest}\nlabels: suprem\nnOpt: 2\nnCal: 9\nnTest: 3\nruns: 4000\ngrid:\n  epsilon: [0.2, 0.3]\n`,
    );
    const out = join(root, 'grid');
    const cell = join(out, 'epsilon-0.3');
    const first = await start([MAIN, 'experiment', grid, '--out', out], join(cell, 'runs', 'run-001.json'));
    expectRefused(['experiment', grid, '--out', out], out, first);
    expectRefused(experiment(cell, 2), cell, first);
  });
});

describe('a second prepare of one cohort', () => {
  test('is refused while the first lives, and the first comes to its end', async () => {
    const out = join(root, 'two.zarr');
    const first = await start([MAIN, ...prepare(out)], `${out}.lock`);
    first.kill('SIGSTOP');
    expectRefused(prepare(out), out, first);
    const end = ended(first);
    first.kill('SIGCONT');
    expect(await end).toBe(0);
    expect(existsSync(`${out}.lock`)).toBe(false);
    expect(semcrc(prepare(out)).stdout).toMatch('holds this cohort already');
  });

  test('goes on at once after kill -9', async () => {
    const out = join(root, 'killed.zarr');
    const first = await start([MAIN, ...prepare(out)], `${out}.lock`);
    first.kill('SIGKILL');
    expect(semcrc(prepare(out)).code).toBe(0);
    expect(existsSync(`${out}.lock`)).toBe(false);
  });
});
