import { loadProjector, type Projector } from '@semcrc/kernels';
import { baselinePredictor } from '@semcrc/predict';
import {
  addNoise,
  largestIntegral,
  planFan,
  planHelix,
  projectViews,
  reconstructSlab,
} from '@semcrc/scanner';
import { beforeAll, describe, expect, it } from 'vitest';
import { centredGrid, drawPhantom, drawPhantomVolume, reconstructionTask, windowed } from '../src/index.ts';
import { photonNoise } from '../src/reconstruction-task.ts';

const SLICES = 36;
const truth = windowed(
  drawPhantomVolume({ seed: 4, organs: 'nine' }, 0, centredGrid([SLICES, 44, 52], [8, 8, 6])).truth,
);
const scan = { seed: 3, index: 7 };
let projector: Projector;
beforeAll(async () => {
  projector = await loadProjector();
});

function rootMeanSquare(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, at) => sum + (value - b[at]) ** 2, 0) / a.length);
}

describe('the reconstruction task', () => {
  it.each([
    ['helix', planHelix],
    ['fan', planFan],
  ] as const)('of a %s is the volume projected, made noisy and reconstructed', async (kind, plan) => {
    const geometry = plan(truth.shape);
    // In blocks, and all slices at once: nothing may depend on how the work is cut.
    const third = Math.ceil(geometry.views / 3);
    const blocks = [0, 1, 2].map((k) => {
      const span = { from: k * third, to: Math.min((k + 1) * third, geometry.views) };
      return { ...span, data: projectViews(projector, truth, geometry, span) };
    });
    const maximum = Math.max(...blocks.map(({ data }) => largestIntegral(data)));
    for (const block of blocks) addNoise(block, photonNoise(scan, 1000), maximum);
    const data = Float32Array.from(blocks.flatMap((block) => Array.from(block.data)));
    const views = { from: 0, to: geometry.views, data };
    const expected = reconstructSlab(projector, geometry, views, { from: 0, to: SLICES }).data;
    const measured = await reconstructionTask(projector, { geometry: kind }).measure(truth, scan);
    expect(measured.data).toEqual(expected);
    expect(measured).toMatchObject({ shape: truth.shape, affine: truth.affine });
  });

  it('gives a scan the same bits again, from other kernels, too, and another scan other noise', async () => {
    const task = reconstructionTask(projector, { geometry: 'parallel' });
    const first = await task.measure(truth, scan);
    const others = [
      { ...scan, index: 8 },
      { ...scan, seed: -3 },
    ];
    for (const other of others) expect((await task.measure(truth, other)).data).not.toEqual(first.data);
    const elsewhere = reconstructionTask(await loadProjector(), { geometry: 'parallel' });
    expect((await elsewhere.measure(truth, scan)).data).toEqual(first.data);
  });

  it('is noisier by the root of how many fewer photons there are', async () => {
    const measure = async (photons: number) =>
      (await reconstructionTask(projector, { geometry: 'parallel', photons }).measure(truth, scan)).data;
    const clean = await measure(1e12);
    const ratio = rootMeanSquare(await measure(1000), clean) / rootMeanSquare(await measure(4000), clean);
    // Streams of their own over 80,000 voxels: the ratio of independent deviations strays by less than 0.02.
    expect(Math.abs(ratio - 2)).toBeLessThan(0.1);
  });

  it('has noise seeds that differ between all scans of a cohort', () => {
    const seeds = Array.from({ length: 5000 }, (_, index) => photonNoise({ seed: 1, index }, 1000));
    expect(new Set(seeds.map((noise) => noise.kind === 'poisson' && noise.seed)).size).toBe(5000);
  });

  it('is predicted better by the baseline of its own than by the one of denoising', async () => {
    const measured = await reconstructionTask(projector).measure(truth, scan);
    const errorOf = async (task: 'denoising' | 'reconstruction') =>
      rootMeanSquare((await baselinePredictor(task).predict(measured)).point, truth.data);
    expect(await errorOf('reconstruction')).toBeLessThan(await errorOf('denoising'));
  });

  it('never measures a slab by itself', async () => {
    const unused = { name: '', digest: '' };
    const acquisition = {
      task: reconstructionTask(projector),
      predictor: { ...unused, predict: async () => Promise.reject(new Error('predicted')) },
      segmenter: { ...unused, segment: async () => Promise.reject(new Error('segmented')) },
    };
    const drawn = drawPhantom({ seed: 1, shape: [1, 32, 32], organs: 'nine' }, 0, acquisition);
    await expect(drawn).rejects.toThrow(/reconstruction/);
  });

  it('refuses photons that are none, and slices the detector would stand in', async () => {
    for (const photons of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => reconstructionTask(projector, { photons })).toThrow(/photons/);
    const wide = { ...truth, shape: [1, 720, 720] as const, data: new Float32Array(720 * 720) };
    await expect(reconstructionTask(projector).measure(wide, scan)).rejects.toThrow(/geometry.*parallel/);
  });
});
