import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { FITTING, SIZES, writeCohort } from './fixture.ts';
import { folderBytes, withoutSeconds } from './folder-bytes.ts';

let root: string;
let manifest: string;
let profiles: string;
const at = (name: string) => join(root, name);
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
/** What calibrating on profiles takes: nothing of files. */
const PROFILED = [...SIZES, '--epsilon', '0.2', '--workers', '1'];

async function ok(args: readonly string[]) {
  const outcome = await semcrcHere(args);
  expect(outcome.code, outcome.stderr).toBe(0);
  return outcome;
}

async function refused(args: readonly string[], code: number, message: RegExp) {
  const outcome = await semcrcHere(args);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.code).toBe(code);
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-profile-'));
  manifest = writeCohort(at('cohort'));
  profiles = at('all.profiles');
  await ok(['profile', manifest, '--labels', 'suprem', '--out', profiles, '--workers', '1']);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('calibrate on profiles', () => {
  test.each([
    [['--procedure', 'crc']],
    [['--procedure', 'organ-crc', '--within', 'body']],
    [['--procedure', 'sem-crc', '--anchor', 'envelope', '--backtrack', 'path', '--sides', 'two']],
  ])('writes with %j what it writes of the files themselves, but for the source', async (method) => {
    const [fromFiles, fromProfiles] = [at('files.json'), at('profiles.json')];
    await ok(['calibrate', manifest, ...FITTING, ...method, '--out', fromFiles, '--force', '--no-report']);
    await ok([
      'calibrate',
      profiles,
      ...PROFILED,
      ...method,
      '--out',
      fromProfiles,
      '--force',
      '--no-report',
    ]);
    // How much of a scan is background is estimated from its voxels, and counted in its profile.
    const { source: _, background: __, ...expected } = json(fromFiles);
    const { source, background: ___, ...found } = json(fromProfiles);
    expect(found).toEqual(expected);
    expect(source).toMatchObject({ name: profiles, scans: 12, preparing: { labels: 'suprem' } });
  });

  test('takes sem-crc with the envelope, its path and two sides where nothing is named', async () => {
    const out = at('default.json');
    const { stdout } = await ok(['calibrate', profiles, ...PROFILED, '--out', out]);
    expect(json(out)).toMatchObject({ procedure: 'sem-crc', sides: 2, anchor: { method: 'envelope' } });
    expect(json(out).pathPosition).not.toBeNull();
    expect(stdout).toContain('held out');
    expect(existsSync(at('default-card.html'))).toBe(true);
  });

  test('refuses what profiles cannot give, options of files, and other sources beside them', async () => {
    await refused(
      ['calibrate', profiles, ...PROFILED, '--procedure', 'shortest'],
      2,
      /features of their voxels/,
    );
    await refused(
      ['calibrate', profiles, ...PROFILED, '--heuristic', 'mse'],
      2,
      /--heuristic quantile, found mse/,
    );
    await refused(['calibrate', profiles, ...PROFILED, '--labels', 'suprem'], 2, /holds profiles already/);
    await refused(['calibrate', profiles, manifest, ...PROFILED], 2, /which .*manifest.csv is not/);
    await refused(['profile', profiles, '--out', at('again.profiles')], 2, /holds profiles already/);
    const truncated = at('truncated.profiles');
    writeFileSync(truncated, readFileSync(profiles).subarray(0, 2000));
    await refused(['calibrate', truncated, ...PROFILED], 3, /truncated\.profiles: .*cut off/);
  });
});

describe('experiment on profiles', () => {
  test('has the runs of the files themselves, and a report without an example', async () => {
    const common = [
      '--runs',
      '2',
      '--procedures',
      'crc,organ-crc',
      ...SIZES,
      '--epsilon',
      '0.2',
      '--workers',
      '1',
    ];
    await ok(['experiment', manifest, '--labels', 'suprem', ...common, '--out', at('e1'), '--no-report']);
    await ok(['experiment', profiles, ...common, '--out', at('e2')]);
    const plain = (path: string) =>
      json(join(path, 'experiment.json')).runs.map(({ seconds: _, ...run }: { seconds: unknown }) => run);
    expect(plain(at('e2'))).toEqual(plain(at('e1')));
    const curve = (path: string) => {
      const { background: _, ...rest } = json(join(path, 'risk-curve.json'));
      return rest;
    };
    expect(curve(at('e2'))).toEqual(curve(at('e1')));
    expect(existsSync(join(at('e2'), 'report.html'))).toBe(true);
  });

  test('in parts and merged, is to the byte what one process writes', async () => {
    const method = ['--runs', '3', '--procedures', 'crc,sem-crc', '--no-report'];
    const args = ['experiment', profiles, ...PROFILED, ...method];
    await ok([...args, '--out', at('whole')]);
    for (const part of ['2/2', '1/2']) await ok([...args, '--out', at('halves'), '--part', part]);
    await ok(['merge', at('halves'), '--no-report']);
    expect(folderBytes(at('halves'), withoutSeconds)).toEqual(folderBytes(at('whole'), withoutSeconds));
  });
});

