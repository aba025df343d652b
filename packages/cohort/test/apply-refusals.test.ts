import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Calibration, UNKNOWN_PREPARING } from '@semcrc/core';
import { resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApplyFiles, type ApplyOptions, applyToFiles } from '../src/node.ts';
import {
  AFFINE,
  calibration,
  LAMBDA,
  randomScan,
  type Scan,
  SIZE,
  SUPREM_LABELS,
  VOXELS,
  writeScanFiles,
} from './apply-scan.ts';
import { type PlainFile, writeNifti } from './plain-nifti.ts';

let folder: string;
let options: ApplyOptions;
let serial = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-apply-'));
  options = { labelling: await resolveLabelling('suprem') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (scan: Scan, more: Partial<PlainFile> = {}) =>
  writeScanFiles(join(folder, `scan-${serial++}`), scan, more);
const out = () => join(folder, `out-${serial++}`);

describe('applying refuses', () => {
  async function refusal(
    files: ApplyFiles,
    changes: Partial<Calibration> = {},
    more: Partial<ApplyOptions> = {},
    code: SemcrcError['code'] = 'bad-input',
  ) {
    const home = out();
    const error = await applyToFiles(calibration(changes), files, home, { ...options, ...more }).then(
      () => new Error('it worked'),
      (caught: unknown) => caught,
    );
    if (!(error instanceof SemcrcError)) throw error;
    expect(error.code).toBe(code);
    // Nothing half-written stays.
    expect(existsSync(home) ? readdirSync(home) : []).toEqual([]);
    return error.message;
  }

  it('files that do not fit together', async () => {
    const files = write(randomScan(9));
    const other = write(randomScan(9), { affine: [...AFFINE.slice(0, 2), [0, 0, 3, 6]] });
    expect(await refusal({ ...files, segmentation: other.segmentation })).toMatch(/differ in affine/);
    expect(await refusal({ ...files, upper: join(folder, 'none.nii.gz') })).toMatch(/none\.nii\.gz/);
  });

  it('labels outside the scheme, in whatever slab', async () => {
    const scan = randomScan(10);
    scan.seg[200] = 99;
    expect(await refusal(write(scan))).toMatch(/holds the label 99 at voxel \(4, 4, 4\), index 200/);
  });

  it('predictions in HU that were not said to be', async () => {
    const scan = randomScan(11);
    expect(await refusal(write({ ...scan, lower: scan.lower.map((value) => value * 425 - 175) }))).toMatch(
      /`predictionUnits` hu/,
    );
  });

  it('groups that mean something else in the calibration', async () => {
    const labelling = await resolveLabelling('suprem', ['duodenum']);
    const labels = { ...SUPREM_LABELS, 64: 'esophagus' };
    const lambda = { ...LAMBDA, 64: Math.fround(0.1) };
    expect(await refusal(write(randomScan(12)), { labels, lambda }, { labelling })).toMatch(
      /label 64 is "esophagus" in the calibration but "duodenum" here/,
    );
  });

  it('another number of draws than the scans of the calibration had', async () => {
    const files = write(randomScan(14));
    const samples = join(folder, `draws-${serial++}.nii.gz`);
    const values = Array.from({ length: 4 * VOXELS }, () => 0.5);
    writeNifti(samples, { size: SIZE, type: 'float32', values, affine: AFFINE, volumes: 4 });
    const drawn = (draws: number): Partial<Calibration> => ({
      heuristic: 'samples',
      source: { ...calibration().source, preparing: { ...UNKNOWN_PREPARING, draws } },
    });
    expect(await refusal({ ...files, samples }, drawn(5), {}, 'usage')).toMatch(
      /had 5 draws of the prediction, these have 4.*`samples`/,
    );
    const made = calibration(drawn(4));
    await applyToFiles(made, { ...files, samples }, out(), options);
  });

  it('a folder that is none', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    await expect(applyToFiles(calibration(), write(randomScan(13)), file, options)).rejects.toThrow(
      /cannot write .*a-file/,
    );
  });
});
