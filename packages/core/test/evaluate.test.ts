import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { sumsOfProfile } from '../src/evaluate/profile-sums.ts';
import {
  averageCurves,
  averageEvaluations,
  buildProfile,
  type CalibratedLambda,
  evaluateScan,
  makePartition,
  PAPER_OPTIONS,
  type PositionSpec,
  patientMeans,
  type Sample,
  type ScanEvaluation,
  type Sides,
  sweepScan,
  type Within,
} from '../src/index.ts';
import { drawCohort, draws, LABELS, recipes } from './random-cohort.ts';
import {
  byOrgan,
  byPosition,
  countVoxels,
  everyVoxel,
  insideBody,
  insideOrgan,
  lambdaOfGroups,
  lengthOf,
  lossOf,
  mean,
  overPatients,
  uniform,
} from './reference.ts';

const IDS = [0, 1, 3, 7];
const CELLS = 12;
/** Σ over at most some hundred f64 terms near 1. */
const DIGITS = 12;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** λ of any size a calibration can publish: zeros, ties with scores, infinite ones. */
const lambdas = (length: number) =>
  fc
    .array(fc.constantFrom(0, 0.0625, 0.1, 0.25, 0.3, 1, Infinity), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values));

const positionSpec = (seed: number, groupCount: number): PositionSpec => {
  const random = draws(seed);
  return {
    kind: 'position',
    height: 3,
    width: 4,
    groupCount,
    map: Uint8Array.from({ length: CELLS }, () => Math.floor(random() * groupCount)),
  };
};

