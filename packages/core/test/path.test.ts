import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawSplit,
  type Fit,
  fitSplit,
  PAPER_OPTIONS,
  type ProcedureOptions,
  type Sample,
  type StratumFeature,
} from '../src/index.ts';
import { cutStrata } from '../src/partition/strata.ts';
import { dataOf, drawCohort, draws, indexOf, LABELS, recipes, select } from './random-cohort.ts';
import {
  byOrgan,
  type Counts,
  everyVoxel,
  insideBody,
  lambdaOfGroups,
  lengthOf,
  mean,
  meetsCondition,
  overPatients,
  strataCuts,
  stratumOf,
  type TwoSidedLambda,
  uniform,
  unitLosses,
} from './reference.ts';

const IDS = [0, 1, 3, 7];
const ROUNDING = 1e-11;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

type GroupOf = (sample: Sample, voxel: number) => number;

function envelopeOf(fit: Fit) {
  const solution = fit.anchor?.solution;
  if (solution?.method !== 'envelope') throw new Error('expected an envelope anchor');
  return solution;
}

/** Groups that stand in for one without opt voxels: of its organ first, else all that have some. */
function lendersOf({ partition, anchor }: Fit, group: number): number[] {
  const organOf = (g: number) => partition.keys[g].split('/')[0];
  const present = partition.keys.map((_, g) => g).filter((g) => !anchor?.absent.includes(g));
  const own = partition.keys[0].includes('/') ? present.filter((g) => organOf(g) === organOf(group)) : [];
  return own.length > 0 ? own : present;
}

/** λ at a position of the path, absent groups filled in, as the definition says. */
function onPath(fit: Fit, position: number): number[] {
  const { path } = envelopeOf(fit);
  const groups = fit.partition.keys.length;
  const lambda = Array.from(path.at(position, new Float64Array(path.size)));
  for (const group of fit.anchor?.absent ?? []) {
    for (let side = 0; side < lambda.length; side += groups) {
      lambda[side + group] = Math.max(0, ...lendersOf(fit, group).map((g) => lambda[side + g]));
    }
  }
  return lambda.map(Math.fround);
}

/** Half the mean clamped length that λ adds on the opt scans: the envelope anchor's cost. */
function costOf(opt: readonly Sample[], counts: Counts, lambda: (sample: Sample) => TwoSidedLambda): number {
  const added = (sample: Sample) =>
    lengthOf(sample, counts, lambda(sample)) - lengthOf(sample, counts, uniform(0));
  return mean(overPatients(opt, added)) / 2;
}

function checkEnvelope(
  fit: Fit,
  opt: readonly Sample[],
  allowed: number,
  counts: Counts,
  groupOf: GroupOf,
): void {
  const { lambda, objective, lowerBound, gap, epsilon } = envelopeOf(fit);
  expect(epsilon).toBeCloseTo(allowed, 12);
  const groups = fit.partition.keys.length;
  const missOf = (point: ArrayLike<number>) =>
    mean(unitLosses(opt, counts, lambdaOfGroups(groupOf, groups, point)));
  const solved = Array.from(lambda, (value) => (Number.isNaN(value) ? 0 : value));
  if (lowerBound === null) throw new Error('the bound is known');
  expect(missOf(solved)).toBeLessThanOrEqual(allowed + ROUNDING);
  expect(costOf(opt, counts, lambdaOfGroups(groupOf, groups, solved))).toBeCloseTo(objective, 6);
  expect(lowerBound).toBeLessThanOrEqual(objective);
  expect(gap).toBeCloseTo(objective > 0 ? (objective - lowerBound) / objective : 0, 12);
  // No point found by search meets ε' at less than the lower bound.
  const random = draws(Math.round(objective * 1e7));
  for (let trial = 0; trial < 30; trial++) {
    const point = solved.map((value) =>
      Math.fround(Math.max(0, trial % 2 === 0 ? value + (random() - 0.5) * 0.1 : random() * 0.6)),
    );
    if (missOf(point) > allowed) continue;
    const cost = costOf(opt, counts, lambdaOfGroups(groupOf, groups, point));
    expect(cost).toBeGreaterThanOrEqual(lowerBound - 1e-7);
  }
}

