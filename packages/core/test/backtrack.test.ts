import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { makePartition, type Sample, type Sides, type Within } from '../src/index.ts';
import { backtrack } from '../src/search/backtrack.ts';
import { crcBound, leastUnits } from '../src/search/bound.ts';
import { lineFamily } from '../src/search/lambda-family.ts';
import { LossTable } from '../src/search/loss-table.ts';
import { dataOf, drawCohort, LABELS, recipes } from './random-cohort.ts';
import {
  byOrgan,
  everyVoxel,
  insideBody,
  isAbove,
  lambdaOfGroups,
  meetsCondition,
  scoreOf,
  unitLosses,
} from './reference.ts';

const IDS = [0, 1, 3, 7];
let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** λ at ω along a line, straight from the definition. */
const onLine = (anchor: readonly number[], omega: number) =>
  anchor.map((value) => Math.fround(Math.max(value + omega, 0)));

/** Farther than any two sums that should be equal, nearer than breakpoints of these cohorts lie. */
const NUDGE = 1e-10;

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The f32 just below a positive one. */
function previous(value: number): number {
  float[0] = value;
  bits[0]--;
  return float[0];
}

/** Every ω at which some voxel stops being missed: where the λ of its group starts to round to its score. */
function breakpoints(samples: readonly Sample[], anchor: readonly number[], sides: Sides): number[] {
  const found = new Set([-Math.max(...anchor)]);
  for (const sample of samples) {
    for (let voxel = 0; voxel < sample.truth.length; voxel++) {
      const score = scoreOf(sample, voxel);
      if (!(score > 0)) continue;
      const group = IDS.indexOf(sample.organs[voxel]);
      const at = sides === 2 && isAbove(sample, voxel) ? IDS.length + group : group;
      found.add((score + previous(score)) / 2 - anchor[at]);
    }
  }
  return [...found].sort((a, b) => a - b);
}

const anchors = (length: number) =>
  fc.array(
    fc.oneof(
      fc.constant(0),
      fc.constantFrom(0.125, 0.25, 1),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1e-6, noNaN: true }),
    ),
    { minLength: length, maxLength: length },
  );

describe('backtracking along a line', () => {
  it.each([
    [1, 'scan'],
    [2, 'scan'],
    [1, 'body'],
  ] as const)(
    'finds the first admissible λ, tried at every breakpoint: %i side(s), within %s',
    (sides: Sides, within: Within) => {
      const partition = makePartition({ kind: 'organ' }, LABELS);
      const counts = within === 'body' ? insideBody : everyVoxel;
      let moved = 0;
      fc.assert(
        fc.property(
          recipes(),
          anchors(IDS.length * sides),
          fc.constantFrom(0.05, 0.1, 0.2, 0.4, 'edge' as const),
          (recipe, anchor, tolerance) => {
            const samples = drawCohort(recipe);
            const epsilon = tolerance === 'edge' ? 1 / (recipe.patients + 1) : tolerance;
            const data = dataOf(kernels, samples, { sides, within });
            const table = new LossTable(
              samples.map(({ id }) => data.profileOf(id)),
              partition,
              { sides },
            );
            const found = backtrack(table, lineFamily(Float64Array.from(anchor)), crcBound(epsilon));
            const accepts = (lambda: ArrayLike<number>) =>
              meetsCondition(
                unitLosses(samples, counts, lambdaOfGroups(byOrgan(IDS), IDS.length, lambda)),
                epsilon,
              );
            if (found.state === 'infeasible') {
              expect(accepts(anchor.map(() => Infinity))).toBe(false);
              expect(found.units).toBe(recipe.patients);
              expect(found.leastUnits).toBe(leastUnits(crcBound(epsilon)));
              return;
            }
            expect(Array.from(found.lambda)).toEqual(onLine(anchor, found.t));
            expect(accepts(found.lambda)).toBe(true);
            const start = -Math.max(...anchor);
            const first = breakpoints(samples, anchor, sides)
              .map((omega) => (omega > start ? omega + NUDGE : start))
              .find((omega) => accepts(onLine(anchor, Math.max(omega, start))));
            expect(first).toBeDefined();
            expect(Math.abs(found.t - Math.max(first ?? Number.NaN, start))).toBeLessThanOrEqual(2 * NUDGE);
            if (found.t > start) {
              moved++;
              for (const back of [1e-6, 1e-9, Math.abs(found.t) * 2 ** -52]) {
                const before = found.t - back;
                if (before < start || before === found.t) continue;
                expect(accepts(onLine(anchor, before)), `ω̂ − ${back}`).toBe(false);
              }
              expect(accepts(onLine(anchor, start))).toBe(false);
            }
          },
        ),
        { numRuns: 200, seed: 11 },
      );
      expect(moved).toBeGreaterThan(20);
    },
  );

  it('starts at ω = −max λ̃, where all λ are 0, and stays there if that is admissible', () => {
    const samples = drawCohort({
      seed: 3,
      patients: 12,
      scansPerPatient: 1,
      levels: 8,
      plane: null,
      presence: [1, 1, 1, 1],
      miss: 0,
    });
    const data = dataOf(kernels, samples);
    const table = new LossTable(
      samples.map(({ id }) => data.profileOf(id)),
      makePartition({ kind: 'organ' }, LABELS),
    );
    expect(table.largestScore).toBe(0);
    const anchor = Float64Array.of(0.25, 0.5, 0, 0.1);
    const found = backtrack(table, lineFamily(anchor), crcBound(0.1));
    expect(found).toMatchObject({ state: 'calibrated', t: -0.5 });
    if (found.state === 'calibrated') expect(Array.from(found.lambda)).toEqual([0, 0, 0, 0]);
  });
});

describe('the CRC condition', () => {
  it.each([
    [9, 0.1],
    [19, 0.05],
    [99, 0.01],
    [3, 0.25],
    [2, 1 / 3],
  ])('holds with equality: n = %i passes ε = %d with zero losses, one less does not', (n, epsilon) => {
    const bound = crcBound(epsilon);
    expect(bound.accepts(new Float64Array(n))).toBe(true);
    expect(bound.accepts(new Float64Array(n - 1))).toBe(false);
    expect(leastUnits(bound)).toBe(n);
    expect(leastUnits(bound)).toBe(Math.ceil(1 / epsilon - 1e-9) - 1);
  });

  it('counts the one loss of B = 1 that it adds: at n = 20 and ε = 0.1 one scan missed whole passes, two do not', () => {
    const bound = crcBound(0.1);
    const missed = (scans: number) => new Float64Array(20).fill(1, 0, scans);
    expect(bound.accepts(missed(1))).toBe(true);
    expect(bound.accepts(missed(2))).toBe(false);
  });

  it.each([0, 1, -0.1, 1.5, Number.NaN])('refuses ε = %d', (epsilon) => {
    expect(() => crcBound(epsilon)).toThrow(/epsilon must lie strictly between 0 and 1/);
  });
});
