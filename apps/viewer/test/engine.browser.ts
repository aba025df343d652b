import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RiskCurve } from '@semcrc/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reasonToSkip } from '../../../tooling/browser/chromium.mjs';
import { type OpenEnginePage, openEnginePage } from './engine-page.ts';

// The page calls the command's own code: every number of it must be the command's, to the bit.

const MAIN = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const skip = reasonToSkip();
if (skip !== undefined) console.warn(`engine: skipped: ${skip}`);

const PARTS = [1, 2].map((part) => `cohort.profiles.parts/part-${part}.profiles`);
const PROCEDURES = ['crc', 'sem-crc', 'shortest', 'organ-crc'] as const;
const SIZES = { nOpt: 6, nCal: 20, nTest: 4 } as const;
const ROLES = ['lower', 'upper', 'point', 'segmentation', 'body'] as const;
const SCAN = 'sim/scans/phantom-003';

let home: string;
let open: OpenEnginePage;

/** Runs the command where the cohort is. */
function semcrc(...args: string[]): void {
  const child = spawnSync(process.execPath, [MAIN, ...args], { cwd: home, encoding: 'utf8' });
  expect(child.stderr, args.join(' ')).not.toMatch(/error/i);
  expect(child.status, args.join(' ')).toBe(0);
}

const read = (path: string) => readFileSync(join(home, path));
const textOf = (path: string) => read(path).toString('utf8');

/** Paths of the files of a folder, below `home`. */
function filesIn(folder: string): string[] {
  return readdirSync(join(home, folder)).flatMap((name) => {
    const path = join(folder, name);
    return statSync(join(home, path)).isDirectory() ? filesIn(path) : [path];
  });
}

/** Hands files to the page's input, named so that they come as a folder does. */
async function hand(
  paths: readonly string[],
  contents: Readonly<Record<string, Buffer>> = {},
): Promise<void> {
  const files = paths.map((path) => ({
    name: relative('.', path).replaceAll('/', '~'),
    mimeType: 'application/octet-stream',
    buffer: contents[path] ?? read(path),
  }));
  await open.page.setInputFiles('input', files);
}

/** Calls the engine in the page; what it rejects with comes as data. */
async function call<T>(body: string, argument: unknown = null): Promise<T> {
  return open.page.evaluate(
    ([code, value]) => {
      const run = new Function('semcrc', 'value', `return (async () => { ${code} })()`);
      const page = globalThis as unknown as { semcrc: unknown };
      return run(page.semcrc, value).catch((error: { code: string; message: string; data: object }) => ({
        rejected: { code: error.code, message: error.message, data: error.data },
      }));
    },
    [
      `globalThis.one ??= semcrc.engine.createEngine(); const engine = globalThis.one; ${body}`,
      argument,
    ] as const,
  ) as Promise<T>;
}

type Rejected = { readonly rejected: { readonly code: string; readonly message: string } };

const scanRoles = Object.fromEntries(ROLES.map((role) => [role, `${SCAN}/${role}.nii.gz`]));
const scanPaths = Object.values(scanRoles);

beforeAll(async () => {
  if (skip !== undefined) return;
  home = mkdtempSync(join(tmpdir(), 'semcrc-engine-test-'));
  semcrc(
    'simulate',
    'phantom',
    '--scans',
    '24',
    '--seed',
    '5',
    '--size',
    '64,64,6',
    '--spacing',
    '6,6,10',
    '--out',
    'sim',
  );
  semcrc('prepare', 'sim/manifest.csv', '--labels', 'suprem', '--prepare', 'none', '--out', 'store.zarr');
  for (const procedure of PROCEDURES) {
    const sizes = ['--n-opt', '6', '--n-cal', '20', '--n-test', '4', '--curve', '0.05:0.3:0.05'];
    const out = ['--out', `${procedure}.json`, '--no-report'];
    semcrc('calibrate', 'store.zarr', '--procedure', procedure, ...sizes, ...out);
  }
  for (const part of ['1/2', '2/2']) {
    semcrc('profile', 'store.zarr', '--part', part, '--out', 'cohort.profiles');
  }
  open = await openEnginePage();
}, 600_000);

