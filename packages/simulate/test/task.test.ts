import { makeVolume } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import { denoisingTask, noTask } from '../src/index.ts';

const shape = [6, 80, 100] as const;
const area = 8000;
const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const truth = makeVolume(
  Float32Array.from({ length: 6 * area }, (_, at) => (at % 17) / 16),
  shape,
  affine,
);

describe('the denoising task', () => {
  it('adds Gaussian noise of standard deviation sigma, independent in every voxel', async () => {
    const { data } = await denoisingTask(0.2).measure(truth, { seed: 0, index: 0 });
    const noise = Array.from(data, (y, at) => (y - truth.data[at]) / 0.2);
    const mean = (values: readonly number[]): number => values.reduce((sum, z) => sum + z, 0) / values.length;
    const moment = (power: number): number => mean(noise.map((z) => z ** power));
    const error = 1 / Math.sqrt(noise.length);
    // Five standard errors of each statistic of independent standard normals; the seed is fixed, so this passes always or never.
    expect(Math.abs(moment(1))).toBeLessThan(5 * error);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2) * error);
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15) * error);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96) * error);
    for (const lag of [1, 2, 3, 100, 101, area, area + 1]) {
      const product = mean(noise.slice(lag).map((z, at) => z * noise[at]));
      expect(Math.abs(product)).toBeLessThan(5 / Math.sqrt(noise.length - lag));
    }
    const withTruth = mean(noise.map((z, at) => z * (truth.data[at] - 0.5)));
    expect(Math.abs(withTruth)).toBeLessThan(5 * 0.31 * error);
  });

  it('gives another scan, and another seed, other noise', async () => {
    const task = denoisingTask(1);
    const noiseOf = async (seed: number, index: number) =>
      Array.from((await task.measure(truth, { seed, index })).data, (y, at) => y - truth.data[at]);
    const first = await noiseOf(0, 0);
    for (const [seed, index] of [
      [0, 1],
      [1, 0],
      [-1, 0],
    ]) {
      const other = await noiseOf(seed, index);
      const product = first.reduce((sum, z, at) => sum + z * other[at], 0) / first.length;
      expect(Math.abs(product)).toBeLessThan(5 / Math.sqrt(first.length));
    }
  });

  it('gives a slab the noise it has in the whole volume', async () => {
    const task = denoisingTask();
    const whole = await task.measure(truth, { seed: 3, index: 8 });
    const slab = makeVolume(truth.data.slice(2 * area, 4 * area), [2, 80, 100], affine);
    const measured = await task.measure(slab, { seed: 3, index: 8 }, 2);
    expect(measured.data).toEqual(whole.data.subarray(2 * area, 4 * area));
  });

  it('refuses a sigma that is none', () => {
    for (const sigma of [-0.1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => denoisingTask(sigma)).toThrow(/sigma/);
  });
});

describe('no task', () => {
  it('measures the truth', async () => {
    expect((await noTask.measure(truth, { seed: 0, index: 0 })).data).toEqual(truth.data);
  });
});
