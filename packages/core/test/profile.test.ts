import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildProfile, makePartition, type Sample, type Sides, type Within } from '../src/index.ts';
import { divideByPosition, missesByPosition, positionsOfScan } from '../src/profile/position-profile.ts';
import { LossTable } from '../src/search/loss-table.ts';
import { drawCohort, LABELS, recipes } from './random-cohort.ts';
import {
  countVoxels,
  everyVoxel,
  insideBody,
  insideOrgan,
  isAbove,
  lossOf,
  scoreOf,
  uniform,
} from './reference.ts';

const IDS = [0, 1, 3, 7];
const organs = makePartition({ kind: 'organ' }, LABELS);
let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const VARIANTS: readonly (readonly [Sides, Within])[] = [
  [1, 'scan'],
  [2, 'scan'],
  [1, 'body'],
  [2, 'body'],
];

const SAMPLE: Sample = {
  id: 'scan-9',
  patient: 'p',
  shape: [2, 1, 3],
  truth: Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.5, 0.5),
  lower: Float32Array.of(0.25, 0.625, 0.5, 0.125, 0.75, 0.5),
  upper: Float32Array.of(0.75, 0.75, 0.5, 0.25, 0.875, 0.5),
  organs: Uint8Array.of(0, 1, 1, 7, 7, 3),
  mended: { clipped: 0, crossed: 0 },
};

describe('a profile', () => {
  it.each(VARIANTS)(
    'holds the positive scores of each organ and side, ascending: %i side(s), within %s',
    (sides: Sides, within: Within) => {
      const counts = within === 'body' ? insideBody : everyVoxel;
      fc.assert(
        fc.property(recipes({ patients: 2, scansPerPatient: 2 }), (recipe) => {
          for (const sample of drawCohort(recipe)) {
            const profile = buildProfile(kernels, sample, organs, { sides, within, pixels: true });
            expect(profile.dimension).toBe(countVoxels(sample, counts));
            for (let side = 0; side < sides; side++) {
              for (let organ = 0; organ < organs.regionCount; organ++) {
                const members = Array.from(sample.organs.keys()).filter(
                  (voxel) =>
                    sample.organs[voxel] === organ &&
                    counts(sample, voxel) &&
                    scoreOf(sample, voxel) > 0 &&
                    (sides === 1 || isAbove(sample, voxel) === (side === 1)),
                );
                const list = side * organs.regionCount + organ;
                const [from, to] = [profile.offsets[list], profile.offsets[list + 1]];
                const expected = members.map((voxel) => scoreOf(sample, voxel)).sort((a, b) => a - b);
                expect(Array.from(profile.scores.subarray(from, to))).toEqual(expected);
                expect(profile.organVoxels[organ]).toBe(
                  countVoxels(sample, (s, voxel) => counts(s, voxel) && s.organs[voxel] === organ),
                );
              }
            }
          }
        }),
        { numRuns: 60, seed: 81 },
      );
    },
  );

  it.each(VARIANTS)(
    'holds them whatever their organ, too, with their places: %i side(s), within %s',
    (sides: Sides, within: Within) => {
      const counts = within === 'body' ? insideBody : everyVoxel;
      fc.assert(
        fc.property(recipes({ patients: 2, scansPerPatient: 2 }), (recipe) => {
          for (const sample of drawCohort(recipe)) {
            const options = { sides, within };
            const placed = buildProfile(kernels, sample, organs, { ...options, pixels: true }).merged!;
            const { pixels, organs: labels } = placed.places!;
            const [, height, width] = sample.shape;
            for (let side = 0; side < sides; side++) {
              const expected = Array.from(sample.organs.keys())
                .filter((voxel) => counts(sample, voxel) && scoreOf(sample, voxel) > 0)
                .filter((voxel) => sides === 1 || isAbove(sample, voxel) === (side === 1))
                .sort((a, b) => scoreOf(sample, a) - scoreOf(sample, b) || a - b)
                .map((voxel) => [scoreOf(sample, voxel), voxel % (height * width), sample.organs[voxel]]);
              const found = Array.from(placed.scores, (score, i) => [score, pixels[i], labels[i]]);
              expect(found.slice(placed.offsets[side], placed.offsets[side + 1])).toEqual(expected);
            }
            expect(placed.offsets).toHaveLength(sides + 1);
            const merged = buildProfile(kernels, sample, organs, { ...options, merged: true }).merged;
            expect(merged).toEqual({ ...placed, places: null });
          }
        }),
        { numRuns: 60, seed: 85 },
      );
    },
  );

  describe('divided by position', () => {
    const spec = {
      kind: 'position' as const,
      height: 3,
      width: 4,
      groupCount: 3,
      map: Uint8Array.from({ length: 12 }, (_, pixel) => (pixel * 7) % 3),
    };

    it.each([
      [1, Infinity],
      [2, Infinity],
      [1, 0],
      [2, 0],
    ] as const)(
      'loses nothing and sorts nothing anew: %i side(s), at most %d scores on kernel memory',
      (sides: Sides, most) => {
        fc.assert(
          fc.property(recipes({ patients: 2, plane: [3, 4] }), (recipe) => {
            const samples = drawCohort(recipe);
            const profiles = samples.map((sample) =>
              buildProfile(kernels, sample, organs, { sides, pixels: true }),
            );
            const mark = kernels.arena.mark();
            const divided = divideByPosition(kernels, profiles, spec, most);
            // The same scans with one organ only.
            const whole = samples.map((sample) => {
              const scan = { ...sample, organs: new Uint8Array(sample.organs.length) };
              return buildProfile(kernels, scan, positionsOfScan(spec), { sides });
            });
            expect(divided).toEqual(whole);
            const total = profiles.reduce((sum, { scores }) => sum + scores.length, 0);
            for (const { scores } of divided) {
              const inMemory = scores as Float32Array;
              expect(inMemory.buffer === kernels.memory.buffer).toBe(total <= most);
            }
            kernels.arena.release(mark);
          }),
          { numRuns: 60, seed: 82 },
        );
      },
    );

    it('misses as many voxels of each organ as its parts do', () => {
      const level = fc.constantFrom(0, 0.0625, Math.fround(0.1), 0.25, Math.fround(0.3), 1, Infinity);
      const levels = fc.array(level, { minLength: 6, maxLength: 6 });
      fc.assert(
        fc.property(recipes({ patients: 2, plane: [3, 4] }), levels, (recipe, lambda) => {
          for (const sample of drawCohort(recipe)) {
            const profile = buildProfile(kernels, sample, organs, { sides: 2, pixels: true });
            const below = Float32Array.from(lambda.slice(0, 3));
            const above = Float32Array.from(lambda.slice(3));
            const expected = new Float64Array(organs.regionCount);
            sample.organs.forEach((organ, voxel) => {
              const side = isAbove(sample, voxel) ? above : below;
              if (scoreOf(sample, voxel) > side[spec.map[voxel % 12]]) expected[organ]++;
            });
            expect(missesByPosition(profile, spec, [below, above])).toEqual(expected);
          }
        }),
        { numRuns: 60, seed: 84 },
      );
    });

    it('is refused where the plane is another, naming both', () => {
      const profile = buildProfile(kernels, SAMPLE, organs, { pixels: true });
      const refused = expect.objectContaining({
        code: 'bad-input',
        message: expect.stringMatching(/scan scan-9: .*expected 3 × 4, found 1 × 3/),
      });
      expect(() => divideByPosition(kernels, [profile], spec)).toThrow(refused);
      const lambda = new Float32Array(3);
      expect(() => missesByPosition(profile, spec, [lambda, lambda])).toThrow(refused);
    });
  });

  it('of a scan with NaN is refused, naming scan and voxel', () => {
    for (const field of ['truth', 'lower', 'upper'] as const) {
      const values = SAMPLE[field].slice();
      values[4] = Number.NaN;
      expect(() => buildProfile(kernels, { ...SAMPLE, [field]: values }, organs)).toThrow(
        expect.objectContaining({
          code: 'bad-input',
          message: expect.stringMatching(/scan scan-9: .*NaN at voxel \(x 1, y 0, z 1\)/),
        }),
      );
    }
  });

  it.each([2, 5, 200])(
    'of a scan with label %i, which the cohort lacks, is refused, naming both',
    (label) => {
      const labelled = SAMPLE.organs.slice();
      labelled[3] = label;
      expect(() => buildProfile(kernels, { ...SAMPLE, organs: labelled }, organs)).toThrow(
        expect.objectContaining({
          code: 'bad-input',
          message: expect.stringMatching(
            `scan scan-9: expected the labels 0, 1, 3, 7, found ${label} at voxel .x 0, y 0, z 1`,
          ),
        }),
      );
    },
  );
});

