import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  applyLambda,
  buildProfile,
  type CalibratedLambda,
  drawSplit,
  evaluateScan,
  type Fit,
  fitSplit,
  intervalOf,
  makePartition,
  PAPER_OPTIONS,
  type ProcedureOptions,
  regionsOfSample,
  type Sample,
} from '../src/index.ts';
import { nextUp, roundDown } from './float-neighbours.ts';
import { dataOf, drawCohort, draws, indexOf, LABELS, recipes, select } from './random-cohort.ts';
import { mean, meetsCondition, overPatients } from './reference.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const IDS = [0, 1, 3, 7];
const SHRINK: ProcedureOptions = { ...PAPER_OPTIONS, anchor: 'envelope', backtrack: 'path', shrink: true };

/** Samples with a point that lies in the interval, outside it, or on the truth. */
function withPoints(samples: readonly Sample[], seed: number, kind: 'any' | 'none'): Sample[] {
  if (kind === 'none') return [...samples];
  const random = draws(seed);
  return samples.map((sample) => ({
    ...sample,
    point: sample.truth.map((x, voxel) => {
      const draw = random();
      if (draw < 0.15) return x;
      if (draw < 0.3) return random();
      return sample.lower[voxel] + random() * (sample.upper[voxel] - sample.lower[voxel]);
    }),
  }));
}

/** p̄ as the definition has it. */
function pointAt({ point, lower, upper }: Sample, voxel: number): number {
  const own = point ? point[voxel] : Math.fround((lower[voxel] + upper[voxel]) / 2);
  return Math.min(Math.max(own, lower[voxel]), upper[voxel]);
}

type LambdaAt = (sample: Sample, voxel: number) => readonly [below: number, above: number];

function isMissed(sample: Sample, voxel: number, [below, above]: readonly [number, number]): boolean {
  const { truth, lower, upper } = sample;
  const p = pointAt(sample, voxel);
  if (truth[voxel] < p) return Math.fround(lower[voxel] - truth[voxel]) > below;
  return truth[voxel] > p && Math.fround(truth[voxel] - upper[voxel]) > above;
}

function lossAt(sample: Sample, lambda: LambdaAt): number {
  let missed = 0;
  for (let v = 0; v < sample.truth.length; v++) if (isMissed(sample, v, lambda(sample, v))) missed++;
  return missed / sample.truth.length;
}

function lengthAt(sample: Sample, lambda: LambdaAt): number {
  let sum = 0;
  for (let v = 0; v < sample.truth.length; v++) {
    const [below, above] = lambda(sample, v);
    const p = pointAt(sample, v);
    sum +=
      Math.min(1, Math.max(p, sample.upper[v] + above)) - Math.max(0, Math.min(p, sample.lower[v] - below));
  }
  return sum / sample.truth.length;
}

const byOrgan =
  (lambda: ArrayLike<number>): LambdaAt =>
  ({ organs }, voxel) => {
    const group = IDS.indexOf(organs[voxel]);
    return [lambda[group], lambda[lambda.length - IDS.length + group]];
  };

/** λ at a place on the path or line, absent groups filled in, as the definition says. */
function lambdaAt(fit: Fit, t: number): number[] {
  const solution = fit.anchor?.solution;
  if (solution?.method !== 'envelope' || !fit.anchor) throw new Error('expected an envelope anchor');
  const { path } = solution;
  const { lambda: anchor, absent } = fit.anchor;
  if (fit.pathPosition === null) return Array.from(anchor, (value) => Math.fround(Math.max(value + t, -1)));
  const lambda = Array.from(path.at(t, new Float64Array(path.size)));
  for (const group of absent) {
    for (let side = 0; side < lambda.length; side += IDS.length) {
      const present = IDS.map((_, k) => k).filter((k) => !absent.includes(k));
      lambda[side + group] = Math.max(...present.map((k) => lambda[side + k]));
    }
  }
  return lambda.map(Math.fround);
}

async function fitOf(samples: readonly Sample[], options: ProcedureOptions, nOpt: number, epsilon: number) {
  const patients = new Set(samples.map(({ patient }) => patient)).size;
  const split = drawSplit(indexOf(samples), { nOpt, nCal: patients - 1, nTest: 1 }, 3, 0);
  const data = dataOf(kernels, samples, { sides: options.sides === 'two' ? 2 : 1 });
  const [{ fits }] = await fitSplit(data, split, ['sem-crc'], [epsilon], options, { seed: 0, run: 0 });
  return { fit: fits[0], split };
}