function checkPath(
  fit: Fit,
  cal: readonly Sample[],
  epsilon: number,
  counts: Counts,
  groupOf: GroupOf,
): void {
  const { path } = envelopeOf(fit);
  const { omega, pathPosition } = fit;
  if (omega === null || pathPosition === null) throw new Error('a path publishes position and ω');
  expect(pathPosition).toBeLessThanOrEqual(path.length);
  expect(omega > 0 ? pathPosition : path.length).toBe(path.length);
  const t = pathPosition + omega;
  const accepts = (point: ArrayLike<number>) =>
    meetsCondition(
      unitLosses(cal, counts, lambdaOfGroups(groupOf, fit.partition.keys.length, point)),
      epsilon,
    );
  expect(Array.from(fit.lambda)).toEqual(onPath(fit, t));
  expect(accepts(fit.lambda)).toBe(true);
  if (t === 0) return;
  const random = draws(path.length);
  const earlier = Array.from({ length: 12 }, (_, i) => (i < 6 ? random() * t : Math.floor(random() * t)));
  // Back by 1e-6 in the λ under way: all λ beyond the path's end, one edge's before.
  const edge = Math.ceil(pathPosition) - 1;
  const stretch = omega > 0 ? 1 : path.lambdaTo[edge] - path.lambdaFrom[edge];
  earlier.push(Math.max(t - 1e-6 / stretch, omega > 0 ? 0 : edge), t - Math.max(1e-12, t * 1e-13));
  for (const before of earlier) {
    if (before < t) expect(accepts(onPath(fit, before)), `position ${before} of ${t}`).toBe(false);
  }
}

describe('sem-crc with the envelope anchor', () => {
  it.each([
    ['one', 'scan', 'path'],
    ['two', 'scan', 'path'],
    ['two', 'body', 'path'],
    ['two', 'scan', 'line'],
  ] as const)(
    'publishes the first admissible point: %s side(s), within %s, by %s',
    async (sides, within, backtrack) => {
      const options: ProcedureOptions = { ...PAPER_OPTIONS, anchor: 'envelope', backtrack, sides, within };
      const counts = within === 'body' ? insideBody : everyVoxel;
      const seen = { within: 0, beyond: 0, absent: 0 };
      await fc.assert(
        fc.asyncProperty(
          recipes({ miss: 0.6 }).filter(({ patients }) => patients >= 14),
          fc.constantFrom(0.1, 0.2, 0.3, 'edge' as const),
          fc.integer({ min: 1, max: 4 }),
          async (recipe, tolerance, nOpt) => {
            const samples = drawCohort(recipe);
            const sizes = { nOpt, nCal: recipe.patients - 1, nTest: 1 };
            const split = drawSplit(indexOf(samples), sizes, recipe.seed, 0);
            const [opt, cal] = [select(samples, split.opt), select(samples, split.cal)];
            const n = recipe.patients - 1 - nOpt;
            const epsilon = tolerance === 'edge' ? 1 / (n + 1) : tolerance;
            if (1 / (n + 1) > epsilon || !opt.some((s) => s.organs.some((g) => g > 0))) return;
            const data = dataOf(kernels, samples, { sides: sides === 'two' ? 2 : 1, within });
            const [{ fits }] = await fitSplit(data, split, ['sem-crc'], [epsilon], options, {
              seed: 0,
              run: 0,
            });
            const [fit] = fits;
            checkEnvelope(fit, opt, ((n + 1) * epsilon - 1) / n, counts, byOrgan(IDS));
            if (backtrack === 'path') {
              checkPath(fit, cal, epsilon, counts, byOrgan(IDS));
            } else {
              const lambda = fit.anchor?.lambda ?? new Float64Array();
              const line = Array.from(lambda, (value) => Math.fround(Math.max(value + (fit.omega ?? 0), 0)));
              expect(Array.from(fit.lambda)).toEqual(line);
              expect(fit.pathPosition).toBeNull();
            }
            if (fit.omega === 0) seen.within++;
            else seen.beyond++;
            if ((fit.anchor?.absent.length ?? 0) > 0) seen.absent++;
          },
        ),
        { numRuns: 60, seed: 61 },
      );
      if (backtrack === 'path') expect(seen.within).toBeGreaterThan(10);
      expect(seen.absent).toBeGreaterThan(3);
    },
  );

  it('moves every λ upwards only, one at a time within the path', async () => {
    const samples = drawCohort({
      seed: 5,
      patients: 20,
      scansPerPatient: 1,
      levels: 0,
      plane: [4, 4],
      presence: [1, 1, 1, 0.5],
      miss: 0.6,
    });
    const split = drawSplit(indexOf(samples), { nOpt: 5, nCal: 19, nTest: 1 }, 0, 0);
    const options: ProcedureOptions = {
      ...PAPER_OPTIONS,
      anchor: 'envelope',
      backtrack: 'path',
      sides: 'two',
    };
    const data = dataOf(kernels, samples, { sides: 2 });
    const [{ fits }] = await fitSplit(data, split, ['sem-crc'], [0.1], options, { seed: 0, run: 0 });
    const { path } = envelopeOf(fits[0]);
    const positions = Array.from({ length: 20 * path.length + 60 }, (_, i) => i / 20);
    let previous = onPath(fits[0], 0);
    expect(previous.every((value) => value === 0)).toBe(true);
    for (const position of positions) {
      const next = onPath(fits[0], position);
      const moved = next.filter((value, k) => value !== previous[k]).length;
      next.forEach((value, k) => {
        expect(value).toBeGreaterThanOrEqual(previous[k]);
      });
      if (position <= path.length) expect(moved).toBeLessThanOrEqual(1);
      previous = next;
    }
  });
});

