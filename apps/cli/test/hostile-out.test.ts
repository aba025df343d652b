import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT_IN_MODELS } from '@semcrc/runner/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { FITTING, SIZES, writeCohort } from './fixture.ts';

let root: string;
let home: string;
let manifest: string;
let calibration: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-hostile-'));
  home = join(root, 'home');
  manifest = writeCohort(join(home, 'cohort'));
  calibration = join(home, 'calibration.json');
  expect((await semcrcHere(['calibrate', manifest, ...FITTING, '--out', calibration])).code).toBe(0);
  for (const folder of ['documents/runs', 'locked', 'linked', 'mine.zarr.partial', 'empty.zarr']) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  const files = [
    'notes.txt',
    'yarn.lock',
    'locked/.lock',
    'mine.zarr.partial/plan.json',
    'file.zarr.partial',
  ];
  const documents = ['thesis.tex', 'summary.json', 'summary.csv', 'lower.nii.gz', 'runs/run-000.json'];
  for (const name of [...files, ...documents.map((name) => join('documents', name))]) {
    writeFileSync(join(home, name), `mine: ${name}`);
  }
  symlinkSync('notes.txt', join(home, 'link.json'));
  symlinkSync('nowhere', join(home, 'dangling.json'));
  symlinkSync('documents', join(home, 'shortcut'));
  symlinkSync('../notes.txt', join(home, 'linked', '.lock'));
  symlinkSync('../notes.txt', join(home, 'linked', 'lower.nii.gz'));
  execFileSync('mkfifo', [join(home, 'pipe')]);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Every file, folder, link and pipe of the home folder, with kind, mode, time of writing and content. */
function snapshot(): Record<string, string> {
  const names = readdirSync(home, { recursive: true }).map(String).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(home, name);
      const found = lstatSync(path);
      let content = '';
      if (found.isFile()) content = readFileSync(path, 'base64');
      if (found.isSymbolicLink()) content = readlinkSync(path);
      // Looking whether a folder takes files changes its time.
      const time = found.isDirectory() ? '' : found.mtimeMs;
      return [name, `${found.mode} ${time} ${content}`];
    }),
  );
}

async function expectUntouched(args: readonly string[]): Promise<void> {
  const before = snapshot();
  const { code, stdout, stderr } = await semcrcHere(args);
  expect(stderr).toMatch(/^error: /m);
  expect(stderr).not.toMatch(/unexpectedly/);
  expect([2, 3]).toContain(code);
  expect(stdout).toBe('');
  expect(snapshot()).toEqual(before);
}

/** Places that no result may take, with --force or without. */
const FILES = [
  'link.json',
  'dangling.json',
  'pipe',
  'documents',
  'nowhere/x.json',
  'notes.txt/x.json',
  '/dev/null',
];
const FORCE = [[], ['--force']] as const;

