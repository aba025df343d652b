import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawSplit,
  type Fit,
  fitSplit,
  PAPER_OPTIONS,
  type ProcedureOptions,
  type Sample,
  type Split,
} from '../src/index.ts';
import { dataOf, drawCohort, draws, indexOf, recipes, select } from './random-cohort.ts';
import {
  byOrgan,
  byPosition,
  type Counts,
  everyVoxel,
  insideBody,
  lambdaOfGroups,
  meanLambda,
  meanSurrogate,
  meetsCondition,
  positionGroups,
  surrogateOf,
  unitLosses,
} from './reference.ts';

const IDS = [0, 1, 3, 7];
/** Rounding of f64 sums over some hundred voxels. */
const ROUNDING = 1e-11;
const GAMMAS = Array.from({ length: 16 }, (_, i) => 0.3 + (0.4 * i) / 15);

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

type Anchored = 'k-crc' | 'sem-crc';
type GroupOf = (sample: Sample, voxel: number) => number;

async function fitOne(
  procedure: Anchored,
  samples: readonly Sample[],
  split: Split,
  epsilon: number,
  options: ProcedureOptions,
): Promise<Fit> {
  const data = dataOf(kernels, samples, {
    pixels: procedure === 'k-crc',
    within: options.within,
    sides: options.sides === 'two' ? 2 : 1,
  });
  const [{ fits }] = await fitSplit(data, split, [procedure], [epsilon], options, { seed: 1, run: 2 });
  return fits[0];
}

/** Groups with a voxel that counts. */
function presentGroups(samples: readonly Sample[], counts: Counts, groupOf: GroupOf): Set<number> {
  const present = new Set<number>();
  for (const sample of samples) {
    for (let voxel = 0; voxel < sample.truth.length; voxel++) {
      if (counts(sample, voxel)) present.add(groupOf(sample, voxel));
    }
  }
  return present;
}

/** Everything an anchor claims about the opt scans, recounted. */
function checkAnchor(
  { anchor, partition, sides }: Fit,
  opt: readonly Sample[],
  epsilon: number,
  counts: Counts,
  groupOf: GroupOf,
): void {
  if (!anchor) throw new Error('an anchored procedure must publish its anchor');
  const groups = partition.keys.length;
  const { lambda, absent, solution } = anchor;
  if (solution.method !== 'gamma') throw new Error(`expected a gamma anchor, found ${solution.method}`);
  expect(lambda).toHaveLength(groups * sides);
  const present = presentGroups(opt, counts, groupOf);
  expect([...absent].sort()).toEqual(partition.keys.map((_, g) => g).filter((g) => !present.has(g)));
  for (let side = 0; side < sides; side++) {
    const own = lambda.subarray(side * groups, (side + 1) * groups);
    const largest = Math.max(...[...present].map((group) => own[group]));
    for (const group of absent) expect(own[group]).toBe(largest);
  }

  const at = lambdaOfGroups(groupOf, groups, lambda);
  expect(meanSurrogate(opt, counts, at, solution.gamma)).toBeLessThanOrEqual(epsilon + ROUNDING);
  expect(meanLambda(opt, counts, at)).toBeCloseTo(solution.objective, 11);
  for (const sample of opt) {
    const { truth, lower, upper } = sample;
    for (let voxel = 0; voxel < truth.length; voxel++) {
      const [below, above] = at(sample)(voxel);
      const outside = truth[voxel] < lower[voxel] - below || truth[voxel] > upper[voxel] + above;
      const end = truth[voxel] < (lower[voxel] + upper[voxel]) / 2 ? below : above;
      if (outside) {
        expect(surrogateOf(sample, voxel, end, solution.gamma)).toBeGreaterThan(1 - 1e-9);
      }
    }
  }

  expect(solution.lowerBound).toBeLessThanOrEqual(solution.objective);
  expect(solution.perGamma.map(({ gamma }) => gamma)).toEqual(GAMMAS);
  const upperBounds = solution.perGamma.map(({ upperBound }) => upperBound);
  expect(solution.objective).toBe(Math.min(...upperBounds));
  const kept = solution.perGamma[GAMMAS.indexOf(solution.gamma)];
  expect(kept.gap).toBeLessThanOrEqual(1e-4);
  expect(solution.gap).toBe(kept.gap);
  // No point near or far that meets the constraint may undercut a published lower bound.
  const random = draws(Math.round(solution.objective * 1e6));
  for (let trial = 0; trial < 40; trial++) {
    const point = Array.from(lambda, (value) =>
      Math.min(1, Math.max(0, trial % 2 === 0 ? value + (random() - 0.5) * 0.05 : random())),
    );
    const tried = lambdaOfGroups(groupOf, groups, point);
    const { gamma, lowerBound, state } = solution.perGamma[trial % 16];
    if (meanSurrogate(opt, counts, tried, gamma) > epsilon - ROUNDING) continue;
    expect(state).not.toBe('infeasible');
    expect(meanLambda(opt, counts, tried)).toBeGreaterThanOrEqual(lowerBound - ROUNDING);
  }
}

