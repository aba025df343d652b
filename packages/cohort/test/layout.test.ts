import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLayout, scanLayout } from '../src/node.ts';
import { plainScan, SIZE, VOXELS } from './plain-cohort.ts';
import { type PlainFile, writeNifti } from './plain-nifti.ts';

let folder: string;
let serial = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-layout-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, file: PlainFile): void {
  mkdirSync(dirname(path), { recursive: true });
  writeNifti(path, file);
}

/** Predictions and segmentation of a scan, below results/<dataset>/<task>. */
function putResults(root: string, dataset: string, task: string, scan: string, seed: number): void {
  const { lower, upper, seg } = plainScan(seed);
  const results = join(root, 'results', dataset, task);
  const prediction = join(results, 'prediction', scan);
  put(join(prediction, 'q_lo.nii.gz'), lower);
  put(join(prediction, 'q_hi.nii.gz'), upper);
  put(join(prediction, 'mmse.nii.gz'), lower);
  put(join(prediction, 'body.nii.gz'), { size: SIZE, type: 'uint8', values: new Uint8Array(VOXELS).fill(1) });
  put(join(results, 'segmentation', 'unet', scan, 'combined_labels.nii.gz'), seg);
}

const TASK = 'denoising_sigma0.2';

function totalSegmentator(): string {
  const root = join(folder, `ts-${serial++}`);
  for (const [index, scan] of ['s0010', 's0002', 's0003', 's0004'].entries()) {
    put(join(root, 'data/TotalSegmentator', scan, 'ct.nii.gz'), plainScan(index).ct);
    if (scan !== 's0003') putResults(root, 'TotalSegmentator', TASK, scan, index);
  }
  mkdirSync(join(root, 'data/TotalSegmentator/logs'));
  return root;
}

describe('the layout semantic-uq', () => {
  it('finds the scans of TotalSegmentator that have image, prediction and segmentation', async () => {
    const root = totalSegmentator();
    writeFileSync(join(root, 'data/TotalSegmentator/bad_scans.txt'), 's0004\n\n');
    const said: string[] = [];
    const source = await openLayout('semantic-uq', root, { labels: 'suprem' }, { warn: (m) => said.push(m) });
    expect(source.ids).toEqual(['s0002', 's0010']);
    expect(source.name).toMatch(/TotalSegmentator, denoising_sigma0\.2, unet/);
    expect(said).toEqual([
      expect.stringMatching(/1 of 4 scans have no prediction, s0003 first/),
      expect.stringMatching(/1 scans are listed in bad_scans\.txt.*s0004/),
    ]);
    const sample = await source.read('s0010');
    expect(sample.point).toEqual(sample.lower);
    // The body mask covers everything: nothing is background.
    expect(sample.organs.includes(0)).toBe(false);
  });

  it('finds the scans of FLARE, the resampled copy before the original', () => {
    const root = join(folder, `flare-${serial++}`);
    for (const [index, scan] of ['FLARE23_0001_0000', 'FLARE23_0002_0000'].entries()) {
      put(join(root, 'data/FLARE/scans', `${scan}.nii.gz`), plainScan(index).ct);
      put(join(root, 'data/FLARE_1.5,1.5,3.0/scans', `${scan}.nii.gz`), plainScan(index).ct);
      put(join(root, 'data/FLARE_1.5,1.5,3.0/labels', `${scan.slice(0, -5)}.nii.gz`), plainScan(index).seg);
      putResults(root, 'FLARE', TASK, scan, index);
    }
    writeFileSync(join(root, 'data/FLARE/bad_scans.txt'), 'FLARE23_0002_0000.nii.gz');
    const { scans } = scanLayout(root, { dataset: 'FLARE', task: TASK, backbone: 'unet' });
    expect(scans.map(({ scan }) => scan)).toEqual(['FLARE23_0001_0000']);
    expect(scans[0]?.groundTruth).toBe(join(root, 'data/FLARE_1.5,1.5,3.0/scans/FLARE23_0001_0000.nii.gz'));
    expect(scanLayout(root, { groundTruthLabels: true }).scans[0]?.segmentation).toBe(
      join(root, 'data/FLARE_1.5,1.5,3.0/labels/FLARE23_0001.nii.gz'),
    );
  });

  it('can take the labels that came with TotalSegmentator, one mask per organ', async () => {
    const root = totalSegmentator();
    const spleen = { size: SIZE, type: 'uint8', values: new Uint8Array(VOXELS).fill(1, 10, 20) } as const;
    put(join(root, 'data/TotalSegmentator/s0002/segmentations/spleen.nii.gz'), spleen);
    const options = { labels: 'totalsegmentator', groundTruthLabels: true };
    const source = await openLayout('semantic-uq', root, options);
    expect(source.ids).toEqual(['s0002']);
    const { organs } = await source.read('s0002');
    organs.forEach((group, voxel) => {
      expect(group).toBe(voxel >= 10 && voxel < 20 ? 2 : 1);
    });
  });

  it('asks where the tree leaves a choice, and says what there is', () => {
    const root = totalSegmentator();
    putResults(root, 'TotalSegmentator', 'reconstruction', 's0002', 1);
    expect(() => scanLayout(root, {})).toThrow(/denoising_sigma0\.2, reconstruction: say which with `task`/);
    expect(() => scanLayout(root, { task: 'deblurring' })).toThrow(/no "deblurring", but denoising/);
    const task = { task: TASK };
    expect(() => scanLayout(root, { ...task, dataset: 'FLARE' })).toThrow(/no "FLARE", but TotalSegmentator/);
    expect(scanLayout(root, task).scans).toHaveLength(3);
    mkdirSync(join(root, 'results/TotalSegmentator', TASK, 'segmentation/swin'));
    expect(() => scanLayout(root, task)).toThrow(/swin, unet: say which with `backbone`/);
  });

  it('refuses a folder that is laid out otherwise', async () => {
    expect(() => scanLayout(join(folder, 'nowhere'), {})).toThrow(/nowhere.results: there is no such folder/);
    const root = totalSegmentator();
    rmSync(join(root, 'data'), { recursive: true });
    mkdirSync(join(root, 'data/TotalSegmentator'), { recursive: true });
    expect(() => scanLayout(root, {})).toThrow(/holds no scan of TotalSegmentator/);
    await expect(openLayout('bids' as never, root, { labels: 'suprem' })).rejects.toThrow(
      /there is semantic-uq/,
    );
  });
});
