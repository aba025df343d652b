import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = path.join(root, 'apps/cli/dist/main.js');
const box = path.join(root, 'tooling/slurm/one-box.sh');
const snakemake = process.env.SEMCRC_SNAKEMAKE ?? 'snakemake';

/** Why Slurm cannot be started here; undefined where it can. Required, its absence is no reason. */
const withoutSlurm = (() => {
  if (process.env.SEMCRC_REQUIRE_SLURM) return undefined;
  if (process.getuid?.() !== 0) return 'a Slurm of one box needs root';
  const lacking = ['slurmctld', 'slurmd', 'munged', 'sbatch'].find((name) => !isThere(name));
  return lacking && `no ${lacking} here (Debian: slurm-wlm, munge)`;
})();
const withoutSnakemake =
  withoutSlurm ??
  (process.env.SEMCRC_REQUIRE_SLURM || isThere(snakemake) ? undefined : `no ${snakemake} here`);
if (withoutSnakemake) console.warn(`skipping tests on a cluster: ${withoutSnakemake}`);

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`]).status === 0;
}

let folder: string;
let environment: NodeJS.ProcessEnv;
beforeAll(() => {
  if (withoutSlurm) return;
  folder = mkdtempSync(path.join(tmpdir(), 'semcrc-cluster-'));
  // munged is not root, and must find its socket.
  chmodSync(folder, 0o755);
  environment = { ...process.env, SLURM_CONF: path.join(folder, 'slurm', 'slurm.conf') };
  execFileSync('bash', [box, 'start', path.join(folder, 'slurm')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}, 120_000);
afterAll(() => {
  if (withoutSlurm) return;
  execFileSync('bash', [box, 'stop', path.join(folder, 'slurm')], { stdio: 'inherit' });
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
}, 60_000);

function semcrc(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

function succeed(...args: string[]): string {
  const { code, stdout, stderr } = semcrc(...args);
  expect(stderr).not.toMatch(/^error/m);
  expect(code).toBe(0);
  return stdout;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits for something, looking every few milliseconds; a cluster that is stuck fails the test by its time limit. */
async function until<T>(find: () => T | undefined | false, every = 20): Promise<T> {
  for (;;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    await pause(every);
  }
}

/** Each look is a process, on the cores that the jobs are done with. */
const untilQueueIsEmpty = () =>
  until(
    () => execFileSync('squeue', ['--noheader'], { env: environment, encoding: 'utf8' }).trim() === '',
    250,
  );

/** The process that does a part now. */
function holderOf(out: string, part: number): number | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, `${out}.parts`, `part-${part}.lock`), 'utf8')).pid;
  } catch {
    return undefined;
  }
}

/** Every file below a folder, with a digest of its bytes, without what the clock decides. */
function bytesOf(name: string): Record<string, string> {
  const place = path.join(folder, name);
  const files = readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const timeless = (file: string, content: Buffer) => {
    if (!/(experiment|run-\d+)\.json$/.test(file)) return content;
    const drop = (key: string, value: unknown) => (key === 'seconds' || key === 'sha256' ? undefined : value);
    return JSON.stringify(JSON.parse(content.toString(), drop));
  };
  return Object.fromEntries(
    files.map((file) => [
      file.slice(place.length),
      createHash('sha256')
        .update(timeless(file, readFileSync(file)))
        .digest('hex'),
    ]),
  );
}

const SMALL = ['--size', '40,40,6', '--spacing', '10,10,20'];

describe.skipIf(withoutSlurm)(`parts on Slurm${withoutSlurm ? ` (${withoutSlurm})` : ''}`, () => {
  const command = ['simulate', 'phantom', '-n', '45', ...SMALL];

  it('are submitted with a merge; a task is killed, its part is named, and the same script goes on to the same bytes', async () => {
    const submit = [
      'slurm',
      ...command,
      '--out',
      'phantoms',
      '--parts',
      '3',
      '--cpus',
      '1',
      '--submit',
      '--json',
    ];
    const sent = JSON.parse(succeed(...submit));
    expect(sent.trial).toMatchObject({ items: 45, noun: 'scans', resources: { made: 1 } });
    // Twice what the dry run took, and five minutes, in tens.
    expect(sent.task.minutes % 10).toBe(0);
    expect(sent.task.minutes).toBeGreaterThan(0);
    expect(sent.task.memoryMiB).toBeGreaterThan(64);
    expect(sent.script).toContain('--array=1-3');
    process.kill(await until(() => holderOf('phantoms', 2)), 'SIGKILL');
    await untilQueueIsEmpty();
    // The merge left the queue and never ran.
    const lacking = semcrc('merge', 'phantoms');
    expect(lacking.stderr).toMatch(/phantoms lacks part 2 of 3, that is 15 of 45 scans \(phantom-015, /);
    expect(lacking.code).toBe(3);
    const { parts } = JSON.parse(succeed('status', 'phantoms', '--json'));
    expect(parts.map(({ state }: { state: string }) => state)).toEqual(['done', 'missing', 'done']);
    const kept = readdirSync(path.join(folder, 'phantoms', 'scans')).length;
    expect(kept).toBeGreaterThanOrEqual(30);

    writeFileSync(path.join(folder, 'again.sh'), sent.script);
    const again = execFileSync('bash', ['again.sh'], { cwd: folder, env: environment, encoding: 'utf8' });
    expect(again).toMatch(/^array \d+: 3 parts of semcrc simulate; merge \d+ follows/);
    await untilQueueIsEmpty();
    expect(readFileSync(path.join(folder, 'phantoms.slurm', 'merge.log'), 'utf8')).toMatch('merged into');
    expect(existsSync(path.join(folder, 'phantoms.parts'))).toBe(false);
    succeed(...command, '--out', 'by-one', '--workers', '2');
    expect(bytesOf('phantoms')).toEqual(bytesOf('by-one'));
  }, 600_000);

  it('are refused by Slurm in one sentence', () => {
    const args = ['slurm', ...command, '--parts', '2', '--mem', '100', '--time', '1', '--submit'];
    const { code, stderr } = semcrc(...args, '--sbatch=--partition=nowhere');
    expect(stderr).toMatch(
      /^error: the jobs could not be submitted: .*(partition|Batch job submission failed)/m,
    );
    expect(code).toBe(3);
  });
});

/** semcrc, but the first part of the experiment is killed in the middle of its work when it is done for the first time. */
const KILLED_ONCE = `
run() { exec ${process.execPath} ${main} "$@"; }
case "$*" in experiment*--part\\ 1/2*) mkdir killed 2>/dev/null || run "$@" ;; *) run "$@" ;; esac
(run "$@") &
until [ -s out/results/runs/run-020.json ]; do sleep 0.01; done
kill -9 $!
wait $!
echo $? >killed/status
exit 1
`;

const CONFIG = `
out: out
semcrc: bash semcrc.sh
scans: 3
retries: 1
simulate: { parts: 1, threads: 1, resources: { mem_mb: 500, runtime: 5 }, options: '--size 40,40,20 --spacing 10,10,10' }
scan: { threads: 1, resources: { mem_mb: 500, runtime: 5 }, options: '--geometry parallel --max-angles 60' }
predict: { parts: 1, threads: 1, resources: { mem_mb: 500, runtime: 5 }, options: '--model baseline' }
prepare: { parts: 2, threads: 1, resources: { mem_mb: 500, runtime: 5 }, options: '--prepare none' }
profile: { parts: 2, threads: 1, resources: { mem_mb: 500, runtime: 5 }, options: '--site here' }
experiment:
  parts: 2
  threads: 1
  resources: { mem_mb: 500, runtime: 5 }
  options: '--runs 200 --epsilon 0.6 --n-opt 1 --n-cal 2 --n-test 1 --procedures crc,sem-crc'
