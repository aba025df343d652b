import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../src/index.ts';
import { positionMap } from '../src/partition/position-map.ts';
import { partOf, quantileCuts, quantileOfSorted } from '../src/partition/quantile.ts';
import { dataOf, drawCohort, recipes } from './random-cohort.ts';
import { everyVoxel, interpolatedQuantile, positionGroups } from './reference.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** One slice whose pixels are missed or not; scans of it make any table of miss rates. */
function missesAt(id: string, width: number, missed: readonly boolean[]): Sample {
  const truth = Float32Array.from(missed, (miss) => (miss ? 0.75 : 0.5));
  return {
    id,
    patient: id,
    shape: [1, missed.length / width, width],
    truth,
    lower: truth.map(() => 0.5),
    upper: truth.map(() => 0.5),
    organs: new Uint8Array(missed.length).fill(1),
    mended: { clipped: 0, crossed: 0 },
  };
}

/** Scans whose pixel j is missed in exactly counts[j] of `scans` slices. */
const cohortOfCounts = (counts: readonly number[], scans: number): Sample[] =>
  Array.from({ length: scans }, (_, scan) =>
    missesAt(
      `s${scan}`,
      counts.length,
      counts.map((count) => scan < count),
    ),
  );

const mapOf = (samples: readonly Sample[]) =>
  positionMap(samples.map(({ id }) => dataOf(kernels, samples).profileOf(id)));

describe("K-CRC's position map", () => {
  it('cuts the miss rate of pixels at its quartiles, interpolated', () => {
    const { map, groupCount } = mapOf(cohortOfCounts([0, 1, 2, 3, 4, 5, 6, 7], 8));
    expect(Array.from(map)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(groupCount).toBe(4);
  });

  it('puts a value equal to a cut into the lower group', () => {
    // Five values: the quartiles are the second, third and fourth themselves.
    const { map, groupCount } = mapOf(cohortOfCounts([3, 0, 4, 1, 2], 5));
    expect(Array.from(map)).toEqual([2, 0, 3, 0, 1]);
    expect(groupCount).toBe(4);
  });

  it('merges equal cuts', () => {
    const { map, groupCount } = mapOf(cohortOfCounts([0, 0, 0, 0, 0, 0, 1, 2], 4));
    // The lower and the middle quartile are both 0; the upper is 0.25 of the way from 0 to 1/4.
    expect(groupCount).toBe(3);
    expect(Array.from(map)).toEqual([0, 0, 0, 0, 0, 0, 2, 2]);
  });

  it('drops a cut equal to the maximum', () => {
    const { map, groupCount } = mapOf(cohortOfCounts([0, 1, 2, 3, 3, 3, 3, 3], 4));
    // Quartiles 1.75/4, 3/4 and 3/4: the last two are the maximum.
    expect(groupCount).toBe(2);
    expect(Array.from(map)).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  });

  it('has one group where every pixel is missed equally often', () => {
    for (const count of [0, 2, 4]) {
      const { map, groupCount } = mapOf(cohortOfCounts(new Array(6).fill(count), 4));
      expect(groupCount).toBe(1);
      expect(Array.from(map)).toEqual(new Array(6).fill(0));
    }
  });

  it('agrees with plain loops on random scans', () => {
    const groupCounts = new Set<number>();
    fc.assert(
      fc.property(recipes({ plane: [3, 5], patients: 6 }), (recipe) => {
        const samples = drawCohort(recipe);
        const { map, groupCount, height, width } = mapOf(samples);
        const expected = positionGroups(samples, everyVoxel);
        expect(Array.from(map)).toEqual(expected);
        expect([height, width]).toEqual([3, 5]);
        expect(Math.max(...expected)).toBeLessThan(groupCount);
        groupCounts.add(groupCount);
      }),
      { numRuns: 150, seed: 2 },
    );
    expect(groupCounts.size).toBeGreaterThanOrEqual(3);
  });

  it('refuses scans of different planes, naming the scan, both sizes and what to do', () => {
    const samples = [missesAt('a', 2, [true, false]), missesAt('b', 1, [true, false])];
    expect(() => mapOf(samples)).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message: expect.stringMatching(/scan b: .*expected 1 × 2 .* scan a, found 2 × 1; .*sem-crc/),
      }),
    );
  });
});

describe('quantiles', () => {
  it('interpolate linearly between order statistics', () => {
    expect(quantileOfSorted([1, 2, 4, 8], 0.5)).toBe(3);
    expect(quantileOfSorted([1, 2, 4, 8], 0.25)).toBe(1.75);
    expect(quantileOfSorted([1, 2, 4, 8], 0)).toBe(1);
    expect(quantileOfSorted([1, 2, 4, 8], 1)).toBe(8);
    expect(quantileOfSorted([5], 0.3)).toBe(5);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, p) => {
          const sorted = Float64Array.from(values).sort();
          expect(quantileOfSorted(sorted, p)).toBeCloseTo(interpolatedQuantile(values, p), 14);
        },
      ),
    );
  });

  it('leave no part beyond the largest value, nor two equal cuts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        (values, bins) => {
          const sorted = [...values].sort((a, b) => a - b);
          const cuts = quantileCuts(sorted, bins);
          expect([...new Set(cuts)].sort((a, b) => a - b)).toEqual(cuts);
          expect(cuts.length).toBeLessThan(bins);
          expect(partOf(sorted[sorted.length - 1], cuts)).toBe(cuts.length);
          expect(partOf(sorted[0], cuts)).toBe(0);
          cuts.forEach((cut, part) => {
            expect(partOf(cut, cuts)).toBe(part);
          });
        },
      ),
    );
  });

  it('have no cuts where there are no values', () => {
    expect(quantileCuts([], 4)).toEqual([]);
  });
});
