import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { DIMS, FITTING, niftiBytes, scanParts, writeCohort } from './fixture.ts';
import { type PlainScan, readPlainCohort, smallestLambda } from './plain-cohort.ts';
import { readPlainNifti } from './plain-nifti.ts';

const DRAWS = 6;
const ALPHA = 0.2;

let root: string;
let manifest: string;
let scans: Map<string, PlainScan>;
/** The draws of each scan, f32, as its file holds them. */
const drawn = new Map<string, readonly Float32Array[]>();

/** Draws about the middle of a scan's interval, wrong by up to 0.05 together and 0.06 each; some leave [0, 1]. */
function drawsOf(seed: number): readonly Float32Array[] {
  let state = seed * 2246822519 + 7;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const { lower, upper } = scanParts(seed);
  const centre = Array.from(
    lower.values,
    (low, voxel) => (low + upper.values[voxel]) / 2 + 0.1 * (uniform() - 0.5),
  );
  return Array.from({ length: DRAWS }, () =>
    Float32Array.from(centre, (value) => value + 0.12 * (uniform() - 0.5)),
  );
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-samples-'));
  manifest = writeCohort(join(root, 'cohort'));
  scans = readPlainCohort(manifest);
  let seed = 0;
  for (const id of scans.keys()) {
    const draws = drawsOf(seed++);
    drawn.set(id, draws);
    const values = draws.flatMap((draw) => Array.from(draw));
    const bytes = niftiBytes({ dims: [...DIMS, DRAWS], type: 'f32', values });
    writeFileSync(join(root, 'cohort', id, 'draws.nii.gz'), gzipSync(bytes));
  }
  manifest = withColumn('draws.csv', 'draws.nii.gz');
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The manifest with a column for the samples, each in its scan's folder. */
function withColumn(name: string, samples: string): string {
  const [header, ...rows] = readFileSync(join(root, 'cohort/manifest.csv'), 'utf8').trim().split('\n');
  const path = join(root, 'cohort', name);
  const lines = rows.map((row) => `${row},${row.split(',')[0]}/${samples}`);
  writeFileSync(path, `${[`${header},samples`, ...lines].join('\n')}\n`);
  return path;
}

/** Bounds of each voxel by sorting its draws, and the scores that follow from them. */
function scored(id: string, levels: readonly [number, number]): PlainScan {
  const scan = scans.get(id)!;
  const draws = drawn.get(id)!;
  const [lower, upper] = levels.map((level) =>
    Float32Array.from(scan.truth, (_, voxel) => {
      const sorted = draws.map((draw) => Math.min(Math.max(draw[voxel], 0), 1)).sort((a, b) => a - b);
      const at = level * (DRAWS - 1);
      const below = Math.floor(at);
      const next = Math.min(below + 1, DRAWS - 1);
      return sorted[below] + (sorted[next] - sorted[below]) * (at - below);
    }),
  ) as [Float32Array, Float32Array];
  const scores = scan.truth.map((value, voxel) =>
    Math.max(Math.fround(lower[voxel] - value), Math.fround(value - upper[voxel])),
  );
  return { ...scan, lower, upper, scores };
}

async function calibrate(source: string, ...more: readonly string[]) {
  const out = join(root, 'calibration.json');
  const args = ['calibrate', source, '--procedure', 'crc', '--heuristic', 'samples', '--alpha', `${ALPHA}`];
  const outcome = await semcrcHere([...args, '--out', out, ...more]);
  expect(outcome.stderr).not.toMatch(/error/);
  expect(outcome.code).toBe(0);
  return { out, calibration: JSON.parse(readFileSync(out, 'utf8')) };
}

describe('quantiles of samples in a file of four dimensions', () => {
  const m = DRAWS;
  test.each([
    ['plain', [ALPHA, 1 - ALPHA]],
    ['calibrated', [Math.floor((m + 1) * ALPHA) / m, Math.ceil((m + 1) * (1 - ALPHA)) / m]],
  ] as const)('%s: λ is the one plain loops find', async (kind, levels) => {
    const { calibration } = await calibrate(manifest, ...FITTING, '--sample-quantiles', kind);
    const { opt, cal } = calibration.split;
    const used = [...opt, ...cal].map((id: string) => scored(id, levels));
    expect(used).toHaveLength(9);
    expect(calibration.lambda.all).toBe(smallestLambda(used, 0.2));
    expect(calibration.lambda.all).toBeGreaterThan(0);
  });

  test('a folder of three-dimensional files and a prepared cohort give the same', async () => {
    const { calibration } = await calibrate(manifest, ...FITTING);
    for (const [id, draws] of drawn) {
      const folder = join(root, 'cohort', id, 'draws');
      mkdirSync(folder);
      draws.forEach((values, index) => {
        writeFileSync(join(folder, `${index}.nii`), niftiBytes({ dims: DIMS, type: 'f32', values }));
      });
    }
    const inFolders = await calibrate(withColumn('folders.csv', 'draws'), ...FITTING);
    expect(inFolders.calibration.lambda).toEqual(calibration.lambda);
    expect(calibration.source.preparing.draws).toBe(DRAWS);
    expect(inFolders.calibration.source.preparing.draws).toBe(DRAWS);

    const store = join(root, 'drawn.zarr');
    const args = ['prepare', manifest, '--labels', 'suprem', '--prepare', 'none', '--out', store];
    expect((await semcrcHere(args)).code).toBe(0);
    const fromStore = await calibrate(store, ...FITTING.slice(2));
    expect(fromStore.calibration.lambda).toEqual(calibration.lambda);
    expect(fromStore.calibration.test).toEqual(calibration.test);
    expect(fromStore.calibration.source.preparing.draws).toBe(DRAWS);
    expect(fromStore.calibration.source.preparing).toEqual(calibration.source.preparing);
  });

  test('apply widens them by λ; the voxels that λ covers lie inside', async () => {
    const { out, calibration } = await calibrate(manifest, ...FITTING);
    const id = calibration.split.test[0] as string;
    const file = (name: string) => join(dirname(manifest), id, `${name}.nii.gz`);
    const folder = join(root, 'applied');
    const outcome = await semcrcHere([
      'apply',
      out,
      ...['lower', 'upper', 'segmentation'].flatMap((name) => [`--${name}`, file(name)]),
      '--samples',
      file('draws'),
      '--out',
      folder,
    ]);
    expect(outcome.stderr).not.toMatch(/error/);
    expect(outcome.code).toBe(0);
    const lambda = calibration.lambda.all as number;
    const { lower, upper, truth, scores } = scored(id, [ALPHA, 1 - ALPHA]);
    const [low, high] = ['lower', 'upper'].map(
      (name) => readPlainNifti(join(folder, `${name}.nii.gz`)).values,
    );
    let covered = 0;
    for (let voxel = 0; voxel < truth.length; voxel++) {
      expect(low[voxel]).toBeCloseTo(Math.max(lower[voxel] - lambda, 0), 6);
      expect(high[voxel]).toBeCloseTo(Math.min(upper[voxel] + lambda, 1), 6);
      if (scores[voxel] > lambda) continue;
      covered++;
      expect(low[voxel]).toBeLessThanOrEqual(truth[voxel]);
      expect(high[voxel]).toBeGreaterThanOrEqual(truth[voxel]);
    }
    expect(covered).toBeGreaterThan(truth.length / 2);
  });

  test('another number of samples in one scan is refused before any voxel is read', async () => {
    const path = join(root, 'cohort/s07/draws.nii.gz');
    const before = readFileSync(path);
    const values = drawn
      .get('s07')!
      .slice(1)
      .flatMap((draw) => Array.from(draw));
    writeFileSync(path, gzipSync(niftiBytes({ dims: [...DIMS, DRAWS - 1], type: 'f32', values })));
    const args = ['calibrate', manifest, ...FITTING, '--heuristic', 'samples'];
    const outcome = await semcrcHere([...args, '--out', join(root, 'refused.json')]);
    writeFileSync(path, before);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/scan s07: .*draws\.nii\.gz holds 5 samples, expected 6 as scan s00 has/);
  });
});
