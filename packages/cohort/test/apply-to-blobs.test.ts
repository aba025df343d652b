import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Calibration, calibratedLambda } from '@semcrc/core';
import { assignLabels, namedScheme } from '@semcrc/imaging';
import { loadKernels, SemcrcError } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApplyFiles,
  applyToBlobs,
  pageAccess,
  readScanInMemory,
  ScanDesign,
  ScanIntervals,
} from '../src/index.ts';
import { applyToFiles } from '../src/node.ts';
import { calibration, LAMBDA, randomScan, SUPREM_LABELS, writeScanFiles } from './apply-scan.ts';

let home: string;
let files: ApplyFiles;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'semcrc-blobs-'));
  const scan = randomScan(11);
  const point = scan.lower.map((value, at) => (value + (scan.upper[at] as number)) / 2);
  const body = Uint8Array.from(scan.seg, (_, at) => (at % 3 === 0 ? 0 : 1));
  files = writeScanFiles(join(home, 'scan'), { ...scan, point, body });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const labelling = assignLabels(namedScheme('suprem') as NonNullable<ReturnType<typeof namedScheme>>);
/** The same files as a page has them, under the same paths. */
const onPage = () =>
  pageAccess(Object.values(files).map((path) => [path, new Blob([readFileSync(path)])] as const));

const twoSided = Object.fromEntries(
  Object.keys(LAMBDA).map((id) => [id, { below: LAMBDA[id], above: Math.fround(0.02 * Number(id)) }]),
) as Calibration['lambda'];
const withoutLiver = Object.fromEntries(Object.entries(SUPREM_LABELS).filter(([id]) => id !== '7'));
const lambdaWithoutLiver = Object.fromEntries(Object.entries(LAMBDA).filter(([id]) => id !== '7'));

const CALIBRATIONS: readonly [string, Calibration][] = [
  ['one λ for each organ', calibration()],
  ['two sides', calibration({ sides: 2, lambda: twoSided })],
  ['shrinking', calibration({ shrink: true, lambda: { ...LAMBDA, 1: Math.fround(-0.05), 2: -1 } })],
  ['an organ never calibrated', calibration({ lambda: { ...LAMBDA, 2: 'Infinity' } })],
  ['a label it does not know', calibration({ labels: withoutLiver, lambda: lambdaWithoutLiver })],
  ['a weight for each voxel', calibration({ heuristic: 'multiplicative' })],
];

describe('applying on a page', () => {
  it.each(CALIBRATIONS)('gives what applying to files does: %s', async (name, own) => {
    for (const units of ['window', 'hu'] as const) {
      const folder = join(home, `${name} ${units}`);
      const summary = await applyToFiles(own, files, folder, { labelling, units });
      const page = await applyToBlobs(onPage(), own, files, { labelling, units });
      expect(page.summary).toEqual(summary);
      const names = page.files.map((file) => file.name);
      expect([...names, 'summary.json'].sort()).toEqual(readdirSync(folder).sort());
      for (const { name: file, blob } of page.files) {
        const bytes = gunzipSync(Buffer.from(await blob.arrayBuffer()));
        expect(bytes.equals(gunzipSync(readFileSync(join(folder, file)))), file).toBe(true);
      }
    }
  });

  it.each(CALIBRATIONS)('shows in memory what it writes, and sums it by organ: %s', async (name, own) => {
    const folder = join(home, `${name} window`);
    const scan = await readScanInMemory(onPage(), files, { labelling });
    const design = new ScanDesign(await loadKernels(), own, labelling, scan.grid, files.lower);
    const found = new ScanIntervals(scan, design).at(calibratedLambda(own).lambda, [
      'lower',
      'upper',
      'width',
    ]);
    for (const map of ['lower', 'upper', 'width'] as const) {
      const bytes = gunzipSync(readFileSync(join(folder, `${map}.nii.gz`)));
      const voxels = new Float32Array(
        bytes.buffer.slice(bytes.byteOffset + 352, bytes.byteOffset + bytes.length),
      );
      expect([...(found.maps[map] as Float32Array)]).toEqual([...voxels]);
    }
    const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
    for (const [id, { voxels, meanWidth }] of Object.entries<{ voxels: number; meanWidth: number }>(
      summary.organs,
    )) {
      expect(found.voxels[Number(id)] ?? 0).toBe(voxels);
      if (voxels > 0) expect((found.widths[Number(id)] as number) / voxels).toBe(meanWidth);
    }
    expect(found.missed).toBeNull();
  });

  it('marks the voxels whose score is above λ, and says what λ they have', async () => {
    const { truth: _, ...scan } = await readScanInMemory(onPage(), files, { labelling });
    // At the bounds, next to them and anywhere.
    const truth = scan.lower.map(
      (low, at) => [low - 0.05, low, scan.upper[at] as number, 1][at % 4] as number,
    );
    const own = calibration();
    const design = new ScanDesign(await loadKernels(), own, labelling, scan.grid, files.lower);
    const found = new ScanIntervals({ ...scan, truth }, design).at(calibratedLambda(own).lambda, [
      ...(['missed', 'lambdaBelow', 'lambdaAbove'] as const),
    ]);
    const expected = new Float64Array(found.voxels.length);
    scan.organs.forEach((organ, at) => {
      const lambda = LAMBDA[organ] as number;
      const x = truth[at] as number;
      const below = Math.fround((scan.lower[at] as number) - x);
      const missed = Math.max(below, Math.fround(x - (scan.upper[at] as number))) > lambda;
      expect(found.maps.missed?.[at]).toBe(missed ? 1 : 0);
      expect([found.maps.lambdaBelow?.[at], found.maps.lambdaAbove?.[at]]).toEqual([lambda, lambda]);
      expected[organ]! += missed ? 1 : 0;
    });
    expect(found.missed).toEqual(expected);
    expect(expected.reduce((sum, count) => sum + count)).toBeGreaterThan(20);
    expect(found.maps.width).toBeUndefined();
  });

  it('is given up between slabs, and refuses what applying to files refuses', async () => {
    const controller = new AbortController();
    controller.abort();
    const given = applyToBlobs(onPage(), calibration(), files, { labelling, signal: controller.signal });
    await expect(given).rejects.toThrow(/abort/i);
    const { upper: _, ...rest } = files;
    const gone = { ...rest, upper: 'elsewhere.nii.gz' };
    await expect(applyToBlobs(onPage(), calibration(), gone, { labelling })).rejects.toThrow(SemcrcError);
  });
});
