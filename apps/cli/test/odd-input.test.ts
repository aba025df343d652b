import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN, semcrc, semcrcHere } from './command.ts';
import { FITTING, SIZES, writeCohort } from './fixture.ts';

let root: string;
let manifest: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-odd-'));
  manifest = writeCohort(join(root, 'cohort'));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('config files', () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]
${'abcdefgh'
  .split('')
  .slice(1)
  .map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`).join(', ')}]`)
  .join('\n')}`;

  test.each([
    ['an alias bomb', bomb, /is not YAML: .*alias/],
    ['nesting deeper than the stack', '['.repeat(60_000), /is not YAML: it is nested deeper than 100/],
    ['sequences in sequences', '- '.repeat(30_000), /is not YAML: it is nested deeper than 100/],
    [
      'nesting as a value',
      `epsilon: ${'['.repeat(2000)}${']'.repeat(2000)}`,
      /is not YAML: it is nested deeper than 100/,
    ],
    ['an inherited name as a setting', 'constructor: 1', /there is no setting constructor/],
    ['__proto__ as a setting', '__proto__: {epsilon: 0.3}', /there is no setting __proto__/],
    ['an inherited name as an axis', 'grid: {toString: [1]}', /there is no setting toString in grid/],
    ['a text as long as a book', `labels: ${'x'.repeat(2 ** 17)}`, /expected a text of at most 65536/],
    [
      'a grid of a million experiments',
      `grid:\n  seed: [${[...Array(1000).keys()]}]\n  nTest: [${[...Array(1000).keys()]}]`,
      /the grid has 1000000 combinations, expected at most 10000/,
    ],
    ['more runs than anyone waits for', 'runs: 1000000000', /runs must be <= 100000, found 1000000000/],
  ])('%s: refused in one line', async (_, text, message) => {
    const path = join(root, 'odd.yaml');
    writeFileSync(path, text);
    const out = join(root, 'odd-out');
    const { code, stderr, stdout } = await semcrcHere(['experiment', path, '--out', out]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: .{1,600}\n$/);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(existsSync(out)).toBe(false);
  });

  test('a pipe is not waited for', () => {
    const pipe = join(root, 'pipe.yaml');
    execFileSync('mkfifo', [pipe]);
    const { code, stderr } = semcrc(['experiment', pipe]);
    expect(stderr).toMatch(/pipe\.yaml: cannot be read: expected a file, found a FIFO/);
    expect(code).toBe(3);
  });
});

describe('control characters from files', () => {
  test('reach neither terminal nor pipe', () => {
    const path = join(root, '\u001b[31mred\u0007.csv');
    writeFileSync(path, 'scan,ground_truth\u001b[2J,lower\u202e\n');
    const { code, stdout, stderr } = semcrc(['calibrate', path, '--labels', 'suprem', '--json']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/\\u001b\[31mred\\u0007/);
    for (const text of [stdout, stderr]) expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(stdout).error.message).toContain('\u001b[31mred');
  });
});

describe('where nothing can be printed', () => {
  const shell = (line: string) =>
    spawnSync('bash', ['-c', line], {
      encoding: 'utf8',
      env: { ...process.env, MAIN, NODE: process.execPath },
    });

  test('a full disk behind stdout is an error', () => {
    // One file: nothing else is printed, whatever was drawn before.
    const truth = readFileSync(manifest, 'utf8').split('\n')[1].split(',')[1];
    const { status, stderr } = shell(
      `"$NODE" "$MAIN" inspect '${resolve(dirname(manifest), truth)}' > /dev/full`,
    );
    expect(stderr).toBe('error: cannot write the results to standard output: the disk is full\n');
    expect(status).toBe(3);
  });

  test('a full disk behind stderr changes no exit code', () => {
    expect(shell('"$NODE" "$MAIN" --version 2> /dev/full').status).toBe(0);
    expect(shell('"$NODE" "$MAIN" inspect nowhere.nii.gz 2> /dev/full').status).toBe(3);
  });

  test('a reader that has seen enough is no error, and files are written all the same', () => {
    const out = join(root, 'unread.json');
    const args = ['calibrate', manifest, ...FITTING, '--out', out];
    const quoted = args.map((arg) => `'${arg}'`).join(' ');
    const { stdout, stderr } = shell(`"$NODE" "$MAIN" ${quoted} | true; echo "\${PIPESTATUS[0]}"`);
    expect(stdout.trim()).toBe('0');
    expect(stderr).not.toMatch(/error/);
    expect(JSON.parse(readFileSync(out, 'utf8')).procedure).toBe('shortest');
  });
});

describe('paths', () => {
  test('of a script of this workspace are meant from where pnpm was called', async () => {
    const workspace = join(root, 'workspace');
    execFileSync('mkdir', ['-p', workspace]);
    const child = spawn(process.execPath, [MAIN, 'calibrate', 'cohort/manifest.csv', ...FITTING], {
      cwd: workspace,
      env: {
        ...process.env,
        INIT_CWD: root,
        npm_package_name: 'semcrc-workspace',
        npm_package_json: join(workspace, 'package.json'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    expect(stdout).toMatch(`written to ${join(root, 'calibration.json')}`);
    expect(existsSync(join(root, 'calibration.json'))).toBe(true);
  });

  test('of any other script are meant from where it stands', () => {
    const { code, stderr } = semcrc(['calibrate', 'manifest.csv', ...FITTING], {
      cwd: root,
      env: { ...process.env, INIT_CWD: join(root, 'cohort'), npm_package_name: 'thesis' },
    });
    expect(stderr).toMatch(/manifest\.csv/);
    expect(code).toBe(3);
  });
});

test('sizes fit the cohort where they are not given, and are printed as numbers that add up', async () => {
  const out = join(root, 'sizes');
  const args = [
    'experiment',
    manifest,
    '--labels',
    'suprem',
    '--epsilon',
    '0.2',
    '--runs',
    '1',
    '--out',
    out,
  ];
  const { code, stdout } = await semcrcHere(args);
  expect(code).toBe(0);
  expect(stdout).toMatch('4 to optimize, 6 to calibrate, 2 held out (of 12 patients)');
  const { config } = JSON.parse(readFileSync(join(out, 'experiment.json'), 'utf8'));
  expect(config).toMatchObject({ nOpt: 4, nCal: 10, nTest: 2 });
  const refused = await semcrcHere([...args, ...SIZES.slice(0, 2), '--n-cal', '13']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/--n-opt 4 --n-cal 10 --n-test 2 would fit/);
});