afterAll(async () => {
  await open?.close();
  if (home) rmSync(home, { recursive: true });
});

describe.skipIf(skip !== undefined)('the engine in Chromium', () => {
  it('calibrates a dropped store as the command does: the same calibration.json, byte by byte', async () => {
    await hand(filesIn('store.zarr'));
    const sizes = ['--n-opt', '6', '--n-cal', '20', '--n-test', '4', '--runs', '1', '--no-report'];
    semcrc('experiment', 'store.zarr', '--procedures', 'crc', ...sizes, '--out', 'experiment');
    const curve: RiskCurve = JSON.parse(textOf('experiment/risk-curve.json'));
    for (const procedure of PROCEDURES) {
      const { text, riskCurve } = await call<{ text: string; riskCurve: RiskCurve }>(
        `globalThis.cohort ??= await engine.openCohort(semcrc.dropped());
         const settings = { ...value, curve: { from: 0.05, to: 0.3, step: 0.05 }, workers: 2 };
         const { text, riskCurve } = await engine.calibrate(globalThis.cohort.id, settings);
         return { text, riskCurve };`,
        { procedure, ...SIZES },
      );
      expect(text).toBe(textOf(`${procedure}.json`));
      // The page takes more λ than the command; at those of both, risks are the same to the bit.
      const at = curve.lambda.map((lambda) => riskCurve.lambda.indexOf(lambda));
      expect(at.map((index) => riskCurve.lambda[index])).toEqual(curve.lambda);
      expect(at.map((index) => riskCurve.risk[index])).toEqual(curve.risk);
      expect(Object.keys(riskCurve.organs)).toEqual(Object.keys(curve.organs));
      for (const [id, risks] of Object.entries(curve.organs)) {
        expect(at.map((index) => riskCurve.organs[id]?.[index])).toEqual(risks);
      }
    }
  }, 600_000);

  it('calibrates dropped profiles as the command does, taken together, whatever needs no voxels', async () => {
    // Browsers list files in an order of their own.
    await hand([...PARTS].reverse());
    const code = `globalThis.profiled ??= await engine.openCohort(semcrc.dropped());
      const settings = { ...value, curve: { from: 0.05, to: 0.3, step: 0.05 }, workers: 2 };
      return (await engine.calibrate(globalThis.profiled.id, settings)).text;`;
    const envelope = { anchor: 'envelope', backtrack: 'path', sides: 'two' };
    const variants: [string, object, string[]][] = [
      // What the command makes of profiles when it is told nothing.
      ['sem-crc', { options: envelope }, []],
      ['sem-crc', {}, ['--procedure', 'sem-crc']],
      ['crc', {}, ['--procedure', 'crc']],
      ['organ-crc', {}, ['--procedure', 'organ-crc']],
    ];
    for (const [at, [procedure, options, said]] of variants.entries()) {
      const sizes = ['--n-opt', '6', '--n-cal', '20', '--n-test', '4', '--curve', '0.05:0.3:0.05'];
      const out = `profiled-${at}.json`;
      semcrc('calibrate', ...PARTS, ...said, ...sizes, '--out', out, '--no-report');
      const text = await call<string>(code, { procedure, ...options, ...SIZES });
      expect(text, `${procedure} ${said}`).toBe(textOf(out));
    }
    const open = await call<{ profiled: boolean; scans: string[] }>('return globalThis.profiled;');
    expect(open).toMatchObject({ profiled: true });
    expect(open.scans).toHaveLength(24);
    const voxels = await call<Rejected>(code, { procedure: 'shortest', ...SIZES });
    expect(voxels.rejected).toMatchObject({ code: 'usage' });
    expect(voxels.rejected.message).toContain('which profiles do not keep');
  }, 600_000);

  it('refuses profiles that are damaged, cut off or a part alone, naming the file', async () => {
    const code = `const { id } = await engine.openCohort(semcrc.dropped());
      return (await engine.calibrate(id, { procedure: 'crc', workers: 1 })).text.length;`;
    const [first, second] = PARTS as [string, string];
    const damaged = Buffer.from(read(second));
    const middle = Math.floor(damaged.length / 2);
    damaged[middle] = (damaged[middle] as number) ^ 1;
    const cut = read(second).subarray(0, -100);
    await hand([first]);
    expect((await call<Rejected>(code)).rejected.message).toMatch(/part-1\.profiles.*other parts/);
    for (const [content, problem] of [
      [damaged, /part-2\.profiles.*is damaged/],
      [cut, /part-2\.profiles.*cut off/],
      [Buffer.from('not profiles at all, but long enough'), /part-2\.profiles.*is no profile file/],
    ] as const) {
      await hand([first, second], { [second]: content });
      expect((await call<Rejected>(code)).rejected).toMatchObject({ code: 'bad-input' });
      expect((await call<Rejected>(code)).rejected.message).toMatch(problem);
    }
  }, 300_000);

  it.each(['sem-crc', 'shortest', 'organ-crc'])(
    'applies %s as the command does: headers, voxels and summary, in both units',
    async (procedure) => {
      for (const units of ['window', 'hu']) {
        const out = `applied-${procedure}-${units}`;
        const files = ROLES.flatMap((role) => [`--${role}`, scanRoles[role] as string]);
        semcrc('apply', `${procedure}.json`, ...files, '--units', units, '--out', out);
        await hand(scanPaths);
        const applied = await call<{ files: { name: string; base64: string }[]; summaryText: string }>(
          `const [units, text, roles] = value;
           const applied = await engine.apply({ roles, files: semcrc.dropped() }, { name: 'c.json', text }, { units });
           const files = [];
           for (const { name, blob } of applied.files) files.push({ name, base64: await semcrc.base64(blob) });
           return { files, summaryText: applied.summaryText };`,
          [units, textOf(`${procedure}.json`), scanRoles],
        );
        expect(applied).not.toHaveProperty('rejected');
        const names = applied.files.map(({ name }) => name);
        expect([...names, 'summary.json'].sort()).toEqual(readdirSync(join(home, out)).sort());
        for (const { name, base64 } of applied.files) {
          const page = gunzipSync(Buffer.from(base64, 'base64'));
          expect(page.equals(gunzipSync(read(`${out}/${name}`))), `${out}/${name}`).toBe(true);
        }
        expect(applied.summaryText).toBe(textOf(`${out}/summary.json`));
      }
    },
    300_000,
  );

  it('shows at every knot what the command would publish for a calibration at its ε', async () => {
    const calibration = JSON.parse(textOf('shortest.json'));
    const knot = calibration.curve.at(-2);
    // A calibration at the knot's ε has the knot's λ: that is what the curve promises, and is tested where it is made.
    writeFileSync(
      join(home, 'at-knot.json'),
      JSON.stringify({ ...calibration, epsilon: knot.epsilon, lambda: knot.lambda }),
    );
    const files = ROLES.flatMap((role) => [`--${role}`, scanRoles[role] as string]);
    semcrc('apply', 'at-knot.json', ...files, '--out', 'applied-at-knot');
    await hand([...scanPaths, `${SCAN}/ct.nii.gz`]);
    const found = await call<{
      maps: Record<string, number[]>;
      organs: { name: string; outside: number }[];
      outside: number;
    }>(
      `const [text, roles, knot] = value;
       const scan = await engine.openScan({ roles, files: semcrc.dropped() }, [{ name: 'c.json', text }]);
       globalThis.scan = scan;
       const at = semcrc.engine.knotAt(scan.designs[0].facts.knots, knot);
       const want = ['lower', 'upper', 'width', 'lambdaBelow', 'lambdaAbove', 'missed'];
       const { maps, organs, outside } = await engine.intervals(scan.id, 0, at, want);
       return { maps: Object.fromEntries(Object.entries(maps).map(([name, values]) => [name, Array.from(values)])), organs, outside };`,
      [textOf('shortest.json'), { ...scanRoles, truth: `${SCAN}/ct.nii.gz` }, knot.epsilon + 0.01],
    );
    expect(found).not.toHaveProperty('rejected');
    const names = {
      lower: 'lower',
      upper: 'upper',
      width: 'width',
      lambdaBelow: 'lambda-below',
      lambdaAbove: 'lambda-above',
    };
    for (const [map, file] of Object.entries(names)) {
      const bytes = gunzipSync(read(`applied-at-knot/${file}.nii.gz`));
      const voxels = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 352));
      expect(
        voxels.every((value, voxel) => Object.is(value, found.maps[map]?.[voxel])),
        map,
      ).toBe(true);
    }
    const missed = found.maps.missed as number[];
    expect(missed.reduce((sum, value) => sum + value, 0) / missed.length).toBeCloseTo(found.outside, 12);
    expect(found.outside).toBeGreaterThan(0);
  }, 300_000);

  it('reads gzip files of several members, and refuses those that are damaged, naming them', async () => {
    const lower = `${SCAN}/lower.nii.gz`;
    const plain = gunzipSync(read(lower));
    const thirds = [0, 1, 2].map((part) =>
      plain.subarray((part * plain.length) / 3, ((part + 1) * plain.length) / 3),
    );
    const members = Buffer.concat([0, 1, 2].map((part) => gzipSync(thirds[part] as Buffer)));
    const damaged = Buffer.from(read(lower));
    damaged[Math.floor(damaged.length / 2)] = (damaged[Math.floor(damaged.length / 2)] as number) ^ 0xff;
    const variants: [string, Buffer, string | null][] = [
      ['members', members, null],
      ['damaged', damaged, 'damaged'],
      ['cut off', read(lower).subarray(0, -2000), 'truncated'],
      ['cut behind a member', members.subarray(0, gzipSync(thirds[0] as Buffer).length), 'truncated'],
    ];
    const code = `const [text, roles] = value;
      const applied = await engine.apply({ roles, files: semcrc.dropped() }, { name: 'c.json', text }, { units: 'window' });
      return applied.summary.meanWidth;`;
    const argument = [textOf('crc.json'), scanRoles];
    await hand(scanPaths);
    const expected = await call<number>(code, argument);
    for (const [name, bytes, problem] of variants) {
      await hand(scanPaths, { [lower]: bytes });
      const found = await call<number | Rejected>(code, argument);
      if (problem === null) expect(found, name).toBe(expected);
      else {
        const { rejected } = found as Rejected;
        expect(rejected.code, name).toBe('bad-input');
        expect(rejected.message, name).toContain(lower);
        expect(rejected.message, name).toContain(problem);
      }
    }
  }, 300_000);

  it('refuses, in one sentence with a way on: missing files, other grids, series, scans too large, other predictions', async () => {
    const openWith = (roles: object, options: object = {}) =>
      call<Rejected>(
        `const [text, roles, options] = value;
         const { id } = await engine.openScan({ roles, files: semcrc.dropped() }, [{ name: 'c.json', text }], options);
         return { id };`,
        [textOf('shortest.json'), roles, options],
      );
    await hand(scanPaths);
    const { lower, upper, segmentation } = scanRoles;
    const missing = await openWith({ lower, upper });
    expect(missing.rejected).toMatchObject({ code: 'usage', data: { needs: ['segmentation'] } });
    const pointless = await openWith({ lower, upper, segmentation });
    expect(pointless.rejected).toMatchObject({ code: 'usage' });
    expect(pointless.rejected.message).toMatch(/`body`.*`point`/s);
    const large = await openWith(scanRoles, { limit: 1e5 });
    expect(large.rejected).toMatchObject({ code: 'too-large', data: { limit: 1e5 } });
    expect(large.rejected.message).toMatch(/takes 0\.0 GB/);
    const gone = await openWith({ ...scanRoles, point: 'not/there.nii.gz' });
    expect(gone.rejected.message).toMatch(/not\/there\.nii\.gz.*no such file/);
    const units = await openWith(scanRoles, { predictionUnits: 'hu' });
    expect(units.rejected.message).toMatch(/predictionUnits/);

    const header = gunzipSync(read(lower as string));
    header.writeInt16LE(4, 40);
    header.writeInt16LE(3, 46);
    header.writeInt16LE(2, 48);
    await hand(scanPaths, { [lower as string]: gzipSync(header) });
    const series = await openWith(scanRoles);
    expect(series.rejected).toMatchObject({ code: 'bad-input' });
    expect(series.rejected.message).toContain(`${lower}`);
    const moved = gunzipSync(read(upper as string));
    moved.writeFloatLE(moved.readFloatLE(280 + 12) + 40, 280 + 12);
    await hand(scanPaths, { [upper as string]: gzipSync(moved) });
    const elsewhere = await openWith(scanRoles);
    expect(elsewhere.rejected.message).toMatch(/differ in affine/);
  }, 300_000);

  it('refuses a store with a chunk missing, and one that is damaged', async () => {
    const all = filesIn('store.zarr');
    const chunk = all.find((path) => /lower\/c\/2\//.test(path)) as string;
    const code = `const cohort = await engine.openCohort(semcrc.dropped());
      return (await engine.calibrate(cohort.id, { procedure: 'crc', workers: 1 })).text.length;`;
    await hand(all.filter((path) => path !== chunk));
    expect((await call<Rejected>(code)).rejected.message).toMatch(/lower\/c\/2.*chunk is missing/);
    const damaged = Buffer.from(read(chunk));
    damaged[100] = (damaged[100] as number) ^ 1;
    await hand(all, { [chunk]: damaged });
    expect((await call<Rejected>(code)).rejected.message).toMatch(/lower\/c\/2.*checksum differs/);
    await hand(scanPaths);
    expect((await call<Rejected>(code)).rejected).toMatchObject({ code: 'bad-input' });
  }, 300_000);

  it('stops when it is told to, stays usable, and rejects everything owed when its worker dies', async () => {
    await hand(scanPaths);
    const outcome = await call<{ cancelled: string; after: boolean; owed: string[]; fresh: boolean }>(
      `const [text, roles] = value;
       const scan = { roles, files: semcrc.dropped() };
       const controller = new AbortController();
       const given = engine.apply(scan, { name: 'c.json', text }, { units: 'hu' }, { signal: controller.signal });
       controller.abort();
       const cancelled = await given.then(() => 'done', (error) => error.code);
       const after = (await engine.apply(scan, { name: 'c.json', text }, { units: 'hu' })).files.length > 0;
       const Own = globalThis.Worker;
       let made;
       globalThis.Worker = class extends Own { constructor(...args) { super(...args); made = this; } };
       const other = semcrc.engine.createEngine();
       globalThis.Worker = Own;
       const owed = [1, 2].map(() => other.apply(scan, { name: 'c.json', text }, { units: 'hu' }).then(() => 'done', (error) => error.code));
       made.dispatchEvent(new ErrorEvent('error', { message: 'out of memory', cancelable: true }));
       owed.push(other.memoryNeeded(scan).then(() => 'done', (error) => error.code));
       const codes = await Promise.all(owed);
       const third = semcrc.engine.createEngine();
       const fresh = (await third.memoryNeeded(scan)).voxels > 0;
       await third.close();
       return { cancelled, after, owed: codes, fresh };`,
      [textOf('sem-crc.json'), scanRoles],
    );
    expect(outcome).toEqual({
      cancelled: 'interrupted',
      after: true,
      owed: ['crashed', 'crashed', 'crashed'],
      fresh: true,
    });
  }, 300_000);

  it('asks the server for nothing but its own code', () => {
    expect(open.requests.filter((path) => !path.startsWith('/assets/'))).toEqual([]);
  });
});