/** λ̂ lies on the line, meets the condition, and no earlier point tried does. */
function checkLine(
  { anchor, omega, lambda, partition }: Fit,
  cal: readonly Sample[],
  epsilon: number,
  counts: Counts,
  groupOf: GroupOf,
): void {
  if (!anchor || omega === null) throw new Error('an anchored procedure must publish ω');
  const onLine = (t: number) => Array.from(anchor.lambda, (value) => Math.fround(Math.max(value + t, 0)));
  const accepts = (point: ArrayLike<number>) =>
    meetsCondition(unitLosses(cal, counts, lambdaOfGroups(groupOf, partition.keys.length, point)), epsilon);
  expect(Array.from(lambda)).toEqual(onLine(omega));
  expect(Array.from(lambda).every((value) => Math.fround(value) === value && value >= 0)).toBe(true);
  expect(accepts(lambda)).toBe(true);
  const start = -Math.max(...anchor.lambda);
  expect(omega).toBeGreaterThanOrEqual(start);
  if (lambda.every((value) => value === 0)) return;
  for (const back of [1e-6, 1e-4, 1e-2, 1]) {
    expect(accepts(onLine(Math.max(omega - back, start))), `ω̂ − ${back}`).toBe(false);
  }
}

describe.each(['sem-crc', 'k-crc'] as const)('%s', (procedure) => {
  it.each([
    ['one', 'scan'],
    ['two', 'scan'],
    ['one', 'body'],
    ['two', 'body'],
  ] as const)(
    'anchors feasibly and follows the line to the first admissible λ: %s side(s), within %s',
    async (sides, within) => {
      const options: ProcedureOptions = { ...PAPER_OPTIONS, sides, within };
      const counts = within === 'body' ? insideBody : everyVoxel;
      const seen = { solved: 0, moved: 0, absent: 0 };
      const cohorts = procedure === 'k-crc' ? recipes({ plane: [3, 4] }) : recipes();
      await fc.assert(
        fc.asyncProperty(
          cohorts,
          fc.constantFrom(0.1, 0.15, 0.2, 0.4, 'edge' as const),
          fc.integer({ min: 1, max: 4 }),
          async (recipe, tolerance, nOpt) => {
            const samples = drawCohort(recipe);
            const split = drawSplit(
              indexOf(samples),
              { nOpt, nCal: recipe.patients - 1, nTest: 1 },
              recipe.seed,
              0,
            );
            const [opt, cal] = [select(samples, split.opt), select(samples, split.cal)];
            const n = recipe.patients - 1 - nOpt;
            const epsilon = tolerance === 'edge' ? 1 / (n + 1) : tolerance;
            const map = procedure === 'k-crc' ? positionGroups(opt, counts) : [];
            const groupOf = procedure === 'k-crc' ? byPosition(map) : byOrgan(IDS);
            let fit: Fit;
            try {
              fit = await fitOne(procedure, samples, split, epsilon, options);
            } catch (error) {
              if (!(error instanceof SemcrcError)) throw error;
              if (error.code === 'bad-input') {
                expect(presentGroups(opt, counts, groupOf).size).toBe(0);
                return;
              }
              expect(error.code).toBe('infeasible');
              if (error.data.leastN === undefined) {
                const full = () => () => [1, 1] as const;
                for (const gamma of GAMMAS) {
                  expect(meanSurrogate(opt, counts, full, gamma)).toBeGreaterThan(epsilon - ROUNDING);
                }
              } else {
                expect(meetsCondition(new Array(n).fill(0), epsilon)).toBe(false);
                expect(error.data.n).toBe(n);
              }
              return;
            }
            expect(fit).toMatchObject({
              procedure,
              units: n,
              sides: sides === 'two' ? 2 : 1,
              organs: {},
            });
            const { spec, keys } = fit.partition;
            if (spec.kind === 'position') {
              expect(Array.from(spec.map)).toEqual(map);
              expect(spec).toMatchObject({ height: 3, width: 4, groupCount: keys.length });
              expect(keys).toEqual(keys.map((_, group) => String(group)));
            } else {
              expect(keys).toEqual(IDS.map(String));
            }
            checkAnchor(fit, opt, epsilon, counts, groupOf);
            checkLine(fit, cal, epsilon, counts, groupOf);
            seen.solved++;
            if (fit.anchor && fit.anchor.absent.length > 0) seen.absent++;
            if (fit.lambda.some((value) => value > 0)) seen.moved++;
          },
        ),
        { numRuns: 40, seed: 9 },
      );
      expect(seen.solved).toBeGreaterThan(20);
      expect(seen.moved).toBeGreaterThan(10);
      expect(seen.absent).toBeGreaterThan(0);
    },
  );

  it("meets the condition with the paper's subsample too, drawn from seed and run", async () => {
    const samples = drawCohort({
      seed: 12,
      patients: 30,
      scansPerPatient: 2,
      levels: 0,
      plane: [8, 10],
      presence: [1, 1, 1, 0.8],
      miss: 0.5,
    });
    const split = drawSplit(indexOf(samples), { nOpt: 6, nCal: 28, nTest: 2 }, 0, 0);
    const options: ProcedureOptions = { ...PAPER_OPTIONS, anchorVoxels: 'paper' };
    const fit = await fitOne(procedure, samples, split, 0.1, options);
    const groupOf =
      procedure === 'k-crc'
        ? byPosition(positionGroups(select(samples, split.opt), everyVoxel))
        : byOrgan(IDS);
    checkLine(fit, select(samples, split.cal), 0.1, everyVoxel, groupOf);
    const again = await fitOne(procedure, samples, split, 0.1, options);
    expect(again.anchor?.lambda).toEqual(fit.anchor?.lambda);
    const all = await fitOne(procedure, samples, split, 0.1, PAPER_OPTIONS);
    expect(all.anchor?.lambda).not.toEqual(fit.anchor?.lambda);
  });

  it('says so when no γ reaches ε on the opt scans even at λ = 1', async () => {
    const recipe = { seed: 1, patients: 14, scansPerPatient: 1, levels: 0, miss: 0 } as const;
    const samples = drawCohort({ ...recipe, plane: [2, 2], presence: [1, 1, 1, 1] }).map((sample) => ({
      ...sample,
      truth: sample.truth.map(() => 0),
      lower: sample.lower.map(() => 0.9),
      upper: sample.upper.map(() => 0.9),
    }));
    const split = drawSplit(indexOf(samples), { nOpt: 2, nCal: 13, nTest: 1 }, 0, 0);
    await expect(fitOne(procedure, samples, split, 0.1, PAPER_OPTIONS)).rejects.toMatchObject({
      code: 'infeasible',
      message: expect.stringMatching(/no γ of 16 reaches ε = 0\.1 .* λ = 1.*same units/),
    });
  });
});
