import { loadProjector, type Projector } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  addNoise,
  type HelixGeometry,
  incompleteSlices,
  largestIntegral,
  planHelix,
  projectViews,
  reconstructSlab,
} from '../src/index.ts';
import { analyticViews, forbildLike, rasterize, sheppLogan } from './ellipsoids.ts';
import { flatRegion, psnrOf } from './fidelity.ts';
import { cylinder, uniformity } from './uniformity.ts';

let projector: Projector;
beforeAll(async () => {
  projector = await loadProjector();
});

function reconstruct(geometry: HelixGeometry, data: Float32Array): Float32Array {
  const views = { from: 0, to: geometry.views, data };
  return reconstructSlab(projector, geometry, views, { from: 0, to: geometry.shape[0] }).data;
}

describe('the authors’ setting at full size', () => {
  it('brings a cylinder of 256 × 256 × 48 back from 7 detector rows, flat and upright', () => {
    const shape = [48, 256, 256] as const;
    const geometry = planHelix(shape);
    expect([geometry.views, geometry.columns, geometry.rows]).toEqual([1000, 512, 7]);
    const data = projectViews(projector, { data: cylinder(shape, 90), shape }, geometry);
    const ends = incompleteSlices(geometry) + 1;
    const { mean, sd, tilt, between } = uniformity(reconstruct(geometry, data), shape, 90, ends, 48 - ends);
    expect(Math.abs(mean - 1)).toBeLessThan(0.001);
    expect(sd).toBeLessThan(0.005);
    expect(tilt).toBeLessThan(0.005);
    expect(between).toBeLessThan(0.001);
  });
});

describe('heads of 128 × 128 × 64', () => {
  const shape = [64, 128, 128] as const;
  /** What a prototype of the same formulas reached: from exact integrals, from projected ones, and with photon noise. */
  const acceptance = [
    ['Shepp and Logan’s', sheppLogan(shape), 4000, [31.4, 28.0, 27.8], 0.001],
    ['Shepp and Logan’s', sheppLogan(shape), 1000, [30.2, 27.8, 27.1], 0.005],
    ['FORBILD’s manner', forbildLike(shape), 4000, [29.8, 27.7, 26.6], 0.001],
    ['FORBILD’s manner', forbildLike(shape), 1000, [29.2, 27.6, 24.2], 0.005],
  ] as const;

  it.each(acceptance)(
    'in %s, %#: PSNR and flat regions within half a dB',
    (_, phantom, maxViews, prototype, flat) => {
      const geometry = planHelix(shape, { maxViews });
      const truth = rasterize(phantom, shape);
      const exact = reconstruct(geometry, analyticViews(phantom, geometry));
      const sampled = projectViews(projector, { data: truth, shape }, geometry);
      const joseph = reconstruct(geometry, sampled);
      const noisy = { from: 0, to: geometry.views, data: sampled };
      addNoise(noisy, { kind: 'poisson', photons: 1000, seed: 1 }, largestIntegral(sampled));
      const withNoise = reconstruct(geometry, sampled);
      [exact, joseph, withNoise].forEach((found, i) => {
        expect(psnrOf(found, truth, shape)).toBeGreaterThan(prototype[i] - 0.5);
      });
      const { rmse, bias, voxels } = flatRegion(exact, truth, shape);
      expect(voxels).toBeGreaterThan(10_000);
      expect(rmse).toBeLessThan(flat);
      expect(Math.abs(bias)).toBeLessThan(0.0005);
    },
  );

  it('streak where an eighth of the views they need is there, three times as much as from half of them', () => {
    const phantom = sheppLogan(shape);
    const truth = rasterize(phantom, shape);
    const [sparse, dense] = [500, 2000].map((maxViews) => {
      const geometry = planHelix(shape, { maxViews });
      return flatRegion(reconstruct(geometry, analyticViews(phantom, geometry)), truth, shape).rmse;
    });
    expect(planHelix(shape, { maxViews: 1e4 }).views).toBeGreaterThan(4000);
    expect(sparse).toBeGreaterThan(3 * dense);
  });
});
