import type { Shape } from '@semcrc/imaging';
import { loadProjector, type Projector } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Geometry,
  planFan,
  planHelix,
  planParallel,
  projectViews,
  valuesPerView,
} from '../src/index.ts';
import { analyticViews, type Ellipsoid, rasterize } from './ellipsoids.ts';
import rtk from './goldens/rtk.json' with { type: 'json' };

let projector: Projector;
beforeAll(async () => {
  projector = await loadProjector();
});

function relativeError(found: Float32Array, expected: ArrayLike<number>): number {
  let off = 0;
  let all = 0;
  for (let i = 0; i < found.length; i++) {
    off += (found[i] - expected[i]) ** 2;
    all += expected[i] ** 2;
  }
  return Math.sqrt(off / all);
}

function noise(length: number, seed: number): Float32Array {
  let state = seed | 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24 - 0.5;
  });
}

describe('line integrals', () => {
  it.each(['helix', 'fan', 'parallel'] as const)(
    'of ellipsoids come nearer the exact ones by half with every halving of the voxel (%s)',
    (kind) => {
      const errors = [32, 64, 128].map((n) => {
        // The same object in finer voxels, seen from as many voxels more away.
        const shape: Shape = [n / 2, n, n];
        const at = (value: number) => (value * n) / 128;
        const phantom: Ellipsoid[] = [
          { value: 1, centre: [at(5), at(-8), at(2)], axes: [at(40), at(28), at(22)], turn: 0.5 },
          { value: -0.5, centre: [at(-12), at(6), at(-4)], axes: [at(10), at(14), at(9)], turn: 0 },
        ];
        const options = {
          sourceRadius: at(1000),
          detectorRadius: at(500),
          turns: 4,
          maxViews: 24,
          maxColumns: 65,
          maxRows: 5,
        };
        const geometry =
          kind === 'helix'
            ? planHelix(shape, options)
            : (kind === 'fan' ? planFan : planParallel)([n / 2, n, n], { ...options, maxViews: 6 });
        const volume = { data: rasterize(phantom, shape), shape };
        return relativeError(projectViews(projector, volume, geometry), analyticViews(phantom, geometry));
      });
      expect(errors[0]).toBeLessThan(0.08);
      for (const [coarse, fine] of [errors.slice(0, 2), errors.slice(1)]) {
        expect(coarse / fine).toBeGreaterThan(1.6);
      }
      expect(errors[2]).toBeLessThan(0.02);
    },
  );

  it('are RTK’s Joseph integrals, view by view', () => {
    const shape = rtk.shape as unknown as Shape;
    const geometry = planHelix(shape, rtk.scan);
    expect([geometry.columns, geometry.rows]).toEqual([rtk.columns, rtk.rows]);
    const data = new Float32Array(shape[0] * shape[1] * shape[2]);
    for (const [value, cx, cy, cz, width] of [
      [1.0, 2, -1, 1, 3.0],
      [0.6, -5, 3, -3, 2.2],
      [0.4, 4, 4, 4, 1.6],
    ]) {
      for (let i = 0; i < data.length; i++) {
        const x = (i % shape[2]) - (shape[2] - 1) / 2;
        const y = (Math.floor(i / shape[2]) % shape[1]) - (shape[1] - 1) / 2;
        const z = Math.floor(i / (shape[2] * shape[1])) - (shape[0] - 1) / 2;
        data[i] += value * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) / (2 * width ** 2));
      }
    }
    for (const { view, integrals } of rtk.views) {
      const found = projectViews(projector, { data, shape }, geometry, { from: view, to: view + 1 });
      // Both are Joseph's method in f32. RTK has the axis z among those that may dominate, which it never does here.
      expect(relativeError(found, integrals)).toBeLessThan(1e-4);
    }
  });

  it('are in millimetres what they are in voxels times the size of a voxel, where voxels are cubes', () => {
    const shape: Shape = [8, 20, 20];
    const data = noise(3200, 3);
    const plans: ((size: number, scale: number) => Geometry)[] = [planHelix, planFan, planParallel].map(
      (plan) => (size, scale) =>
        plan(shape, {
          ...{ sourceRadius: 60 * scale, detectorRadius: 40 * scale, maxViews: 16 },
          voxelSize: [size, size, size],
        }),
    );
    for (const plan of plans) {
      const voxels = projectViews(projector, { data, shape }, plan(1, 1));
      const millimetres = projectViews(projector, { data, shape }, plan(1.5, 1.5));
      expect(
        relativeError(
          millimetres.map((v) => v / 1.5),
          voxels,
        ),
      ).toBeLessThan(1e-6);
    }
  });

  it.each(['helix', 'fan', 'parallel'] as const)(
    'have the same bits however views are shared out (%s)',
    (kind) => {
      const shape: Shape = [13, 20, 24];
      const data = noise(13 * 20 * 24, 4);
      const plan = { helix: planHelix, fan: planFan, parallel: planParallel }[kind];
      const geometry = plan(shape, { maxViews: 41, maxColumns: 37 });
      const all = projectViews(projector, { data, shape }, geometry);
      const perView = valuesPerView(geometry);
      for (const cuts of [
        [0, 1, 2, geometry.views],
        [0, 17, geometry.views],
      ]) {
        const parts = new Float32Array(all.length);
        for (let i = 0; i + 1 < cuts.length; i++) {
          const span = { from: cuts[i], to: cuts[i + 1] };
          projectViews(
            projector,
            { data, shape },
            geometry,
            span,
            parts.subarray(cuts[i] * perView, cuts[i + 1] * perView),
          );
        }
        expect(parts).toEqual(all);
      }
    },
  );

  it('refuses a volume of another shape and views that are not there', () => {
    const geometry = planFan([1, 8, 8], { maxViews: 4 });
    const volume = { data: new Float32Array(64), shape: [1, 8, 8] as const };
    expect(() => projectViews(projector, { ...volume, shape: [1, 4, 16] }, geometry)).toThrow(
      /planned for 1 × 8 × 8/,
    );
    expect(() => projectViews(projector, volume, geometry, { from: 2, to: 5 })).toThrow(/within 0 … 4/);
  });
});