describe('profile', () => {
  test.each([1, 2, 7, 13])(
    'of 12 scans in %i parts and merged, is to the byte what one process writes',
    async (of) => {
      const out = at(`${of}-parts.profiles`);
      const args = ['profile', manifest, '--labels', 'suprem', '--out', out, '--workers', '1'];
      // Backwards, and the first of them twice.
      for (let part = of; part > 0; part--) await ok([...args, '--part', `${part}/${of}`]);
      await ok([...args, '--part', `${of}/${of}`]);
      await ok(['merge', out]);
      expect(readFileSync(out).equals(readFileSync(profiles))).toBe(true);
      expect(existsSync(`${out}.parts`)).toBe(false);
    },
  );

  test('says so when these profiles stand there, and replaces no others', async () => {
    const out = profiles;
    const { stdout } = await ok(['profile', manifest, '--labels', 'suprem', '--out', out, '--workers', '1']);
    expect(stdout).toContain('holds these profiles already');
    await refused(
      ['profile', manifest, '--labels', 'suprem', '--out', out, '--round', '0.01'],
      2,
      /holds profiles of other input or options/,
    );
    await refused(
      ['profile', manifest, '--labels', 'suprem', '--out', manifest, '--force'],
      2,
      /it is an input/,
    );
  });

  test('of two sites: results by site, a promise that says whom it is for, and that of each', async () => {
    const files: string[] = [];
    for (const [index, site] of ['north', 'south'].entries()) {
      const own = writeCohort(at(site), { from: 100 * (index + 1), scans: 14 });
      const out = at(`${site}.profiles`);
      await ok(['profile', own, '--labels', 'suprem', '--site', site, '--out', out, '--workers', '1']);
      files.push(out);
    }
    const sizes = ['--n-opt', '4', '--n-cal', '22', '--n-test', '6', '--epsilon', '0.25', '--workers', '1'];
    const pooled = await ok(['calibrate', ...files, ...sizes, '--out', at('pooled.json')]);
    expect(pooled.stdout.replace(/\s+/g, ' ')).toMatch(
      /drawn from the sites in the proportions of the calibration scans, north \(\d+%\), south \(\d+%\): this is no promise for each site\. Nothing is promised for a scan of another site\./,
    );
    expect(json(at('pooled-card.json')).notGuaranteed.join(' ')).toMatch(/another site than north, south/);
    const { sites } = json(at('pooled.json'));
    expect(sites.promise).toBe('pooled');
    expect(sites.results.north.losses.n + sites.results.south.losses.n).toBe(18);
    const each = await ok(['calibrate', ...files, ...sizes, '--sites', 'each', '--out', at('each.json')]);
    expect(each.stdout.replace(/\s+/g, ' ')).toContain('each of the sites north, south by itself');
    for (const { losses } of Object.values(json(at('each.json')).sites.results) as {
      losses: { n: number; mean: number };
    }[]) {
      expect((losses.n * losses.mean + 1) / (losses.n + 1)).toBeLessThanOrEqual(0.25 + 1e-9);
    }
    // Merged, they are the same cohort.
    await ok(['merge', ...files, '--out', at('both.profiles')]);
    await ok(['calibrate', at('both.profiles'), ...sizes, '--out', at('merged.json'), '--no-report']);
    const plain = (path: string) => {
      const { source, ...rest } = json(path);
      return { ...rest, digest: source.digest };
    };
    expect(plain(at('merged.json'))).toEqual(plain(at('pooled.json')));
    await refused(['calibrate', profiles, ...PROFILED, '--sites', 'each'], 2, /the cohort names none/);
  });
});
