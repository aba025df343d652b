import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasm as debugBuild } from '../src/generated/projector.debug.ts';
import { wasm as releaseBuild } from '../src/generated/projector.release.ts';
import {
  backProjectCone,
  backProjectStack,
  loadProjector,
  type Projector,
  projectCone,
  projectStack,
  type Sizes,
} from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';
import { forEachSample } from '../src/scalar/joseph.ts';
import { opcodesByExport } from './opcodes.ts';

function numbers(length: number, seed: number): Float32Array {
  let state = seed | 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  });
}

/** Sizes on both sides of one and two vectors. */
const sizes = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
);
const angle = fc.oneof(
  fc.constantFrom(0, Math.PI / 4, Math.PI / 2, Math.PI),
  fc.double({ min: 0, max: 7, noNaN: true }),
);
const seed = fc.integer();

/** A source and a flat detector on opposite sides of a volume, in its voxel indices. */
function coneRecord(
  [width, height, slices]: Sizes,
  at: number,
  lift: number,
  columns: number,
  rows: number,
): number[] {
  const [x, y] = [(width - 1) / 2, (height - 1) / 2];
  const [sin, cos] = [Math.sin(at), Math.cos(at)];
  const [far, near, pixel, rise] = [30, 20, 0.9, 0.6];
  const left = (-(columns - 1) / 2) * pixel;
  const z = lift * slices;
  return [
    ...[x + far * sin, y - far * cos, z],
    ...[x - near * sin + left * cos, y + near * cos + left * sin, z - ((rows - 1) / 2) * rise],
    ...[pixel * cos, pixel * sin, rise],
  ];
}

/**
 * Kernels add f32 where the twins add f64: at most 9 samples (views) of numbers below 1 times a ray length below 2 (a
 * weight below 4), each off by a few roundings of 2⁻²⁴; places are off by 2⁻²⁰ of a voxel at most.
 */
const near = 1e-4;

function expectNear(found: Float32Array, expected: Float32Array): void {
  expect(found.length).toBe(expected.length);
  const errors = expected.map((value, i) => Math.abs(found[i] - value) / Math.max(1, Math.abs(value)));
  for (const error of errors) if (!(error <= near)) expect(error).toBeLessThanOrEqual(near);
}

