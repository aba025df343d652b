import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  drawSplit,
  evaluateFits,
  PAPER_OPTIONS,
  type ProcedureOptions,
  profileOptionsOf,
} from '@semcrc/core';
import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProfileFile, openProfiles } from '../src/index.ts';
import { mergeProfiles, openFileBytes, openProfilePaths } from '../src/node.ts';
import {
  cohortOfScans,
  drawScans,
  fitOf,
  PROFILING,
  profiledData,
  type Recipe,
  voxelData,
  writeProfiles,
} from './profiled-cohort.ts';
import { uniform } from './random-cohort.ts';

let kernels: Kernels;
let folder: string;
let files = 0;
const newPath = () => join(folder, `${files++}.profiles`);
beforeAll(async () => {
  kernels = await loadKernels();
  folder = mkdtempSync(join(tmpdir(), 'semcrc-profiles-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recipes: fc.Arbitrary<Recipe> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  scans: fc.integer({ min: 24, max: 34 }),
  perPatient: fc.constantFrom(1 as const, 1 as const, 2 as const),
  miss: fc.constantFrom(0.05, 0.2, 0.6),
  even: fc.boolean(),
});

const ENVELOPE: ProcedureOptions = { ...PAPER_OPTIONS, anchor: 'envelope' };
const CASES = [
  ['crc', PAPER_OPTIONS],
  ['organ-crc', PAPER_OPTIONS],
  ['pooled', PAPER_OPTIONS],
  ['sem-crc', ENVELOPE],
  ['sem-crc', { ...ENVELOPE, backtrack: 'path', sides: 'two' }],
  ['sem-crc', { ...ENVELOPE, backtrack: 'path' }],
  ['organ-crc', { ...ENVELOPE, control: ['liver'], sides: 'two' }],
  ['crc', { ...PAPER_OPTIONS, heuristic: 'mse' }],
  ['organ-crc', { ...PAPER_OPTIONS, heuristic: 'std' }],
] as const;

/** Without timings, and without the path, whose far end may be another one. */
const comparable = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, own) =>
      name === 'seconds' || name === 'path'
        ? undefined
        : ArrayBuffer.isView(own)
          ? Array.from(own as Float64Array)
          : own,
    ),
  );

