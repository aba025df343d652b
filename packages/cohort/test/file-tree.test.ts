import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findManifest, parseManifest } from '../src/node.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-tree-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function tree(name: string, files: readonly string[]): string {
  for (const file of files) {
    mkdirSync(dirname(join(root, name, file)), { recursive: true });
    writeFileSync(join(root, name, file), '');
  }
  return join(root, name);
}
const rows = (text: string) => parseManifest(text, 'manifest.csv').scans;

describe('a manifest from a tree of files', () => {
  it('finds a folder by scan, and lists what is incomplete or unknown', () => {
    const home = tree('folders', [
      ...['ct', 'q_lo', 'q_hi', 'mmse', 'combined_labels', 'body'].flatMap((file) => [
        `scans/a/${file}.nii.gz`,
        `scans/b/${file}.nii`,
      ]),
      ...['scans/c/ct.nii.gz', 'scans/a/notes.nii.gz', 'scans/a/readme.txt'],
    ]);
    const found = findManifest(home, home);
    expect(found.columns).toEqual([
      'scan',
      'ground_truth',
      'lower',
      'upper',
      'segmentation',
      'point',
      'body',
    ]);
    expect(rows(found.text)).toEqual([
      {
        ...{ scan: 'a', patient: 'a', groundTruth: 'scans/a/ct.nii.gz', lower: 'scans/a/q_lo.nii.gz' },
        ...{ upper: 'scans/a/q_hi.nii.gz', segmentation: 'scans/a/combined_labels.nii.gz' },
        ...{ point: 'scans/a/mmse.nii.gz', body: 'scans/a/body.nii.gz' },
      },
      expect.objectContaining({ scan: 'b', groundTruth: 'scans/b/ct.nii' }),
    ]);
    expect(found.incomplete).toEqual([{ scan: 'c', missing: ['lower', 'upper', 'segmentation'] }]);
    expect(found.unplaced).toEqual([{ file: 'scans/a/notes.nii.gz', reason: expect.stringMatching(/name/) }]);
  });

  it('finds the authors’ tree: predictions and segmentations apart, data labels given way', () => {
    const home = tree('authors', [
      'data/T/s1/ct.nii.gz',
      'data/T/s1/segmentations/liver.nii.gz',
      ...['q_lo', 'q_hi', 'mmse', 'body'].map((file) => `results/T/task/prediction/s1/${file}.nii.gz`),
      'results/T/task/segmentation/suprem/s1/combined_labels.nii.gz',
    ]);
    const found = findManifest(home, home);
    expect(rows(found.text)[0].segmentation).toBe(
      'results/T/task/segmentation/suprem/s1/combined_labels.nii.gz',
    );
    expect(found.unplaced.map(({ file }) => file)).toEqual(['data/T/s1/segmentations']);
  });

  it('finds folders of masks, names with a prefix, and nnU-Net', () => {
    const masks = tree('masks', [
      's1/ct.nii.gz',
      's1/lower.nii.gz',
      's1/upper.nii.gz',
      's1/segmentations/liver.nii.gz',
    ]);
    expect(rows(findManifest(masks, root).text)[0].segmentation).toBe('masks/s1/segmentations');
    const flat = tree(
      'flat',
      ['ct', 'q_lo', 'q_hi', 'seg'].map((file) => `case_7_${file}.nii.gz`),
    );
    expect(rows(findManifest(flat, flat).text)).toMatchObject([
      { scan: 'case_7', lower: 'case_7_q_lo.nii.gz' },
    ]);
    const nn = tree('nn', [
      'imagesTr/p_0000.nii.gz',
      'labelsTr/p.nii.gz',
      'pred/p/q_lo.nii.gz',
      'pred/p/q_hi.nii.gz',
    ]);
    expect(rows(findManifest(nn, nn).text)).toMatchObject([
      { scan: 'p', groundTruth: 'imagesTr/p_0000.nii.gz', segmentation: 'labelsTr/p.nii.gz' },
    ]);
  });

  it('drops an optional column that some scan lacks, and takes no second file', () => {
    const files = ['ct', 'q_lo', 'q_hi', 'seg'].flatMap((file) => [`a/${file}.nii.gz`, `b/${file}.nii.gz`]);
    const home = tree('some', [...files, 'a/body.nii.gz', 'a/lower.nii.gz', 'a,b/ct.nii.gz']);
    const found = findManifest(home, home);
    expect(found.columns).not.toContain('body');
    expect(found.unplaced).toEqual([
      { file: 'a/q_lo.nii.gz', reason: 'scan a has a/lower.nii.gz for its lower already' },
    ]);
    expect(rows(found.text).map(({ scan }) => scan)).toEqual(['a', 'b']);
  });

  it('is refused where no scan is whole', () => {
    const home = tree('none', ['a/ct.nii.gz']);
    expect(() => findManifest(home, home)).toThrow(/no scan with .*scan a has no lower, upper, segmentation/);
  });
});