describe('losses read off profiles', () => {
  it('are those of plain loops at every λ, whole and per organ', () => {
    const single = makePartition({ kind: 'uniform' }, LABELS);
    fc.assert(
      fc.property(
        recipes({ patients: 5, scansPerPatient: 1 }),
        fc.array(fc.constantFrom(0, 0.0625, Math.fround(0.1), 0.25, 1, Infinity), {
          minLength: 1,
          maxLength: 4,
        }),
        (recipe, lambdas) => {
          const samples = drawCohort(recipe);
          const profiles = samples.map((sample) => buildProfile(kernels, sample, organs));
          const scan = new LossTable(profiles, single);
          for (const lambda of lambdas) {
            expect(Array.from(scan.evaluate(Float32Array.of(lambda)))).toEqual(
              samples.map((sample) => lossOf(sample, everyVoxel, uniform(lambda))),
            );
          }
          for (const organ of IDS) {
            const table = new LossTable(profiles, single, { scope: { organ } });
            const members = samples.filter((sample) => countVoxels(sample, insideOrgan(organ)) > 0);
            expect(table.units).toEqual(members.map(({ patient }) => patient));
            for (const lambda of lambdas) {
              expect(Array.from(table.evaluate(Float32Array.of(lambda)))).toEqual(
                members.map((sample) => lossOf(sample, insideOrgan(organ), uniform(lambda))),
              );
            }
          }
        },
      ),
      { numRuns: 60, seed: 83 },
    );
  });
});