describe('calibrating on a profile file', () => {
  it.each(CASES)('gives %s as the voxels do, to the bit (%o)', async (procedure, given) => {
    await fc.assert(
      fc.asyncProperty(
        recipes,
        fc.constantFrom('scan' as const, 'body' as const),
        fc.boolean(),
        async (recipe, within, paged) => {
          const samples = drawScans(recipe);
          const options = { ...given, within } as ProcedureOptions;
          const { heuristic, weightFloor, alpha, sampleQuantiles } = options;
          const path = newPath();
          const profiling = { ...PROFILING, heuristic: { heuristic, weightFloor, alpha, sampleQuantiles } };
          await writeProfiles(kernels, path, samples, { profiling });
          const bytes = await openFileBytes(path);
          const { readNow: _, ...whole } = bytes;
          const source = await openProfiles([await openProfileFile(paged ? bytes : whole)]);
          const patients = new Set(source.patients).size;
          const split = drawSplit(source, { nOpt: 3, nCal: patients - 2, nTest: 2 }, recipe.seed, 0);
          const voxels = voxelData(kernels, samples, [procedure], options);
          const profiles = await profiledData(kernels, source, options);
          const epsilon = 0.2;
          const [expected, found] = [
            await fitOf(voxels, split, procedure, epsilon, options),
            await fitOf(profiles, split, procedure, epsilon, options),
          ];
          // Scores of these cohorts reach no further than distances are kept; where they do, it is said.
          if (found.anchor?.condensed) expect(recipe.miss).toBe(0.6);
          else expect(comparable(found)).toEqual(comparable(expected));
          const wanted = profileOptionsOf([procedure], options);
          const [[onVoxels], [onProfiles]] = [
            await evaluateFits(voxels, [found], split.test, wanted),
            await evaluateFits(profiles, [found], split.test, wanted),
          ];
          for (const [at, one] of (onVoxels as NonNullable<typeof onVoxels>).entries()) {
            const other = (onProfiles as NonNullable<typeof onProfiles>)[at] as typeof one;
            expect(other.risk).toBe(one.risk);
            // Lengths of weighted intervals, and those of λ beyond the reach, are known by bins.
            const exact = heuristic !== 'std' && found.lambda.every((lambda) => lambda <= 0.125);
            if (exact) expect(other).toEqual(one);
            else expect(Math.abs(other.length - one.length)).toBeLessThan(0.01 + 0.02 * one.length);
            expect(other.length).toBeGreaterThan(one.length - 1e-6);
          }
          await source.close?.();
          rmSync(path);
        },
      ),
      { numRuns: 30, seed: 7 },
    );
  });

  it('solves the gamma anchor on cells: its bound is below that of the voxels, and its λ as long within 1%', async () => {
    let ratio = 0;
    for (const sides of ['one', 'two'] as const) {
      for (let seed = 0; seed < 6; seed++) {
        const samples = drawScans({ seed, scans: 30, perPatient: 1, miss: 0.3, even: true });
        const options = { ...PAPER_OPTIONS, sides };
        const path = newPath();
        await writeProfiles(kernels, path, samples);
        const source = await openProfilePaths([path]);
        const split = drawSplit(source, { nOpt: 8, nCal: 28, nTest: 2 }, seed, 0);
        const voxels = await fitOf(
          voxelData(kernels, samples, ['sem-crc'], options),
          split,
          'sem-crc',
          0.25,
          options,
        );
        const cells = await fitOf(
          await profiledData(kernels, source, options),
          split,
          'sem-crc',
          0.25,
          options,
        );
        const [onVoxels, onCells] = [voxels.anchor?.solution, cells.anchor?.solution];
        expect(cells.anchor?.condensed).toBe(true);
        expect(onCells?.gap).toBeNull();
        expect(onCells?.lowerBound).toBeLessThanOrEqual((onVoxels?.objective ?? 0) + 1e-12);
        ratio = Math.max(ratio, Math.abs((onCells?.objective ?? 0) / (onVoxels?.objective ?? 1) - 1));
        await source.close?.();
      }
    }
    expect(ratio).toBeLessThan(0.01);
  });

  it.each([
    [['k-crc'], PAPER_OPTIONS, /position/],
    [['shortest'], PAPER_OPTIONS, /features of their voxels/],
    [['recentred'], PAPER_OPTIONS, /features of their voxels/],
    [['sem-crc'], { ...ENVELOPE, strata: ['intensity:4'] }, /`strata`/],
    [['sem-crc'], { ...ENVELOPE, shrink: true }, /`shrink`/],
    [['sem-crc'], { ...ENVELOPE, recentre: 'organ' }, /`recentre`/],
    [['sem-crc'], { ...PAPER_OPTIONS, anchorVoxels: 'paper' }, /`anchorVoxels`/],
    [['crc'], { ...PAPER_OPTIONS, heuristic: 'mse' }, /scores under `heuristic` quantile, found mse/],
  ] as const)('refuses %j with the reason', async (procedures, options, reason) => {
    const { planRuns } = await import('@semcrc/core');
    const samples = drawScans({ seed: 1, scans: 24, perPatient: 1, miss: 0.2, even: true });
    const path = newPath();
    await writeProfiles(kernels, path, samples);
    const source = await openProfilePaths([path]);
    const plan = { procedures, options, epsilons: [0.2], runs: 1, seed: 0, nOpt: 3, nCal: 20, nTest: 4 };
    expect(() => planRuns(plan as unknown as Parameters<typeof planRuns>[0], source)).toThrow(reason);
    await expect(source.read('s0')).rejects.toThrow(/known by its profile alone/);
    await source.close?.();
  });
});