describe('negative λ', () => {
  it.each([
    ['two', 'path', 'any'],
    ['one', 'path', 'any'],
    ['two', 'path', 'none'],
    ['two', 'line', 'any'],
  ] as const)('%s side(s) by %s, point: %s: λ̂ is the first admissible', async (sides, backtrack, kind) => {
    const seen = { negative: 0, beyond: 0, absent: 0 };
    await fc.assert(
      fc.asyncProperty(
        recipes({ miss: 0.6 }).filter(({ patients }) => patients >= 14),
        fc.constantFrom(0.1, 0.3, 0.6, 'edge' as const),
        fc.integer({ min: 1, max: 4 }),
        async (recipe, tolerance, nOpt) => {
          const samples = withPoints(drawCohort(recipe), recipe.seed, kind);
          const n = recipe.patients - 1 - nOpt;
          const epsilon = tolerance === 'edge' ? 1 / (n + 1) : tolerance;
          if (1 / (n + 1) > epsilon) return;
          const { fit, split } = await fitOf(samples, { ...SHRINK, sides, backtrack }, nOpt, epsilon);
          const cal = select(samples, split.cal);
          const accepts = (lambda: ArrayLike<number>) =>
            meetsCondition(
              overPatients(cal, (sample) => lossAt(sample, byOrgan(lambda))),
              epsilon,
            );
          const t = (fit.pathPosition ?? 0) + (fit.omega ?? 0);
          expect(Array.from(fit.lambda)).toEqual(lambdaAt(fit, t));
          expect(accepts(fit.lambda)).toBe(true);
          const atStart = fit.lambda.every((value) => value === -1);
          if (!atStart) {
            const random = draws(recipe.seed);
            const start = fit.pathPosition === null ? -1 - Math.max(...(fit.anchor?.lambda ?? [])) : 0;
            for (let i = 0; i < 8; i++) {
              const before = start + random() * (t - start);
              if (before < t) expect(accepts(lambdaAt(fit, before))).toBe(false);
            }
            expect(accepts(lambdaAt(fit, t - Math.max(1e-12, Math.abs(t) * 1e-13)))).toBe(false);
          }
          if (fit.lambda.some((value) => value < 0 && value > -1)) seen.negative++;
          if (fit.pathPosition !== null && (fit.omega ?? 0) > 0) seen.beyond++;
          if ((fit.anchor?.absent.length ?? 0) > 0) seen.absent++;
        },
      ),
      { numRuns: 50, seed: 71 },
    );
    expect(seen.negative).toBeGreaterThan(3);
    expect(seen.absent).toBeGreaterThan(3);
    if (backtrack === 'path') expect(seen.beyond).toBeGreaterThan(3);
  });

  it('is tested at its upper end: one covered opt scan says nothing of cal scans that are missed', async () => {
    const scan = (id: string, x: number): Sample => ({
      id,
      patient: id,
      shape: [1, 1, 1],
      truth: Float32Array.of(x),
      lower: Float32Array.of(0.4),
      upper: Float32Array.of(0.6),
      point: Float32Array.of(0.5),
      organs: Uint8Array.of(1),
      mended: { clipped: 0, crossed: 0 },
    });
    // The truth of every opt scan is its point: the path has no edge, and ω = 0 is λ = −1.
    const opt = scan('opt', 0.5);
    const cal = Array.from({ length: 9 }, (_, i) => scan(`cal${i}`, 0.9));
    const data = dataOf(kernels, [opt, ...cal], { sides: 2 });
    const split = { opt: ['opt'], cal: cal.map(({ id }) => id), test: [] };
    const options = { ...SHRINK, sides: 'two' } as const;
    const [{ fits }] = await fitSplit(data, split, ['sem-crc'], [0.1], options, { seed: 0, run: 0 });
    const group = fits[0].partition.keys.indexOf('1');
    const above = fits[0].lambda[fits[0].partition.keys.length + group];
    expect(above).toBe(Math.fround(Math.fround(0.9) - Math.fround(0.6)));
  });

  it('loses and measures as plain loops do, by organ and over the scan', () => {
    fc.assert(
      fc.property(
        recipes({ patients: 6 }),
        fc.constantFrom('any' as const, 'none' as const),
        fc.constantFrom(1 as const, 2 as const),
        (recipe, kind, sides) => {
          const random = draws(recipe.seed);
          const partition = makePartition({ kind: 'organ' }, LABELS);
          const lambda = Float32Array.from({ length: 4 * sides }, () => random() * 1.2 - 1);
          lambda[1] = -1;
          const calibrated: CalibratedLambda = { partition, sides, lambda, shrink: true };
          for (const sample of withPoints(drawCohort(recipe), recipe.seed, kind)) {
            const profile = buildProfile(kernels, sample, partition, { sides: 2 });
            const [found] = evaluateScan(kernels, sample, profile, [calibrated], { sides: 2 });
            expect(found.risk).toBeCloseTo(lossAt(sample, byOrgan(lambda)), 12);
            expect(found.length).toBeCloseTo(lengthAt(sample, byOrgan(lambda)), 12);
          }
        },
      ),
      { numRuns: 60, seed: 72 },
    );
  });

  it('publishes bounds that hold every covered voxel and the point, and no more than λ asks', () => {
    fc.assert(
      fc.property(recipes({ patients: 6 }), fc.constantFrom(1 as const, 2 as const), (recipe, sides) => {
        const random = draws(recipe.seed);
        const partition = makePartition({ kind: 'organ' }, LABELS);
        for (const sample of withPoints(drawCohort(recipe), recipe.seed, 'any')) {
          // λ at scores of the scan's own, where rounding decides.
          const lambda = Float32Array.from({ length: 4 * sides }, () => {
            const v = Math.floor(random() * sample.truth.length);
            return random() < 0.5 ? sample.lower[v] - sample.truth[v] : sample.truth[v] - sample.upper[v];
          });
          const interval = intervalOf(sample, { ...PAPER_OPTIONS, shrink: true });
          const calibrated: CalibratedLambda = { partition, sides, lambda, shrink: true };
          const regions = regionsOfSample(partition, sample);
          const { lower, upper } = applyLambda(kernels, interval, regions, calibrated);
          for (let v = 0; v < lower.length; v++) {
            const [below, above] = byOrgan(lambda)(sample, v);
            const p = pointAt(sample, v);
            if (!isMissed(sample, v, [below, above])) {
              expect(lower[v]).toBeLessThanOrEqual(sample.truth[v]);
              expect(upper[v]).toBeGreaterThanOrEqual(sample.truth[v]);
            }
            expect(lower[v]).toBe(
              Math.max(0, Math.min(p, roundDown(sample.lower[v] - (below + nextUp(below)) / 2))),
            );
            expect(upper[v]).toBe(
              Math.min(1, Math.max(p, -roundDown(-(sample.upper[v] + (above + nextUp(above)) / 2)))),
            );
          }
        }
      }),
      { numRuns: 60, seed: 73 },
    );
  });

  it('makes no interval longer at the same tolerance on the opt split itself', async () => {
    const samples = withPoints(
      drawCohort({
        ...{ seed: 11, patients: 20, scansPerPatient: 1, levels: 0, plane: [4, 4], miss: 0.6 },
        presence: [1, 1, 1, 1],
      }),
      11,
      'any',
    );
    const { fit, split } = await fitOf(samples, { ...SHRINK, sides: 'two' }, 6, 0.3);
    const { fit: grown } = await fitOf(samples, { ...SHRINK, sides: 'two', shrink: false }, 6, 0.3);
    const opt = select(samples, split.opt);
    const solution = fit.anchor?.solution;
    if (solution?.method !== 'envelope') throw new Error('expected an envelope anchor');
    const other = grown.anchor?.lambda ?? [];
    // Half the mean length of the intervals of positive λ bounds what the relaxation with more freedom can cost.
    const half = mean(overPatients(opt, (sample) => lengthAt(sample, byOrgan(Array.from(other))))) / 2;
    expect(solution.lowerBound).toBeLessThanOrEqual(half + 1e-9);
  });
});