describe('strata', () => {
  it.each([['intensity:3'], ['width:2'], ['gradient:4'], ['intensity:2', 'gradient:2']] as const)(
    '%s are cut by quantiles within each organ, and each gets its λ',
    async (...strata) => {
      const features = strata.map((stratum): StratumFeature => {
        const [name, bins] = stratum.split(':');
        return { name: name as StratumFeature['name'], bins: Number(bins) };
      });
      let absent = 0;
      await fc.assert(
        fc.asyncProperty(
          recipes({ patients: 18, plane: [3, 4], miss: 0.6 }),
          fc.boolean(),
          async (recipe, withPoint) => {
            const random = draws(recipe.seed + 1);
            const samples = drawCohort(recipe).map((sample) =>
              withPoint ? { ...sample, point: sample.lower.map(() => random()) } : sample,
            );
            const split = drawSplit(indexOf(samples), { nOpt: 4, nCal: 17, nTest: 1 }, recipe.seed, 0);
            const [opt, cal] = [select(samples, split.opt), select(samples, split.cal)];
            const cuts = strataCuts(opt, IDS, features);
            const data = dataOf(kernels, samples, { sides: 2 });
            const spec = await cutStrata(kernels, LABELS, strata, split.opt, data.read);
            expect(spec.cuts).toEqual(Object.fromEntries(IDS.map((id, i) => [id, cuts[i]])));

            const options: ProcedureOptions = {
              ...PAPER_OPTIONS,
              anchor: 'envelope',
              backtrack: 'path',
              sides: 'two',
              strata,
            };
            const [{ fits }] = await fitSplit(data, split, ['sem-crc'], [0.15], options, { seed: 0, run: 0 });
            const keys = IDS.flatMap((id, i) => {
              const bins = cuts[i].reduce((product, own) => product * (own.length + 1), 1);
              return Array.from({ length: bins }, (_, bin) => `${id}/${bin}`);
            });
            expect(fits[0].partition.keys).toEqual(keys);
            const groupOf: GroupOf = (sample, voxel) => {
              const organ = sample.organs[voxel];
              return keys.indexOf(`${organ}/${stratumOf(sample, voxel, cuts[IDS.indexOf(organ)], features)}`);
            };
            checkEnvelope(fits[0], opt, (14 * 0.15 - 1) / 13, everyVoxel, groupOf);
            checkPath(fits[0], cal, 0.15, everyVoxel, groupOf);
            if ((fits[0].anchor?.absent.length ?? 0) > 0) absent++;
          },
        ),
        { numRuns: 15, seed: 62 },
      );
      expect(absent).toBeGreaterThan(0);
    },
  );
});