describe('merging profile files', () => {
  it('gives the whole, byte for byte, for any partition in any order, with parts given twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        async (scans, parts, seed) => {
          const samples = drawScans({ seed, scans, perPatient: 1, miss: 0.2, even: false });
          const whole = newPath();
          await writeProfiles(kernels, whole, samples);
          const next = uniform(seed + 1);
          const members = Array.from({ length: parts }, () => [] as number[]);
          for (const [at] of samples.entries()) members[Math.floor(parts * next())]?.push(at);
          const paths: string[] = [];
          for (const places of members) {
            const path = newPath();
            await writeProfiles(kernels, path, samples, { places });
            paths.push(path);
          }
          const given = [...paths, ...(next() < 0.3 ? [paths[0] as string] : [])].sort(() => next() - 0.5);
          const merged = newPath();
          const summary = await mergeProfiles(given, merged);
          expect(readFileSync(merged).equals(readFileSync(whole))).toBe(true);
          expect(summary).toMatchObject({ scans, sources: [{ scans, held: scans }] });
          // Files taken together without merging are the same cohort.
          const [one, several] = [await openProfilePaths([whole]), await openProfilePaths(given)];
          expect(several.digest).toBe(one.digest);
          expect(several.ids).toEqual(cohortOfScans(samples).ids);
          await one.close?.();
          await several.close?.();
          for (const path of [...paths, merged, whole]) rmSync(path, { force: true });
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });

  it('tells sites apart by their names, with patients and scans of their own', async () => {
    const paths = [newPath(), newPath()];
    for (const [at, path] of paths.entries()) {
      const samples = drawScans({ seed: at, scans: 5, perPatient: 1, miss: 0.2, even: true });
      await writeProfiles(kernels, path, samples, {
        digest: `site ${at}`,
        site: at === 0 ? 'north' : 'south',
      });
    }
    const source = await openProfilePaths(paths);
    expect(source.ids).toEqual(
      [0, 1, 2, 3, 4].map((i) => `north/s${i}`).concat([0, 1, 2, 3, 4].map((i) => `south/s${i}`)),
    );
    expect(new Set(source.patients).size).toBe(10);
    expect(source.sites).toEqual([...Array(5).fill('north'), ...Array(5).fill('south')]);
    expect((await source.profile?.('south/s3'))?.scan).toBe('south/s3');
    const merged = newPath();
    await mergeProfiles([...paths].reverse(), merged);
    const one = await openProfilePaths([merged]);
    expect(one.digest).toBe(source.digest);
    await one.close?.();
    await source.close?.();
  });

  it.each([
    ['missing scans', { places: [0, 1, 3] }, {}, /holds 3 of the 5 scans of random: number 3, 5 are missing/],
    [
      'another heuristic',
      {},
      { profiling: { ...PROFILING, heuristic: { ...PROFILING.heuristic, heuristic: 'mse' as const } } },
      /its heuristic is "mse", that of .* "quantile"/,
    ],
    [
      'other rounding',
      {},
      { profiling: { ...PROFILING, round: 0.01 } },
      /its round is 0.01, that of .* null/,
    ],
    ['another reach', {}, { profiling: { ...PROFILING, reach: 0.25 } }, /its reach is 0.25/],
    [
      'other labels',
      {},
      { header: { labels: { 0: 'background', 1: 'body', 2: 'spleen', 7: 'pancreas' } } },
      /its label 7 is "pancreas", that of .* "liver"/,
    ],
  ])('refuses %s, naming the file', async (_, first, second, reason) => {
    const samples = drawScans({ seed: 4, scans: 5, perPatient: 1, miss: 0.2, even: true });
    const paths = [newPath(), newPath()] as const;
    await writeProfiles(kernels, paths[0], samples, first);
    await writeProfiles(kernels, paths[1], samples, { digest: 'another', ...second });
    const given = Object.keys(second).length === 0 ? [paths[0]] : paths;
    const failure = await openProfilePaths(given).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SemcrcError);
    expect((failure as SemcrcError).code).toBe('bad-input');
    expect((failure as SemcrcError).message).toMatch(reason);
    expect((failure as SemcrcError).message).toContain(given.at(-1));
  });
});
