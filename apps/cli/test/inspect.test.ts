import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { DIMS, niftiBytes, scanParts, writeCohort, writeGz } from './fixture.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-inspect-'));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a NIfTI file', () => {
  test('header, orientation, shape, spacing and intensities', async () => {
    const { truth } = scanParts(1);
    const path = join(root, 'ct.nii.gz');
    writeGz(path, niftiBytes({ ...truth, slope: 0.5, inter: 10 }));
    const { code, stdout } = await semcrcHere(['inspect', path, '--json']);
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      format: 'NIfTI-1, little-endian',
      datatype: 'int16',
      shape: [...DIMS],
      spacing: [3, 3, 3],
      orientation: 'RAS',
      affineSource: 'sform',
      slope: 0.5,
      inter: 10,
    });
    const values = Array.from(truth.values, (value) => 0.5 * value + 10);
    expect(found.intensity.min).toBe(Math.min(...values));
    expect(found.intensity.max).toBe(Math.max(...values));
    expect(found.intensity.mean).toBeCloseTo(
      values.reduce((sum, value) => sum + value, 0) / values.length,
      5,
    );

    const text = (await semcrcHere(['inspect', path])).stdout;
    for (const part of ['8 × 6 × 4', '3 × 3 × 3 mm', 'RAS', 'int16']) expect(text).toContain(part);
  });

  test('labels with names and voxel counts', async () => {
    const { segmentation } = scanParts(1);
    const path = join(root, 'labels.nii.gz');
    writeGz(path, niftiBytes(segmentation));
    const count = (number: number) =>
      Array.from(segmentation.values).filter((value) => value === number).length;
    const { code, stdout } = await semcrcHere(['inspect', path, '--labels', 'suprem', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).labels).toEqual([
      { number: 0, name: 'background', voxels: count(0) },
      { number: 1, name: 'spleen', voxels: count(1) },
      { number: 6, name: 'liver', voxels: count(6) },
      { number: 17, name: 'lung_left', voxels: count(17) },
    ]);
    expect((await semcrcHere(['inspect', path, '--labels', 'suprem'])).stdout).toMatch(
      new RegExp(`liver +6 +${count(6)}`),
    );
  });

  test('the header says that a file holds several volumes', async () => {
    const path = join(root, 'samples.nii');
    writeFileSync(path, niftiBytes({ dims: [2, 2, 2, 3], type: 'u8', values: new Uint8Array(24) }));
    const { code, stdout } = await semcrcHere(['inspect', path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/2 × 2 × 2 × 3/);
    expect(stdout).toMatch(/several volumes/);
  });

  test.each([
    ['nothing.nii.gz', null, /nothing\.nii\.gz.*no such file/i],
    ['text.nii', Buffer.from('this is no volume'), /text\.nii.*not a NIfTI file/],
  ])('%s is refused', async (name, bytes, message) => {
    if (bytes !== null) writeFileSync(join(root, name), bytes);
    const { code, stderr } = await semcrcHere(['inspect', join(root, name)]);
    expect(stderr).toMatch(message);
    expect(code).toBe(3);
  });
});

describe('a cohort', () => {
  test('scans, labels and what had to be mended', async () => {
    const manifest = writeCohort(join(root, 'cohort'), {
      scans: 4,
      spoil(parts) {
        const { lower, upper } = parts;
        parts.lower = { ...upper };
        parts.upper = { ...lower };
      },
    });
    const { code, stdout } = await semcrcHere(['inspect', manifest, '--labels', 'suprem', '--json']);
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found.scans.map(({ scan, shape }: { scan: string; shape: number[] }) => [scan, ...shape])).toEqual(
      ['s00', 's01', 's02', 's03'].map((scan) => [scan, DIMS[2], DIMS[1], DIMS[0]]),
    );
    const voxels = DIMS[0] * DIMS[1] * DIMS[2];
    expect(found.scans.map(({ crossed }: { crossed: number }) => crossed)).toEqual([0, 0, 0, voxels]);
    // Labels 0, 1, 6, 17 in equal parts: background, spleen, liver, and a lung that counts as body.
    expect(found.scans[0].voxels).toEqual({ 0: voxels / 4, 1: voxels / 4, 2: voxels / 4, 7: voxels / 4 });
    expect(found.scans[0].outside).toBeGreaterThan(0.05);

    const text = (await semcrcHere(['inspect', manifest, '--labels', 'suprem'])).stdout;
    expect(text).toMatch(new RegExp(`liver +7 +${voxels} +4`));
    expect(text).toMatch(new RegExp(`${voxels} crossed and swapped`));
  });

  test('a manifest needs --labels', async () => {
    const { code, stderr } = await semcrcHere(['inspect', join(root, 'cohort', 'manifest.csv')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--labels.*totalsegmentator/);
  });
});
