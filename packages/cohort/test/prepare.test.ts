import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PaperSlices } from '@semcrc/imaging';
import { resolveLabelling } from '@semcrc/imaging/node';
import { loadResampler, type Resampler } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Prepared, prepareScan, type ScanFiles } from '../src/node.ts';
import { ScanMemory } from '../src/scan/scan-memory.ts';
import { plainScan, SIZE, VOXELS, writeCohort } from './plain-cohort.ts';

const GOLDEN = join(import.meta.dirname, 'goldens', 'prepare');
const facts = JSON.parse(readFileSync(join(GOLDEN, 'facts.json'), 'utf8'));
const golden: ScanFiles = {
  scan: 'golden',
  patient: 'p',
  groundTruth: join(GOLDEN, 'ct.nii.gz'),
  lower: join(GOLDEN, 'q_lo.nii.gz'),
  upper: join(GOLDEN, 'q_hi.nii.gz'),
  point: join(GOLDEN, 'mmse.nii.gz'),
  segmentation: join(GOLDEN, 'combined_labels.nii.gz'),
  body: join(GOLDEN, 'body.nii.gz'),
};
const options: PaperSlices = {
  spacing: facts.spacing,
  windowSlices: facts.rule.length,
  margin: facts.rule.margin,
  leastLabelled: facts.rule.leastLabelled,
  slices: facts.take,
  size: facts.size,
};

let resampler: Resampler;
let folder: string;
beforeAll(async () => {
  resampler = await loadResampler();
  folder = mkdtempSync(join(tmpdir(), 'semcrc-prepare-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function prepare(
  files: ScanFiles,
  paper: PaperSlices,
  crop: 'truth' | 'point' = 'truth',
): Promise<Prepared> {
  return prepareScan(files, { labelling: await resolveLabelling('suprem') }, { ...paper, crop }, resampler);
}

describe('preparing a scan', () => {
  it('does what numpy, scipy and nibabel do, step by step', async () => {
    const prepared = await prepare(golden, options);
    if (prepared.state !== 'kept') throw new Error(prepared.reason);
    const { sample } = prepared;
    expect(sample.shape).toEqual(facts.shape);
    const expected = (name: string) => readFileSync(join(GOLDEN, `${name}.bin`));
    // Labels are never interpolated: identical. Images agree to 1e-5 (they differ by f64 rounding order).
    expect(sample.organs).toEqual(new Uint8Array(expected('groups')));
    for (const name of ['truth', 'lower', 'upper', 'point'] as const) {
      const bytes = new Uint8Array(expected(name)).buffer;
      const reference = new Float32Array(bytes);
      let largest = 0;
      sample[name]?.forEach((value, voxel) => {
        largest = Math.max(largest, Math.abs(value - (reference[voxel] as number)));
      });
      expect(largest, name).toBeLessThan(1e-5);
    }
    expect(sample.mended).toEqual(facts.mended);
    expect(sample.mended.crossed).toBeGreaterThan(0);
  });

  it.each([
    ['short', { windowSlices: 40 }, /at least 46 slices, found \d+/],
    ['without enough labels', { leastLabelled: 100_000 }, /slices with 100000 labelled voxels/],
  ])('leaves out a scan that is %s, and says why', async (_, more, reason) => {
    const prepared = await prepare(golden, { ...options, ...more });
    expect(prepared).toEqual({ state: 'left-out', reason: expect.stringMatching(reason) });
  });

  it('leaves out scans without labels and without foreground', async () => {
    const tiny: PaperSlices = {
      spacing: null,
      ...{ windowSlices: 2, margin: 0, leastLabelled: 1 },
      slices: 2,
      size: [4, 5],
    };
    const files = (index: number): ScanFiles => ({
      scan: `s${index}`,
      patient: 'p',
      groundTruth: join(folder, `s${index}/ct.nii.gz`),
      lower: join(folder, `s${index}/lower.nii.gz`),
      upper: join(folder, `s${index}/upper.nii.gz`),
      segmentation: join(folder, `s${index}/seg.nii.gz`),
    });
    const scans = [plainScan(0), plainScan(1), plainScan(2)];
    scans[0]!.seg = { ...scans[0]!.seg, values: new Uint8Array(VOXELS) };
    scans[1]!.ct = { ...scans[1]!.ct, values: new Int16Array(VOXELS).fill(-175) };
    writeCohort(folder, scans);
    expect(await prepare(files(0), tiny)).toMatchObject({
      reason: expect.stringMatching(/no labelled voxel/),
    });
    expect(await prepare(files(1), tiny)).toMatchObject({ reason: expect.stringMatching(/above -175 HU/) });
    const whole = await prepare(files(2), tiny);
    expect(whole).toMatchObject({ state: 'kept', sample: { shape: [2, SIZE[1], SIZE[0]] } });
  });

  it('brings a standard deviation and draws to the same voxels', async () => {
    const files = { ...golden, std: golden.body as string, samples: golden.point as string };
    const prepared = await prepare(files, options);
    if (prepared.state !== 'kept') throw new Error(prepared.reason);
    const { sample } = prepared;
    expect(sample.samples).toEqual([sample.point]);
    // Inside the body, away from its border, the mask read as an image is 1 after resampling, too.
    expect(sample.std).toHaveLength(sample.truth.length);
    expect(Math.max(...(sample.std as Float32Array))).toBe(1);
    expect(Math.min(...(sample.std as Float32Array))).toBe(0);
  });

  it('can be cropped to the point, which new scans have: the truth itself as the point gives the same voxels', async () => {
    const inHu = { labelling: await resolveLabelling('suprem'), predictionUnits: 'hu' } as const;
    const files = {
      ...golden,
      lower: golden.groundTruth,
      upper: golden.groundTruth,
      point: golden.groundTruth,
    };
    const [byTruth, byPoint] = await Promise.all(
      (['truth', 'point'] as const).map((crop) => prepareScan(files, inHu, { ...options, crop }, resampler)),
    );
    expect(byPoint).toEqual(byTruth);
    const memory = new ScanMemory();
    expect(await prepareScan(files, inHu, { ...options, crop: 'point' }, resampler, memory)).toEqual(byTruth);
    // The golden's point is another image; its box decides where slices lie, so that truth is cut otherwise.
    const other = await prepare(golden, options, 'point');
    const own = await prepare(golden, options);
    if (other.state !== 'kept' || own.state !== 'kept') throw new Error('left out');
    expect(other.sample.shape).toEqual(own.sample.shape);
    const { point: _, ...rest } = golden;
    await expect(prepare(rest as ScanFiles, options, 'point')).rejects.toThrow(
      /no point prediction.*`crop` truth/,
    );
  });

  it('takes predictions in HU through the same window as the truth', async () => {
    const files = {
      ...golden,
      lower: golden.groundTruth,
      upper: golden.groundTruth,
      point: golden.groundTruth,
    };
    const labelling = await resolveLabelling('suprem');
    const prepared = await prepareScan(
      files,
      { labelling, predictionUnits: 'hu' },
      { ...options, crop: 'truth' },
      resampler,
    );
    if (prepared.state !== 'kept') throw new Error(prepared.reason);
    expect(prepared.sample.lower).toEqual(prepared.sample.truth);
    expect(prepared.sample.point).toEqual(prepared.sample.truth);
    expect(prepared.sample.mended).toEqual({ clipped: 0, crossed: 0 });
  });

  it('names the scan and the file that is wrong', async () => {
    await expect(prepare({ ...golden, upper: join(GOLDEN, 'truth.bin') }, options)).rejects.toThrow(
      /^scan golden: .*truth\.bin/,
    );
  });
});
