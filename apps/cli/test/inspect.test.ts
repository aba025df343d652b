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

/** A file of some values, 20 × 20 × 4. */
function volumeOf(name: string, type: 'u8' | 'f32' | 'i16', value: (voxel: number) => number): string {
  const path = join(root, name);
  const values = Array.from({ length: 1600 }, (_, voxel) => value(voxel));
  writeGz(path, niftiBytes({ dims: [20, 20, 4], type, values }));
  return path;
}
const noise = (voxel: number) => (Math.imul(voxel + 1, 2654435761) >>> 8) & 255;
const compare = async (...args: string[]) => {
  const { code, stdout, stderr } = await semcrcHere(['inspect', '--compare', ...args, '--json']);
  return { code, stderr, found: JSON.parse(stdout) };
};

describe('an image', () => {
  test('of whole numbers is no segmentation: it has intensities, and is compared by PSNR', async () => {
    const path = volumeOf('grey.nii.gz', 'u8', noise);
    const { stdout } = await semcrcHere(['inspect', path, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ labels: null, intensity: { nan: 0, infinite: 0 } });
    const same = await compare(path, path);
    expect(same.found).toMatchObject({ kind: 'images', equal: true, psnr: null, meanAbsoluteDifference: 0 });
    expect(same.found.ssim).toBeCloseTo(1, 12);
    const other = await compare(
      path,
      volumeOf('grey2.nii.gz', 'u8', (voxel) => noise(voxel + 1)),
    );
    expect(other.found.kind).toBe('images');
    expect(other.found.psnr).toBeGreaterThan(0);
  });

  test('has percentiles and its voxels that are no number counted', async () => {
    const odd = (voxel: number) =>
      voxel === 3 ? Number.NaN : voxel === 5 ? Number.NEGATIVE_INFINITY : voxel;
    const { code, stdout } = await semcrcHere(['inspect', volumeOf('odd.nii.gz', 'f32', odd), '--json']);
    expect(code).toBe(0);
    const { intensity, shape } = JSON.parse(stdout);
    expect(shape).toEqual([20, 20, 4]);
    expect(intensity).toMatchObject({ min: 0, max: 1599, nan: 1, infinite: 1 });
    expect(intensity.percentiles['50']).toBeCloseTo(800, -1);
    expect(intensity.percentiles['1']).toBeLessThan(30);
    expect(intensity.percentiles['99']).toBeGreaterThan(1570);
  });

  test('with infinite voxels is never equal to one that differs, and keeps its PSNR', async () => {
    const inf = (voxel: number) => (voxel === 7 ? Number.POSITIVE_INFINITY : noise(voxel) / 255);
    const first = volumeOf('inf.nii.gz', 'f32', inf);
    const second = volumeOf('inf2.nii.gz', 'f32', (voxel) => inf(voxel) + (voxel === 900 ? 0.5 : 0));
    const { found } = await compare(first, second);
    expect(found).toMatchObject({ equal: false, nonFinite: 1, ssim: null });
    expect(found.psnr).toBeCloseTo(10 * Math.log10(1 / (0.25 / 1599)), 1);
    expect((await compare(first, first)).found).toMatchObject({ equal: true, nonFinite: 1, psnr: null });
    const text = (await semcrcHere(['inspect', '--compare', first, second])).stdout;
    expect(text).toMatch(/images +differ/);
    expect(text).toMatch(/SSIM is left out: 1 voxel is NaN/);
  });

  test('of one value, or too thin for SSIM, is compared without what cannot be told', async () => {
    const flat = volumeOf('flat.nii.gz', 'f32', () => 3.5);
    const { code, found } = await compare(flat, flat);
    expect([code, found.equal, found.psnr, found.ssim]).toEqual([0, true, null, null]);
    const thin = join(root, 'thin.nii.gz');
    const values = Array.from({ length: 42 * 5 * 3 }, (_, voxel) => noise(voxel) / 7);
    writeGz(thin, niftiBytes({ dims: [42, 5, 3], type: 'f32', values }));
    const other = join(root, 'thin2.nii.gz');
    writeGz(other, niftiBytes({ dims: [42, 5, 3], type: 'f32', values: values.map((value) => value + 1) }));
    const thinner = await compare(thin, other);
    expect(thinner.found.ssim).toBeNull();
    expect(thinner.found.psnr).toBeGreaterThan(20);
    expect(thinner.found.notes).toEqual([
      expect.stringMatching(/SSIM is left out: .*11 × 11, found 42 × 5 × 3 voxels/),
    ]);
  });

  test('whose axial slices are too small is compared in coronal ones, and says so', async () => {
    const values = (seed: number) =>
      Array.from({ length: 42 * 5 * 30 }, (_, voxel) => noise(voxel + seed) / 7);
    const [one, two] = [1, 2].map((seed) => {
      const path = join(root, `standing-${seed}.nii.gz`);
      writeGz(path, niftiBytes({ dims: [42, 5, 30], type: 'f32', values: values(seed) }));
      return path;
    });
    const { found } = await compare(one, two);
    expect(found.ssim).toBeLessThan(1);
    expect(found.notes).toEqual([
      expect.stringMatching(/SSIM is that of coronal slices: axial ones of 5 × 42/),
    ]);
    expect((await compare(one, one)).found.ssim).toBeCloseTo(1, 12);
  });

  test('in HU and one in 0..1 are compared in one unit, or refused', async () => {
    const hounsfield = (voxel: number) => noise(voxel) - 100;
    const ct = volumeOf('ct-compare.nii.gz', 'i16', hounsfield);
    const share = (voxel: number) => (hounsfield(voxel) + 175) / 425;
    const windowed = volumeOf('windowed.nii.gz', 'f32', share);
    const refused = await semcrcHere(['inspect', '--compare', ct, windowed]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/windowed\.nii\.gz lies in 0\.\.1 and .*different units.*--window/);
    const { found } = await compare(ct, windowed, '--window', '-175,250');
    expect(found.meanAbsoluteDifference).toBeLessThan(1e-6);
    expect(found.notes).toEqual([expect.stringMatching(/windowed\.nii\.gz lies in 0\.\.1 already/)]);
  });
});

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