describe('the evaluation of a scan', () => {
  it.each([
    [1, 'scan'],
    [2, 'scan'],
    [1, 'body'],
    [2, 'body'],
  ] as const)(
    'is risk and length by plain loops, whole and per organ: %i side(s), within %s',
    (sides: Sides, within: Within) => {
      const all = within === 'body' ? insideBody : everyVoxel;
      fc.assert(
        fc.property(
          recipes({ patients: 2, plane: [3, 4] }),
          lambdas(sides),
          lambdas(4 * sides),
          lambdas(3 * sides),
          (recipe, one, perOrgan, perPosition) => {
            const organs = makePartition({ kind: 'organ' }, LABELS);
            const spec = positionSpec(recipe.seed, 3);
            const calibrated: CalibratedLambda[] = [
              { partition: makePartition({ kind: 'uniform' }, LABELS), sides, lambda: one },
              { partition: organs, sides, lambda: perOrgan },
              { partition: makePartition(spec, LABELS), sides, lambda: perPosition },
            ];
            const plain = [
              lambdaOfGroups(() => 0, 1, one),
              lambdaOfGroups(byOrgan(IDS), 4, perOrgan),
              lambdaOfGroups(byPosition(Array.from(spec.map)), 3, perPosition),
            ];
            for (const sample of drawCohort(recipe)) {
              const options = { sides, within, pixels: true };
              const profile = buildProfile(kernels, sample, organs, options);
              const evaluations = evaluateScan(kernels, sample, profile, calibrated, options);
              expect(evaluations).toHaveLength(3);
              evaluations.forEach((evaluation, i) => {
                const lambda = plain[i](sample);
                expect(evaluation).toMatchObject({ scan: sample.id, patient: sample.patient });
                expect(evaluation.risk).toBe(lossOf(sample, all, lambda));
                expect(evaluation.length).toBeCloseTo(lengthOf(sample, all, lambda), DIGITS);
                const contained = IDS.filter(
                  (id) => (within === 'scan' || id !== 0) && countVoxels(sample, insideOrgan(id)) > 0,
                );
                expect(Object.keys(evaluation.organs)).toEqual(contained.map(String));
                for (const id of contained) {
                  const organ = evaluation.organs[id];
                  expect(organ.risk).toBe(lossOf(sample, insideOrgan(id), lambda));
                  expect(organ.length).toBeCloseTo(lengthOf(sample, insideOrgan(id), lambda), DIGITS);
                }
              });
            }
          },
        ),
        { numRuns: 100, seed: 21 },
      );
    },
  );

  it.each([1, 2] as const)(
    'widens by λ times the weight of a voxel, by position too: %i side(s)',
    (sides) => {
      const spec = positionSpec(5, 3);
      const organs = makePartition({ kind: 'organ' }, LABELS);
      const positions = makePartition(spec, LABELS);
      const floor = 0.05;
      const heuristic = { ...PAPER_OPTIONS, heuristic: 'std' as const, weightFloor: floor };
      const clamp = (value: number) => Math.min(Math.max(value, 0), 1);
      fc.assert(
        fc.property(
          recipes({ patients: 2, plane: [3, 4] }),
          lambdas(4 * sides),
          lambdas(3 * sides),
          (recipe, perOrgan, perPosition) => {
            const random = draws(recipe.seed);
            for (const drawn of drawCohort(recipe)) {
              const { truth } = drawn;
              const point = truth.map(() => random());
              const sample = { ...drawn, point, std: truth.map(() => 0.2 * random()) };
              const options = { sides, heuristic, pixels: true };
              const calibrated: CalibratedLambda[] = [
                { partition: organs, sides, lambda: perOrgan },
                { partition: positions, sides, lambda: perPosition },
              ];
              const found = evaluateScan(
                kernels,
                sample,
                buildProfile(kernels, sample, organs, options),
                calibrated,
                options,
              );
              const groupOf = [
                (voxel: number) => IDS.indexOf(drawn.organs[voxel]),
                (voxel: number) => spec.map[voxel % CELLS],
              ];
              found.forEach(({ risk, length }, i) => {
                const { lambda } = calibrated[i];
                const groupCount = lambda.length / sides;
                let missed = 0;
                let sum = 0;
                for (let voxel = 0; voxel < truth.length; voxel++) {
                  const group = groupOf[i](voxel);
                  const [below, above] = [lambda[group], lambda[(sides - 1) * groupCount + group]];
                  const weight = Math.fround(Math.max(sample.std[voxel], floor));
                  const short = Math.fround(truth[voxel] - point[voxel]);
                  const score = Math.fround(Math.abs(short) / weight);
                  if (score > (short > 0 ? above : below)) missed++;
                  sum += clamp(point[voxel] + above * weight) - clamp(point[voxel] - below * weight);
                }
                expect(risk).toBe(missed / truth.length);
                expect(length).toBeCloseTo(sum / truth.length, DIGITS);
              });
            }
          },
        ),
        { numRuns: 40, seed: 24 },
      );
    },
  );

  it('counts an infinite λ as the whole range: nothing missed, length 1', () => {
    const [sample] = drawCohort({
      seed: 2,
      patients: 1,
      scansPerPatient: 1,
      levels: 0,
      plane: [3, 4],
      presence: [1, 1, 1, 1],
      miss: 1,
    });
    const organs = makePartition({ kind: 'organ' }, LABELS);
    const lambda = new Float32Array(4).fill(Infinity);
    const [evaluation] = evaluateScan(kernels, sample, buildProfile(kernels, sample, organs), [
      { partition: organs, sides: 1, lambda },
    ]);
    expect(evaluation).toMatchObject({ risk: 0, length: 1 });
  });

  it('refuses to read two sides off a profile that tells one', () => {
    const [sample] = drawCohort({
      seed: 2,
      patients: 1,
      scansPerPatient: 1,
      levels: 0,
      plane: [3, 4],
      presence: [1, 1, 1, 1],
      miss: 1,
    });
    const organs = makePartition({ kind: 'organ' }, LABELS);
    const calibrated: CalibratedLambda = { partition: organs, sides: 2, lambda: new Float32Array(8) };
    const refused = expect.objectContaining({ code: 'usage', message: expect.stringContaining('2 sides') });
    const profile = buildProfile(kernels, sample, organs, { lengths: true });
    expect(() => evaluateScan(kernels, sample, profile, [calibrated])).toThrow(refused);
    expect(() => sumsOfProfile(profile, calibrated)).toThrow(refused);
  });
});

