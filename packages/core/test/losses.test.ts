import { type Kernels, loadKernels } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawSplit,
  fitSplit,
  lengthsWithMore,
  makePartition,
  PAPER_OPTIONS,
  type Procedure,
  profileOptionsOf,
  recordedLambda,
  runOne,
  SHORTEST_OPTIONS,
} from '../src/index.ts';
import { dataOf, drawCohort, indexOf, LABELS, select } from './random-cohort.ts';
import { byOrgan, everyVoxel, insideOrgan, lambdaOfGroups, mean, unitLosses } from './reference.ts';

const EPSILON = 0.2;
const SAMPLES = drawCohort({
  seed: 71,
  patients: 40,
  scansPerPatient: 2,
  levels: 0,
  plane: [3, 4],
  presence: [1, 1, 0.9, 0.8],
  miss: 0.5,
});
const IDS = Object.keys(LABELS).map(Number);
const SPLIT = drawSplit(indexOf(SAMPLES), { nOpt: 6, nCal: 30, nTest: 8 }, 0, 0);

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

async function fitted(procedure: Procedure) {
  const data = dataOf(kernels, SAMPLES, profileOptionsOf([procedure], PAPER_OPTIONS));
  const stream = { seed: 0, run: 0, more: [EPSILON] };
  const [{ fits }] = await fitSplit(data, SPLIT, [procedure], [EPSILON], PAPER_OPTIONS, stream);
  return { data, fit: fits[0] };
}

const sd = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));

describe('the losses of a fit', () => {
  it('are those of the calibration patients at λ̂, by plain loops', async () => {
    const { fit } = await fitted('sem-crc');
    const lambda = lambdaOfGroups(byOrgan(IDS), IDS.length, fit.lambda);
    const losses = unitLosses(select(SAMPLES, SPLIT.cal), everyVoxel, lambda);
    expect(fit.losses.scan.n).toBe(losses.length);
    expect(fit.losses.scan.mean).toBeCloseTo(mean(losses), 12);
    expect(fit.losses.scan.sd).toBeCloseTo(sd(losses), 12);
  });

  it('are, where each organ is calibrated, those of the organ', async () => {
    const { fit } = await fitted('organ-crc');
    const lambda = lambdaOfGroups(byOrgan(IDS), IDS.length, fit.lambda);
    const whole = unitLosses(select(SAMPLES, SPLIT.cal), everyVoxel, lambda);
    expect(fit.losses.scan.mean).toBeCloseTo(mean(whole), 12);
    for (const id of IDS) {
      const losses = unitLosses(select(SAMPLES, SPLIT.cal), insideOrgan(id), lambda, 'organ');
      const { status, nCal } = fit.organs[id];
      const own = fit.losses.organs[id];
      expect(status).toBe('calibrated');
      expect(own.n).toBe(nCal);
      expect(own.mean).toBeCloseTo(mean(losses), 12);
      expect(own.sd).toBeCloseTo(sd(losses), 12);
    }
  });
});

describe('λ̂ with more scans', () => {
  it.each(['crc', 'sem-crc'] as const)(
    '%s: the first at which the mean loss is at most ε − (1 − ε)/m, for twice and four times as many',
    async (procedure) => {
      const { fit } = await fitted(procedure);
      const scans = procedure === 'crc' ? [...SPLIT.opt, ...SPLIT.cal] : SPLIT.cal;
      const groups = procedure === 'crc' ? () => 0 : byOrgan(IDS);
      const risk = (lambda: Float32Array) =>
        mean(unitLosses(select(SAMPLES, scans), everyVoxel, lambdaOfGroups(groups, lambda.length, lambda)));
      expect(fit.more.map(({ units }) => units)).toEqual([2 * fit.units, 4 * fit.units]);
      for (const { units, lambda } of fit.more) {
        const allowed = EPSILON - (1 - EPSILON) / units;
        expect(risk(lambda)).toBeLessThanOrEqual(allowed + 1e-12);
        const before = lambda.map((value) => Math.max(value - 1e-6, 0));
        if (before.some((value, at) => value !== lambda[at])) expect(risk(before)).toBeGreaterThan(allowed);
      }
    },
  );

  it('is measured as a length on the test scans, no longer than now', async () => {
    const { data, fit } = await fitted('sem-crc');
    const profiling = profileOptionsOf(['sem-crc'], PAPER_OPTIONS);
    const [more] = await lengthsWithMore(data, [fit], SPLIT.test, profiling);
    const [{ records }] = await runOne(
      data,
      {
        ...{ procedures: ['sem-crc'], epsilons: [EPSILON], runs: 1, seed: 0 },
        ...{ nOpt: 6, nCal: 30, nTest: 8, options: PAPER_OPTIONS },
      },
      { run: 0, split: SPLIT },
    );
    expect(records[0].moreScans).toEqual(more);
    expect(more[0].length).toBeLessThanOrEqual(records[0].test!.length);
    expect(more[1].length).toBeLessThanOrEqual(more[0].length);
  });
});

describe('the λ of a run’s record', () => {
  it.each([
    ['crc', PAPER_OPTIONS],
    ['k-crc', PAPER_OPTIONS],
    ['organ-crc', PAPER_OPTIONS],
    ['sem-crc', SHORTEST_OPTIONS],
  ] as const)('%s: is that of the fit, groups and all', async (procedure, options) => {
    const data = dataOf(kernels, SAMPLES, profileOptionsOf([procedure], options));
    const plan = {
      ...{ procedures: [procedure], epsilons: [EPSILON], runs: 1, seed: 0 },
      ...{ nOpt: 6, nCal: 30, nTest: 8, options },
    };
    const [{ records, positions }] = await runOne(data, plan, { run: 0, split: SPLIT });
    const [{ fits }] = await fitSplit(data, SPLIT, [procedure], [EPSILON], options, { seed: 0, run: 0 });
    const recorded = recordedLambda(JSON.parse(JSON.stringify(records[0])), LABELS, positions);
    expect(Array.from(recorded.lambda)).toEqual(Array.from(fits[0].lambda));
    expect(recorded.sides).toBe(fits[0].sides);
    expect(recorded.partition.keys).toEqual(fits[0].partition.keys);
    expect(recorded.partition.spec).toEqual(fits[0].partition.spec);
  });

  it('is refused where it does not fit its groups', async () => {
    const data = dataOf(kernels, SAMPLES, profileOptionsOf(['sem-crc'], PAPER_OPTIONS));
    const plan = {
      ...{ procedures: ['sem-crc' as const], epsilons: [EPSILON], runs: 1, seed: 0 },
      ...{ nOpt: 6, nCal: 30, nTest: 8, options: PAPER_OPTIONS },
    };
    const [{ records }] = await runOne(data, plan, { run: 0, split: SPLIT });
    expect(makePartition({ kind: 'organ' }, LABELS).keys.length).toBeGreaterThan(1);
    expect(() => recordedLambda({ ...records[0], lambda: { 0: 0.1 } }, LABELS, null)).toThrow(/run 0/);
  });
});