describe.each([{ debug: false }, { debug: true }])('projection, %o', (options) => {
  let projector: Projector;
  beforeAll(async () => {
    projector = await loadProjector(options);
  });

  it('of a cone beam agrees with the scalar twin for every number of rows', () => {
    fc.assert(
      fc.property(
        ...[sizes, angle, fc.double({ min: -0.5, max: 1.5, noNaN: true })],
        ...[fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9 }), seed],
        (size, at, lift, columns, rows, s) => {
          const volume = { data: numbers(size[0] * size[1] * size[2], s), size };
          const records = Float64Array.from([
            ...coneRecord(size, at, lift, columns, rows),
            ...coneRecord(size, at + 2, lift + 0.1, columns, rows),
          ]);
          const views = { records, columns, rows };
          const voxelSize = [1, 0.7, 1.9] as const;
          expectNear(
            projectCone(projector, volume, views, voxelSize),
            scalar.projectCone(volume, views, voxelSize),
          );
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  it('of a stack agrees with the scalar twin for every number of slices, from a source and in parallel', () => {
    fc.assert(
      fc.property(
        ...[fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), angle],
        ...[fc.constantFrom(1, 3, 4, 5, 8, 9, 33), fc.integer({ min: 1, max: 12 }), fc.boolean(), seed],
        ([width, height], at, slices, columns, parallel, s) => {
          const size: Sizes = [width, height, slices];
          const volume = { data: numbers(width * height * slices, s), size };
          const [sx, sy, , px, py, , ex, ey] = coneRecord(size, at, 0, columns, 1);
          const source = parallel ? [-Math.sin(at), Math.cos(at), 0] : [sx, sy, 1];
          const views = { records: Float64Array.of(...source, px, py, ex, ey), columns };
          expectNear(
            projectStack(projector, volume, views, [1, 0.7]),
            scalar.projectStack(volume, views, [1, 0.7]),
          );
        },
      ),
      { numRuns: 300, seed: 2 },
    );
  });

  it('back of a stack agrees with the scalar twin, tiles and depths cut anywhere', () => {
    fc.assert(
      fc.property(
        ...[fc.constantFrom(1, 5, 32, 33), fc.constantFrom(1, 31, 34), fc.constantFrom(1, 4, 5, 33)],
        ...[fc.integer({ min: 1, max: 9 }), angle, fc.boolean(), seed],
        (width, height, slices, columns, at, parallel, s) => {
          const records = Float64Array.from(
            [at, at + 1, at + 2].flatMap((a) =>
              stackRecord(width, height, columns, a, parallel ? Infinity : 60),
            ),
          );
          const filtered = numbers(3 * columns * slices, s).map((v) => v - 0.5);
          const input = { filtered, columns, slices, records };
          const into = new Float32Array(width * height * slices);
          expectNear(
            backProjectStack(projector, input, [width, height], 0.3, into),
            scalar.backProjectStack(input, [width, height], 0.3),
          );
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });

  it('back of a helix agrees with the scalar twin, in any slab', () => {
    fc.assert(
      fc.property(
        ...[fc.constantFrom(1, 5, 33), fc.constantFrom(1, 7), fc.integer({ min: 1, max: 9 })],
        ...[
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: -9, max: 9 }),
          seed,
        ],
        (width, height, slices, columns, rows, from, s) => {
          const views = 12;
          const records = Float64Array.from(
            Array.from({ length: views }, (_, view) => [
              ...stackRecord(width, height, columns, view * 0.6, 40),
              from + ((view - 2) * slices) / 8,
            ]).flat(),
          );
          const values = views * columns * rows;
          const input = {
            ...{ ramp: numbers(values, s), hilbert: numbers(values, s + 1), columns, rows, records },
          };
          const scale = {
            ...{ sourceRadius: 40, pitch: 9, columnSize: 1.1, rowSize: 0.8, sliceSize: 1.2 },
            ...{ columnCentre: (columns - 1) / 2, rowCentre: (rows - 1) / 2 },
          };
          const edges = Array.from({ length: columns }, (_, c) => [-2.4 - 0.1 * c, 2.6 - 0.1 * c]).flat();
          const taper = Float32Array.of(0, 0, 0, 0, 0.2, 3, 0.5, 4, 0.8, 3, 1, 0);
          const window = { edges: Float64Array.from(edges), taper, reach: 0.2 };
          const run = (kernel: typeof scalar.backProjectCone) =>
            kernel(input, window, scale, 0.6, [width, height], [from, from + slices], 0.05);
          const found = run((views, ...rest) => backProjectCone(projector, [views], ...rest));
          const expected = run(scalar.backProjectCone);
          expectNear(found.completeness, expected.completeness);
          const whole = expected.completeness.map((share) => (Math.abs(share - 0.05) < 1e-5 ? 0 : share));
          // The values are quotients by what data there is: little of it makes errors large.
          expectNear(
            found.data.map((value, i) => value * whole[i]),
            expected.data.map((value, i) => value * whole[i]),
          );
        },
      ),
      { numRuns: 60, seed: 4 },
    );
  });

  it('of a cone beam is the transpose of its scalar adjoint: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩', () => {
    const size: Sizes = [13, 11, 9];
    const [columns, rows] = [17, 7];
    const lifts = [0.1, 0.4, 0.5, 0.8, 0.95];
    const records = Float64Array.from(
      lifts.flatMap((lift) => coneRecord(size, 7 * lift, lift, columns, rows)),
    );
    const x = numbers(13 * 11 * 9, 1).map((value) => value - 0.5);
    const y = numbers(lifts.length * columns * rows, 2).map((value) => value - 0.5);
    const voxelSize = [1, 0.8, 1.3] as const;
    const projected = projectCone(projector, { data: x, size }, { records, columns, rows }, voxelSize);
    const back = new Float64Array(x.length);
    y.forEach((value, i) => {
      const [sx, sy, sz, px, py, pz, ex, ey, rz] = records.subarray(9 * Math.floor(i / (columns * rows)));
      const [column, row] = [Math.floor(i / rows) % columns, i % rows];
      const along = [px + column * ex - sx, py + column * ey - sy, pz + row * rz - sz] as const;
      forEachSample(size, voxelSize, [sx, sy, sz], along, (a, b, c, weight) => {
        const inside = a >= 0 && a < 13 && b >= 0 && b < 11 && c >= 0 && c < 9;
        if (inside) back[a + 13 * (b + 11 * c)] += weight * value;
      });
    });
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>, of = (v: number) => v) => {
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += of(a[i] * b[i]);
      return sum;
    };
    const sum = dot(projected, y);
    const scale = dot(projected, y, Math.abs);
    expect(Math.abs(sum - dot(x, back))).toBeLessThan(1e-6 * scale);
    expect(Math.abs(sum)).toBeGreaterThan(1e-3 * scale);
  });

  it('gives each view and each slab the bits it has among others', () => {
    const size: Sizes = [17, 13, 21];
    const volume = { data: numbers(17 * 13 * 21, 5), size };
    const of = (lifts: readonly number[]) => ({
      records: Float64Array.from(lifts.flatMap((lift) => coneRecord(size, 3 * lift, lift, 11, 6))),
      ...{ columns: 11, rows: 6 },
    });
    const lifts = [0.03, 0.31, 0.52, 0.94];
    const all = projectCone(projector, volume, of(lifts), [1, 1, 1]);
    lifts.forEach((lift, view) => {
      const alone = projectCone(projector, volume, of([lift]), [1, 1, 1]);
      expect(alone).toEqual(all.slice(view * 66, (view + 1) * 66));
    });
  });

  it('refuses arrays and records that do not fit', () => {
    const volume = { data: new Float32Array(8), size: [2, 2, 2] as const };
    const views = { records: new Float64Array(9), columns: 2, rows: 2 };
    const one = [1, 1, 1] as const;
    expect(() => projectCone(projector, { ...volume, size: [3, 2, 2] }, views, one)).toThrow(
      /has 8 values, expected 12/,
    );
    expect(() => projectCone(projector, volume, { ...views, records: new Float64Array(8) }, one)).toThrow(
      /9 numbers a view/,
    );
    expect(() => projectCone(projector, volume, { ...views, rows: 0 }, one)).toThrow(
      /rows: expected a whole number from 1/,
    );
    expect(() =>
      projectCone(projector, volume, { ...views, records: new Float64Array(9).fill(Number.NaN) }, one),
    ).toThrow(/records\[0\] is NaN/);
    expect(() => projectCone(projector, volume, views, one, new Float32Array(3))).toThrow(
      /has 3 values, expected 4/,
    );
    expect(() =>
      projectStack({ memory: new WebAssembly.Memory({ initial: 1 }) }, volume, views, [1, 1]),
    ).toThrow(/made by loadProjector/);
  });
});

/** Column coordinate of voxel (x, y) seen from `radius` away, or in parallel. */
function stackRecord(width: number, height: number, columns: number, at: number, radius: number): number[] {
  const [x, y, c] = [(width - 1) / 2, (height - 1) / 2, (columns - 1) / 2];
  const q1 = -Math.sin(at) / radius;
  const q2 = Math.cos(at) / radius;
  const p1 = Math.cos(at) / 1.1 + c * q1;
  const p2 = Math.sin(at) / 1.1 + c * q2;
  return [c - p1 * x - p2 * y, p1, p2, 1 - q1 * x - q2 * y, q1, q2];
}

describe('the projector module', () => {
  it('imports nothing but memory and has v128 opcodes in every kernel that lanes can speed up', async () => {
    for (const build of [releaseBuild, debugBuild]) {
      const module = await WebAssembly.compile(new Uint8Array(Buffer.from(build, 'base64')));
      expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    }
    const opcodes = opcodesByExport(new Uint8Array(Buffer.from(releaseBuild, 'base64')));
    for (const name of [
      'projectCone',
      'projectStack',
      'backProjectCone',
      'backProjectStack',
      'backProjectSlice',
    ]) {
      expect(opcodes.get(name)?.filter((code) => code >= 0xfd0000).length, name).toBeGreaterThan(5);
    }
  });
});