describe('the mean over test scans', () => {
  const scan = (name: string, patient: string, risk: number, organs: ScanEvaluation['organs'] = {}) => ({
    scan: name,
    patient,
    risk,
    length: risk / 2,
    organs,
  });

  it('gives each patient one vote, for an organ each patient whose scans contain it', () => {
    const result = averageEvaluations([
      scan('a', 'p', 0.25, { 7: { risk: 0.5, length: 0.125 } }),
      scan('b', 'p', 0.75),
      scan('c', 'q', 1, { 7: { risk: 0, length: 0.25 }, 3: { risk: 1, length: 0.5 } }),
      scan('d', 'p', 0.5, { 7: { risk: 1, length: 0.375 } }),
    ]);
    expect(result).toEqual({
      risk: 0.75,
      length: 0.375,
      organs: { 3: { risk: 1, length: 0.5, scans: 1 }, 7: { risk: 0.375, length: 0.25, scans: 3 } },
    });
  });

  it('is null where nothing was tested', () => {
    expect(averageEvaluations([])).toBeNull();
    expect(patientMeans([], () => 0)).toEqual([]);
  });

  it('agrees with plain loops over random scans', () => {
    fc.assert(
      fc.property(recipes({ patients: 6, scansPerPatient: 3 }), lambdas(4), (recipe, lambda) => {
        const samples = drawCohort(recipe);
        const organs = makePartition({ kind: 'organ' }, LABELS);
        const evaluations = samples.map(
          (sample) =>
            evaluateScan(kernels, sample, buildProfile(kernels, sample, organs), [
              { partition: organs, sides: 1, lambda },
            ])[0],
        );
        const at = lambdaOfGroups(byOrgan(IDS), 4, lambda);
        const result = averageEvaluations(evaluations);
        const plain = (members: readonly Sample[], counts: typeof everyVoxel) => [
          mean(overPatients(members, (sample) => lossOf(sample, counts, at(sample)))),
          mean(overPatients(members, (sample) => lengthOf(sample, counts, at(sample)))),
        ];
        const [risk, length] = plain(samples, everyVoxel);
        expect(result?.risk).toBeCloseTo(risk, DIGITS);
        expect(result?.length).toBeCloseTo(length, DIGITS);
        for (const id of IDS) {
          const members = samples.filter((sample) => countVoxels(sample, insideOrgan(id)) > 0);
          const organ = result?.organs[id];
          expect(organ?.scans ?? 0).toBe(members.length);
          if (!organ) continue;
          const [organRisk, organLength] = plain(members, insideOrgan(id));
          expect(organ.risk).toBeCloseTo(organRisk, DIGITS);
          expect(organ.length).toBeCloseTo(organLength, DIGITS);
        }
      }),
      { numRuns: 60, seed: 22 },
    );
  });
});

describe('the risk curve', () => {
  it('is the mean loss at each λ of the grid, whole and per organ', () => {
    const grid = Float32Array.of(0, 0.0625, 0.1, 0.25, 0.5, 1);
    fc.assert(
      fc.property(recipes({ patients: 5, scansPerPatient: 1 }), (recipe) => {
        const samples = drawCohort(recipe);
        const curve = averageCurves(
          grid,
          samples.map((sample) => sweepScan(kernels, sample, LABELS, grid)),
        );
        expect(curve.lambda).toEqual(Array.from(grid));
        grid.forEach((lambda, at) => {
          const over = (members: readonly Sample[], counts: typeof everyVoxel) =>
            mean(members.map((sample) => lossOf(sample, counts, uniform(lambda))));
          expect(curve.risk[at]).toBeCloseTo(over(samples, everyVoxel), DIGITS);
          for (const id of IDS) {
            const members = samples.filter((sample) => countVoxels(sample, insideOrgan(id)) > 0);
            expect(id in curve.organs).toBe(members.length > 0);
            if (members.length === 0) continue;
            expect(curve.organs[id][at]).toBeCloseTo(over(members, insideOrgan(id)), DIGITS);
          }
        });
      }),
      { numRuns: 60, seed: 23 },
    );
  });
});
