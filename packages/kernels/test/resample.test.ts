import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadResampler, type Resampler, resampleLinear, resampleNearest, type Sizes } from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';

/** Widths on both sides of one and two f64 lanes, among others. */
const sizes = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 5 }),
);
/** Dyadic and odd ratios, forwards and backwards. */
const ratio = fc.oneof(
  fc.constantFrom(1, 0.5, 2, -1, 1.5, 0.25),
  fc.double({ min: 0.2, max: 3, noNaN: true }),
);
const shift = fc.oneof(fc.constantFrom(0, 0.5, -0.5, 4), fc.double({ min: -3, max: 6, noNaN: true }));

const alongAxes = fc
  .tuple(fc.tuple(ratio, ratio, ratio), fc.tuple(shift, shift, shift))
  .map(([[a, b, c], [x, y, z]]) => [a, 0, 0, x, 0, b, 0, y, 0, 0, c, z]);
const oblique = fc.array(fc.double({ min: -1.2, max: 1.2, noNaN: true }), { minLength: 12, maxLength: 12 });

function voxels([width, height, slices]: Sizes, seed: number): number[] {
  let state = seed | 1;
  return Array.from({ length: width * height * slices }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 16 - 128;
  });
}

/**
 * The twins add the same eight products in another order, in f64: one rounding of the f32 result may fall the other
 * way, one ulp of the largest voxel (128) being 2⁻¹⁷.
 */
const ulp = 2 ** -17;

describe.each([{ debug: false }, { debug: true }])('resampling, %o', (options) => {
  let resampler: Resampler;
  beforeAll(async () => {
    resampler = await loadResampler(options);
  });

  it.each([
    ['along the axes', alongAxes],
    ['through any matrix', oblique],
  ])('%s agrees with the scalar twin', (_, matrices) => {
    fc.assert(
      fc.property(sizes, sizes, matrices, fc.integer(), (size, target, matrix, seed) => {
        const image = { data: Float32Array.from(voxels(size, seed)), size };
        const found = resampleLinear(resampler, image, target, matrix, -1000);
        const expected = scalar.resampleLinear(image, target, matrix, -1000);
        for (let i = 0; i < expected.length; i++)
          expect(Math.abs(found[i] - expected[i])).toBeLessThanOrEqual(ulp);
        let asked = false;
        const outside = () => {
          asked = true;
          return -1000;
        };
        expect(resampleLinear(resampler, image, target, matrix, outside)).toEqual(found);
        if (matrices === alongAxes) expect(asked).toBe(expected.includes(-1000));
        const labels = { data: Uint16Array.from(voxels(size, seed), (v) => v + 128), size };
        expect(resampleNearest(resampler, labels, target, matrix, 9)).toEqual(
          scalar.resampleNearest(labels, target, matrix, 9),
        );
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it('at the places of the source gives the source, bit for bit', () => {
    const size: Sizes = [17, 5, 4];
    const data = Float32Array.from(voxels(size, 3));
    const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
    expect(resampleLinear(resampler, { data, size }, size, identity, 0)).toEqual(data);
    const swapped = [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0];
    const turned = resampleLinear(resampler, { data, size }, [5, 17, 4], swapped, 0);
    expect(resampleLinear(resampler, { data: turned, size: [5, 17, 4] }, size, swapped, 0)).toEqual(data);
  });

  it('writes into an array at hand, which must have the size of the target', () => {
    const size: Sizes = [4, 3, 2];
    const target: Sizes = [3, 5, 2];
    const matrix = [1.3, 0, 0, -0.2, 0, 0.5, 0, 0.1, 0, 0, 1, 0];
    const image = { data: Float32Array.from(voxels(size, 3)), size };
    const into = new Float32Array(30).fill(7);
    expect(resampleLinear(resampler, image, target, matrix, -1, into)).toBe(into);
    expect(into).toEqual(resampleLinear(resampler, image, target, matrix, -1));
    const labels = { data: Uint16Array.from({ length: 24 }, (_, i) => i), size };
    const groups = new Uint16Array(30).fill(7);
    expect(resampleNearest(resampler, labels, target, matrix, 0, groups)).toBe(groups);
    expect(groups).toEqual(resampleNearest(resampler, labels, target, matrix, 0));
    expect(() => resampleNearest(resampler, labels, target, matrix, 0, new Uint16Array(31))).toThrow(
      /3 × 5 × 2 voxels do not fit an array of 31/,
    );
  });

  it('reproduces a linear ramp between its voxels and holds the border half a coarse voxel beyond', () => {
    const data = Float32Array.from({ length: 5 }, (_, i) => i);
    const source = { data, size: [5, 1, 1] as const };
    const at = (start: number, step: number, count: number) => [
      ...resampleLinear(resampler, source, [count, 1, 1], [step, 0, 0, start, 0, 1, 0, 0, 0, 0, 1, 0], -9),
    ];
    expect(at(0, 0.25, 5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(at(-1, 0.25, 5)).toEqual([-9, -9, 0, 0, 0]);
    expect(at(3, 0.5, 5)).toEqual([3, 3.5, 4, 4, -9]);
    expect(at(-3, 3, 4)).toEqual([-9, 0, 3, -9]);
    expect(at(-1.5, 3, 3)).toEqual([0, 1.5, 4]);
  });

  it('takes the upper of two voxels equally near, whatever noise the matrix carries', () => {
    const source = { data: Uint16Array.of(1, 2, 3, 4), size: [4, 1, 1] as const };
    for (const noise of [-1e-15, 0, 1e-15]) {
      const matrix = [0.5 + noise, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
      expect([...resampleNearest(resampler, source, [8, 1, 1], matrix, 0)]).toEqual([1, 2, 2, 3, 3, 4, 4, 4]);
    }
  });

  it('refuses sizes and matrices that cannot be', () => {
    const source = { data: new Float32Array(8), size: [2, 2, 2] as const };
    const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
    expect(() => resampleLinear(resampler, source, [0, 1, 1], identity, 0)).toThrow(/at least 1, found 0/);
    expect(() => resampleLinear(resampler, source, [1, 1, 1], [Number.NaN, ...identity.slice(1)], 0)).toThrow(
      /finite/,
    );
    expect(() => resampleLinear(resampler, { ...source, size: [3, 2, 2] }, [1, 1, 1], identity, 0)).toThrow(
      /3 × 2 × 2 voxels expected, found 8/,
    );
  });
});