`;

describe.skipIf(withoutSnakemake)(`the workflow${withoutSnakemake ? ` (${withoutSnakemake})` : ''}`, () => {
  const run = (...args: string[]): ChildProcess =>
    spawn(snakemake, ['--snakefile', path.join(root, 'workflow/Snakefile'), ...args], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const ended = (child: ChildProcess) => {
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (log += text));
    return new Promise<{ code: number | null; log: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, log })),
    );
  };

  it('goes from phantoms to a report, here and on Slurm, over a task that is killed, as one process would', async () => {
    writeFileSync(path.join(folder, 'config.yaml'), CONFIG);
    writeFileSync(path.join(folder, 'semcrc.sh'), KILLED_ONCE);
    const config = ['--configfile', 'config.yaml', '--scheduler', 'greedy'];
    const here = await ended(run(...config, '--cores', '2', 'out/done/predicted'));
    expect(here.code, here.log).toBe(0);
    // A job is two starts of Snakemake, and whoever looks for its end too early waits ten seconds longer each time.
    const slurm = ['--executor', 'slurm', '--slurm-status-command', 'squeue', '--slurm-array-jobs', 'all'];
    const often = ['--slurm-init-seconds-before-status-checks', '8'];
    const place = ['--default-resources', 'slurm_partition=test', 'slurm_account=x'];
    const { code, log } = await ended(run(...config, '--jobs', '4', ...slurm, ...often, ...place));
    expect(code, log).toBe(0);
    // By SIGKILL; Snakemake started the job again, and the part went on.
    expect(readFileSync(path.join(folder, 'killed/status'), 'utf8')).toBe('137\n');
    expect(existsSync(path.join(folder, 'out/report.html'))).toBe(true);

    succeed('profile', 'out/cohort.zarr', '--site', 'here', '--out', 'out/whole.profiles');
    const profiles = (name: string) => readFileSync(path.join(folder, 'out', `${name}.profiles`));
    expect(profiles('cohort').equals(profiles('whole'))).toBe(true);
    // One process, to the same names, since configurations hold them.
    for (const name of ['cohort.zarr', 'results'])
      renameSync(path.join(folder, 'out', name), path.join(folder, 'out', `merged-${name}`));
    const prepare = ['prepare', 'out/predicted/manifest.csv', '--labels', 'suprem', '--prepare', 'none'];
    succeed(...prepare, '--out', 'out/cohort.zarr');
    expect(bytesOf('out/merged-cohort.zarr')).toEqual(bytesOf('out/cohort.zarr'));
    const options = ['--runs', '200', '--epsilon', '0.6', '--n-opt', '1', '--n-cal', '2', '--n-test', '1'];
    const procedures = ['--procedures', 'crc,sem-crc', '--no-report'];
    succeed('experiment', 'out/cohort.zarr', ...options, ...procedures, '--out', 'out/results');
    expect(bytesOf('out/merged-results')).toEqual(bytesOf('out/results'));
  }, 600_000);

  it('refuses a setting that its schema does not know', async () => {
    writeFileSync(path.join(folder, 'wrong.yaml'), CONFIG.replace('retries: 1', 'retires: 1'));
    const { code, log } = await ended(run('--configfile', 'wrong.yaml', '--cores', '1', '--dry-run'));
    expect(log).toMatch(/'retires' was unexpected/);
    expect(code).toBe(1);
  }, 60_000);
});
