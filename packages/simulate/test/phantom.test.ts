import { createHash } from 'node:crypto';
import type { Sample } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { describe, expect, it } from 'vitest';
import { drawPhantom, type PhantomModel, paperSizedSource, phantomSource } from '../src/index.ts';

const small: PhantomModel = { seed: 0, shape: [4, 96, 96], organs: 'nine' };

function fingerprint(sample: Sample): string {
  const hash = createHash('sha256');
  for (const array of [sample.truth, sample.lower, sample.upper, sample.point, sample.organs]) {
    if (array) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest('hex');
}

function shareOutside(sample: Sample): number {
  let outside = 0;
  for (let voxel = 0; voxel < sample.truth.length; voxel++) {
    const x = sample.truth[voxel];
    if (x < sample.lower[voxel] || x > sample.upper[voxel]) outside++;
  }
  return outside / sample.truth.length;
}

describe('a phantom scan', () => {
  it('has the same bits wherever and whenever it is drawn', () => {
    // Frozen: a change here means that old calibrations no longer describe this cohort, so `version` must change too.
    expect(fingerprint(drawPhantom(small, 0))).toBe(
      'b5fd6a370453ea5047e89157c2f71fa22a8c4c77287daa07cab37e3b802d9830',
    );
    expect(fingerprint(drawPhantom(small, 159))).toBe(
      '5bf26fc9c9bb04db2d21a19d31e4bc166a32c16eddb8b09756aad8d4ffcee4f6',
    );
  });

  it('does not depend on which scans were drawn before', () => {
    const alone = fingerprint(drawPhantom(small, 7));
    for (const index of [9, 3, 0]) drawPhantom(small, index);
    expect(fingerprint(drawPhantom(small, 7))).toBe(alone);
  });

  it('differs by index and by seed', () => {
    const prints = [0, 1, 2].map((index) => fingerprint(drawPhantom(small, index)));
    for (const seed of [1, -1]) prints.push(fingerprint(drawPhantom({ ...small, seed }, 0)));
    expect(new Set(prints).size).toBe(5);
  });

  it('keeps 0 ≤ lower ≤ point ≤ upper ≤ 1 and a truth in [0, 1]', () => {
    for (let index = 0; index < 8; index++) {
      const { truth, lower, point, upper } = drawPhantom(small, index);
      let broken = 0;
      for (let voxel = 0; voxel < truth.length; voxel++) {
        const ordered = 0 <= lower[voxel] && lower[voxel] <= point[voxel] && point[voxel] <= upper[voxel];
        if (!(ordered && upper[voxel] <= 1 && truth[voxel] >= 0 && truth[voxel] <= 1)) broken++;
      }
      expect(broken).toBe(0);
    }
  });

  it('measures the truth with Gaussian noise of standard deviation 0.2', () => {
    const { truth, measurement } = drawPhantom(small, 0);
    const noise = Array.from(truth, (x, voxel) => (measurement[voxel] - x) / 0.2);
    const mean = (power: number): number => noise.reduce((sum, z) => sum + z ** power, 0) / noise.length;
    const standardError = 1 / Math.sqrt(noise.length);
    // Five standard errors of each moment of a standard normal; the seed is fixed, so this passes always or never.
    expect(Math.abs(mean(1))).toBeLessThan(5 * standardError);
    expect(Math.abs(mean(2) - 1)).toBeLessThan(5 * Math.sqrt(2) * standardError);
    expect(Math.abs(mean(3))).toBeLessThan(5 * Math.sqrt(15) * standardError);
    expect(Math.abs(mean(4) - 3)).toBeLessThan(5 * Math.sqrt(96) * standardError);
    const beyondTwo = noise.filter((z) => Math.abs(z) > 1.959964).length / noise.length;
    expect(Math.abs(beyondTwo - 0.05)).toBeLessThan(5 * Math.sqrt(0.05 * 0.95) * standardError);
  });

  it('is segmented well but not perfectly', () => {
    const { organs, anatomy } = drawPhantom(small, 0);
    let union = 0;
    let both = 0;
    for (let voxel = 0; voxel < organs.length; voxel++) {
      const [said, is] = [organs[voxel] > 1, anatomy[voxel] > 1];
      if (said || is) union++;
      if (said && is && organs[voxel] === anatomy[voxel]) both++;
    }
    expect(both / union).toBeGreaterThan(0.85);
    expect(both / union).toBeLessThan(0.995);
  });
});

describe('the built-in cohort', () => {
  const source = phantomSource();

  it('is 160 scans of one patient each, 4 × 96 × 96, with the nine organs', async () => {
    expect(source.ids).toHaveLength(160);
    expect(new Set(source.ids).size).toBe(160);
    expect(source.patients).toEqual(source.ids);
    expect(Object.keys(source.labels).map(Number)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12]);
    expect(source.labels['12']).toBe('pancreas');
    const sample = await source.read('phantom-042');
    expect(sample.id).toBe('phantom-042');
    expect(sample.shape).toEqual([4, 96, 96]);
    expect(Object.keys(sample)).not.toContain('measurement');
  });

  it('has every group in every scan but the gallbladder, which one scan in four lacks, and misses a fifth at λ = 0', async () => {
    const without = new Map<number, number>();
    let outside = 0;
    for (const id of source.ids) {
      const sample = await source.read(id);
      const present = new Set<number>(sample.organs);
      for (const group of present) expect(source.labels).toHaveProperty(String(group));
      for (const group of Object.keys(source.labels).map(Number)) {
        if (!present.has(group)) without.set(group, (without.get(group) ?? 0) + 1);
      }
      outside += shareOutside(sample) / source.ids.length;
    }
    expect([...without.keys()]).toEqual([5]);
    expect(without.get(5)).toBeGreaterThan(20);
    expect(without.get(5)).toBeLessThan(60);
    expect(outside).toBeGreaterThan(0.16);
    expect(outside).toBeLessThan(0.24);
  });

  it('has a digest that tells cohorts apart', () => {
    const digests = [
      {},
      { seed: 1 },
      { scans: 159 },
      { shape: [4, 96, 64] as const },
      { organs: 'ten' as const },
    ];
    const all = digests.map((options) => phantomSource(options).digest);
    expect(new Set(all).size).toBe(all.length);
    for (const digest of all) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(phantomSource({ seed: 0 }).digest).toBe(source.digest);
  });

  it('shares its first scans with a longer cohort of the same seed', async () => {
    const longer = phantomSource({ scans: 200 });
    expect(fingerprint(await longer.read('phantom-003'))).toBe(fingerprint(await source.read('phantom-003')));
  });

  it('refuses what it does not have, naming it', async () => {
    await expect(source.read('phantom-160')).rejects.toMatchObject({ code: 'usage' });
    await expect(source.read('phantom-160')).rejects.toThrow(/phantom-160.*160 scans/);
    expect(() => phantomSource({ scans: 0 })).toThrow(SemcrcError);
    expect(() => phantomSource({ seed: 0.5 })).toThrow(/seed.*32-bit/);
    expect(() => phantomSource({ shape: [4, 8, 8] })).toThrow(/shape.*from 32/);
  });
});

describe('the paper-sized cohort', () => {
  it('is 640 scans of 4 × 256 × 256 in 12 groups, some of them absent here and there', async () => {
    const source = paperSizedSource();
    expect(source.ids).toHaveLength(640);
    expect(Object.keys(source.labels)).toHaveLength(12);
    const seen = new Set<number>();
    let share = 0;
    for (const id of source.ids.slice(0, 4)) {
      const sample = await source.read(id);
      expect(sample.shape).toEqual([4, 256, 256]);
      for (const group of sample.organs) seen.add(group);
      share += shareOutside(sample) / 4;
    }
    expect(share).toBeGreaterThan(0.16);
    expect(share).toBeLessThan(0.24);
    expect(seen.size).toBe(12);
  });
});