describe('calibrate', () => {
  const args = (out: string) => ['calibrate', manifest, ...FITTING, '--workers', '1', '--out', out];

  test.each(FILES)('--out %s', async (out) => {
    for (const force of FORCE)
      await expectUntouched([...args(join(out.startsWith('/') ? '' : home, out)), ...force]);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('--out over what it reads', async () => {
    for (const name of ['manifest.csv', 's03/truth.nii.gz', 's07/segmentation.nii.gz']) {
      for (const force of FORCE) await expectUntouched([...args(join(home, 'cohort', name)), ...force]);
    }
  });

  test("--out over a file of the user's, or another kind of result, takes --force", async () => {
    const evaluation = join(home, 'evaluation.json');
    writeFileSync(evaluation, '{"schema": "semcrc/evaluation@1"}');
    for (const out of ['notes.txt', 'evaluation.json', 'documents/summary.json']) {
      await expectUntouched(args(join(home, out)));
    }
    expect((await semcrcHere([...args(evaluation), '--force'])).code).toBe(0);
    expect((await semcrcHere(args(evaluation))).code).toBe(0);
    rmSync(evaluation);
  });
});

describe('evaluate', () => {
  const args = (out: string) => ['evaluate', calibration, manifest, '--out', out];

  test.each(['calibration.json', 'cohort/manifest.csv', 'cohort/s03/upper.nii.gz', ...FILES.slice(0, -1)])(
    '--out %s',
    async (out) => {
      for (const force of FORCE) await expectUntouched([...args(join(home, out)), ...force]);
    },
  );

  test("--out over a file of the user's", () => expectUntouched(args(join(home, 'notes.txt'))));
});

describe('experiment', () => {
  const args = (out: string) => [
    ...['experiment', manifest, '--labels', 'suprem', ...SIZES, '--epsilon', '0.2'],
    ...['--runs', '1', '--workers', '1', '--out', out],
  ];

  test.each([
    '.',
    'documents',
    'shortcut',
    'cohort',
    'locked',
    'linked',
    'notes.txt',
    'pipe',
    'dangling.json',
  ])('--out %s', async (out) => {
    for (const force of FORCE) await expectUntouched([...args(join(home, out)), ...force]);
  });

  test('values of a grid name no place outside the folder', async () => {
    const grid = join(root, 'grid.yaml');
    writeFileSync(
      grid,
      `source: ${manifest}
labels: suprem
procedures: [organ-crc]
runs: 1
epsilon: 0.2
nOpt: 2
nCal: 9
nTest: 3
grid:
  control: [["../../../../liver"], ["liver"]]
`,
    );
    const before = snapshot();
    const out = join(root, 'a', 'b', 'out');
    const { code, stderr } = await semcrcHere(['experiment', grid, '--workers', '1', '--out', out]);
    expect(stderr).not.toMatch(/error/);
    expect(code).toBe(0);
    expect(readdirSync(join(root, 'a'))).toEqual(['b']);
    expect(readdirSync(join(root, 'a', 'b'))).toEqual(['out']);
    const { cells } = JSON.parse(readFileSync(join(out, 'grid.json'), 'utf8'));
    for (const { folder } of cells) expect(readdirSync(join(out, folder))).toContain('experiment.json');
    expect(snapshot()).toEqual(before);
  });
});

describe('report', () => {
  let results: string;
  beforeAll(async () => {
    results = join(root, 'results');
    const run = ['experiment', manifest, '--labels', 'suprem', ...SIZES, '--epsilon', '0.2', '--runs', '1'];
    const { code } = await semcrcHere([...run, '--procedures', 'crc', '--workers', '1', '--out', results]);
    expect(code).toBe(0);
    writeFileSync(join(home, 'page.html'), '<html>mine</html>');
    mkdirSync(join(home, 'taken'));
    writeFileSync(join(home, 'taken', 'figures'), 'mine');
    mkdirSync(join(home, 'tables'));
    for (const name of ['table.md', 'table.csv', 'table.tex'])
      writeFileSync(join(home, 'tables', name), 'mine');
  });

  test.each(FILES)('of results, --out %s', async (out) => {
    for (const force of FORCE)
      await expectUntouched([
        'report',
        results,
        '--out',
        join(out.startsWith('/') ? '' : home, out),
        ...force,
      ]);
  });

  test.each(['calibration.json', ...FILES])('of a calibration, --out %s', async (out) => {
    for (const force of FORCE) {
      const place = join(out.startsWith('/') ? '' : home, out);
      await expectUntouched(['report', calibration, '--out', place, ...force]);
    }
  });

  test("--out over a page of the user's, or beside tables and figures of the user's", async () => {
    symlinkSync('documents', join(home, 'figures'));
    for (const out of ['page.html', 'tables/report.html', 'taken/report.html', 'new.html'])
      await expectUntouched(['report', results, '--out', join(home, out)]);
  });
});

describe('manifest', () => {
  const args = (out: string) => ['manifest', join(home, 'cohort'), '--out', out];

  test.each([...FILES, 'cohort/s03/lower.nii.gz'])('--out %s', async (out) => {
    for (const force of FORCE)
      await expectUntouched([...args(join(out.startsWith('/') ? '' : home, out)), ...force]);
  });

  test("--out over a manifest of the user's", async () => {
    await expectUntouched(args(join(home, 'cohort', 'manifest.csv')));
    await expectUntouched(['manifest', join(home, 'cohort')]);
  });
});

/** Folders that are written into, or collected beside: none of the user's. */
const PLACES = [
  ...['.', 'documents', 'shortcut', 'cohort', 'notes.txt', 'pipe', 'link.json', 'dangling.json'],
  ...['yarn', 'mine.zarr', 'file.zarr', 'linked'],
] as const;

describe('simulate', () => {
  const args = (out: string, layout: string) => [
    ...['simulate', 'phantom', '-n', '1', '--size', '24,24,4', '--spacing', '16,16,30', '--workers', '1'],
    ...['--layout', layout, '--out', out],
  ];

  test.each(PLACES.flatMap((out) => ['manifest', 'semantic-uq', 'store'].map((layout) => [out, layout])))(
    '--out %s as %s',
    async (out, layout) => {
      for (const force of FORCE) await expectUntouched([...args(join(home, out), layout), ...force]);
    },
  );
});

describe('project and reconstruct', () => {
  const volume = () => join(home, 'cohort', 's03', 'truth.nii.gz');
  const project = (out: string) => [
    ...['project', volume(), '--units', 'hu', '--geometry', 'parallel', '--max-angles', '8'],
    ...['--workers', '1', '--out', out],
  ];

  test.each(PLACES)('project --out %s', async (out) => {
    for (const force of FORCE) await expectUntouched([...project(join(home, out)), ...force]);
  });

  test.each([...FILES.slice(0, -1), 'cohort/s03/truth.nii.gz', 'linked/lower.nii.gz'])(
    'reconstruct --out and --completeness %s',
    async (out) => {
      const sinogram = join(root, 'sinogram.zarr');
      expect((await semcrcHere([...project(sinogram), '--force'])).code).toBe(0);
      for (const force of FORCE) {
        const args = ['reconstruct', sinogram, '--volume', volume(), '--workers', '1'];
        await expectUntouched([...args, '--out', join(home, out), ...force]);
        const place = ['--out', join(root, 'fbp.nii.gz'), '--completeness', join(home, out)];
        await expectUntouched([...args, ...place, ...force]);
      }
    },
  );
});

describe('predict', () => {
  // Predictions are collected in their own folder, and nothing stands in those.
  test.each(PLACES.filter((out) => !/^(mine|file)\.zarr$/.test(out)))('--out %s', async (out) => {
    const input = join(home, 'cohort', 's03', 'lower.nii.gz');
    for (const force of FORCE) {
      const [model] = Object.keys(BUILT_IN_MODELS);
      const args = ['predict', '--model', model, '--input', input, '--workers', '1'];
      await expectUntouched([...args, '--out', join(home, out), ...force]);
    }
  });
});

describe('apply', () => {
  const scan = (name: string) => join(home, 'cohort', 's03', `${name}.nii.gz`);
  const args = (out: string) => [
    ...['apply', calibration, '--lower', scan('lower'), '--upper', scan('upper')],
    ...['--segmentation', scan('segmentation'), '--out', out],
  ];

  test.each(['cohort/s03', 'linked', 'notes.txt', 'pipe'])('--out %s', async (out) => {
    for (const force of FORCE) await expectUntouched([...args(join(home, out)), ...force]);
  });

  test.each(['notes.txt', 'pipe', 'dangling.json', 'cohort', 'link.json'])(
    'of a manifest, --out %s',
    async (out) => {
      // In the cohort's own folder each scan's results would lie among its files.
      const all = ['apply', calibration, manifest, '--workers', '1', '--out', join(home, out)];
      for (const force of FORCE) await expectUntouched([...all, ...force]);
    },
  );

  test("--out a folder with files of the user's under the names of results", () =>
    expectUntouched(args(join(home, 'documents'))));
});

describe('prepare', () => {
  const args = (out: string) => [
    ...['prepare', manifest, '--labels', 'suprem', '--prepare', 'none', '--workers', '1', '--out', out],
  ];

  test.each([
    ...['.', 'documents', 'shortcut', 'cohort', 'empty.zarr', 'notes.txt', 'pipe', 'link.json'],
    'dangling.json',
    // What would be taken beside it: the lock file, and the folder where scans are collected.
    ...['yarn', 'mine.zarr', 'file.zarr', 'cohort/manifest.csv'],
  ])('--out %s', async (out) => {
    for (const force of FORCE) await expectUntouched([...args(join(home, out)), ...force]);
  });
});

describe('profile and merge', () => {
  const profile = (out: string) => [
    'profile',
    manifest,
    '--labels',
    'suprem',
    '--workers',
    '1',
    '--out',
    out,
  ];
  // A new folder is made: nothing of the user's is in it.
  const taken = FILES.filter((out) => out !== 'nowhere/x.json');
  const at = (out: string) => join(out.startsWith('/') ? '' : home, out);

  test.each([...taken, 'cohort/s03/lower.nii.gz', 'cohort/manifest.csv'])('profile --out %s', async (out) => {
    for (const force of FORCE) await expectUntouched([...profile(at(out)), ...force]);
  });

  test.each([...taken, 'cohort/s03/lower.nii.gz'])('profile --part 1/2 --out %s', async (out) => {
    await expectUntouched([...profile(at(out)), '--part', '1/2']);
  });

  test('merge --out, over what it merges or a place of no file', async () => {
    const [one, two] = [join(root, 'one.profiles'), join(root, 'two.profiles')];
    for (const [file, site] of [
      [one, 'a'],
      [two, 'b'],
    ] as const)
      expect((await semcrcHere([...profile(file), '--site', site])).code).toBe(0);
    const before = [readFileSync(one), readFileSync(two)];
    for (const out of [one, ...taken.map(at)]) {
      for (const force of FORCE) await expectUntouched(['merge', one, two, '--out', out, ...force]);
    }
    expect([readFileSync(one), readFileSync(two)]).toEqual(before);
  });

  test.each(PLACES)('merge %s, which holds no parts', async (out) => {
    await expectUntouched(['merge', join(home, out)]);
  });
});
