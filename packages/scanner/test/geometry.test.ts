import type { Shape } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import { coneViews } from '../src/beams.ts';
import { hann } from '../src/filter.ts';
import {
  angleOf,
  fieldRadius,
  incompleteSlices,
  planFan,
  planHelix,
  planParallel,
  valuesPerView,
} from '../src/index.ts';
import { taperedWindow, windowWeight } from '../src/window.ts';
import odl from './goldens/odl.json' with { type: 'json' };

/** Goldens have ten digits; lengths are up to 1500. */
const digits = 6;

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], digits);
  });
}

const shapeOf = ([x, y, z]: readonly number[]): Shape => [z, y, x];

describe('the helix of the paper’s authors', () => {
  it.each(
    odl.scans.map(
      (scan) => [`${scan.size.join(' × ')}, radii ${scan.radii}, ${scan.turns} turns`, scan] as const,
    ),
  )('is ODL’s for %s', (_, scan) => {
    const [sourceRadius, detectorRadius] = scan.radii;
    const geometry = planHelix(shapeOf(scan.size), { sourceRadius, detectorRadius, turns: scan.turns });
    const { needed, views, columns, rows } = geometry;
    expect([needed.views, needed.columns, needed.rows]).toEqual(scan.needed);
    expect([views, columns, rows]).toEqual(scan.has);
    expectClose(
      [geometry.pitch, geometry.start, geometry.detectorWidth, geometry.detectorHeight],
      [scan.pitch, scan.start, ...scan.detector],
    );
    for (const expected of scan.views) {
      expect(angleOf(geometry, expected.view)).toBeCloseTo(expected.angle, digits);
      // The kernels' records, from voxel indices back to ODL's frame.
      const { records } = coneViews(geometry, { from: expected.view, to: expected.view + 1 });
      const [sx, sy, sz, px, py, pz, ex, ey, rz] = records;
      const place = (x: number, y: number, z: number) =>
        [x, y, z].map((at, axis) => at - (scan.size[axis] - 1) / 2);
      expectClose(place(sx, sy, sz), expected.source);
      const pixel = (column: number, row: number) => place(px + column * ex, py + column * ey, pz + row * rz);
      const middle = { column: (columns - 1) / 2, row: (rows - 1) / 2 };
      expectClose(pixel(-0.5, -0.5), expected.detector[0]);
      expectClose(pixel(columns - 0.5, middle.row), expected.detector[1]);
      expectClose(pixel(middle.column, rows - 0.5), expected.detector[2]);
    }
  });

  it('filters with ODL’s Hann window, which ends at 0.8 of the Nyquist frequency', () => {
    const { frequencies, values } = odl.filter;
    expectClose(
      frequencies.map((f) => f * hann(f)),
      values,
    );
  });

  it.each(odl.windows.map((golden) => [golden.size.join(' × '), golden] as const))(
    'weighs with ODL’s Tam–Danielson window for %s',
    (_, golden) => {
      const geometry = planHelix(shapeOf(golden.size));
      const window = taperedWindow(geometry);
      const magnification = 1.5;
      golden.columns.forEach((column, i) => {
        golden.weights[i].forEach((expected, row) => {
          const u = (column - (geometry.columns - 1) / 2) * (geometry.detectorWidth / geometry.columns);
          const v = (row - (geometry.rows - 1) / 2) * (geometry.detectorHeight / geometry.rows);
          // Linear interpolation in a table of 1024 steps, and f32: 1e-5.
          const found = windowWeight(geometry, window, u / magnification, v / magnification);
          expect(Math.abs(found - expected)).toBeLessThan(1e-5);
        });
      });
    },
  );

  it('misses data in 1 slice of 30, 2 of 64 and 5 of 128 at each end', () => {
    expect(
      [
        [30, 101, 122],
        [64, 128, 128],
        [128, 256, 256],
      ].map((shape) => incompleteSlices(planHelix(shape as never))),
    ).toEqual([1, 2, 5]);
  });
});

describe('planning', () => {
  it('needs an eighth of a helix’s views for a fan, and sees the slices’ outer circle but for the fan’s bend', () => {
    const fan = planFan([3, 256, 256], { maxViews: 10_000, maxColumns: 10_000 });
    const helix = planHelix([48, 256, 256], { maxViews: 10_000, maxColumns: 10_000 });
    expect([fan.views, fan.columns, fan.rows]).toEqual([1015, helix.columns, 3]);
    expect(helix.views).toBe(8120);
    const rho = Math.hypot(128, 128);
    expect(fieldRadius(fan)).toBeGreaterThan(0.98 * rho);
    expect(fieldRadius(fan)).toBeLessThan(rho);
    expect(valuesPerView(fan)).toBe(fan.columns * 3);
  });

  it('covers the outer circle with parallel rays as dense as a fan’s at the axis', () => {
    const parallel = planParallel([1, 256, 256], { maxViews: 10_000 });
    const fan = planFan([1, 256, 256]);
    expect(parallel.detectorWidth).toBeCloseTo(256 * Math.SQRT2, 9);
    expect(parallel.detectorWidth / parallel.columns).toBeCloseTo(fan.detectorWidth / fan.columns / 1.5, 9);
    expect(parallel.views).toBe(569);
  });

  it('in millimetres is planning in voxels where voxels are cubes of a millimetre, and follows their size else', () => {
    const shape: Shape = [20, 48, 64];
    expect(planHelix(shape, { voxelSize: [1, 1, 1] })).toEqual(planHelix(shape));
    const { pitch, start, detectorWidth } = planHelix(shape, { voxelSize: [1.5, 1.5, 3] });
    expect([pitch, start]).toEqual([60 / 8, -30]);
    expect(detectorWidth).toBeCloseTo(1.5 * planHelix(shape).detectorWidth, 9);
  });

  it('refuses what cannot be, naming the option', () => {
    const shape: Shape = [20, 48, 64];
    const refused = (options: object) => {
      try {
        planHelix(shape, options);
      } catch (error) {
        return error as { code: string; message: string; data: { options?: string[] } };
      }
      return undefined;
    };
    expect(refused({ sourceRadius: 39 })).toMatchObject({
      code: 'usage',
      data: { options: ['sourceRadius'] },
      message: expect.stringContaining('the source would stand inside the volume; expected more than 40.0'),
    });
    expect(refused({ detectorRadius: 40 })).toMatchObject({ data: { options: ['detectorRadius'] } });
    expect(refused({ turns: 0 })).toMatchObject({ data: { options: ['turns'] } });
    expect(refused({ turns: Number.NaN })).toMatchObject({ data: { options: ['turns'] } });
    expect(refused({ maxViews: 0.5 })).toMatchObject({ data: { options: ['maxViews'] } });
    expect(refused({ voxelSize: [1, 0, 1] })).toMatchObject({ data: { options: ['voxelSize y'] } });
    expect(refused({ sourceRadius: 40.5, detectorRadius: 40.5 })).toBeUndefined();
  });
});
