import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import { Errors } from 'typebox/value';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CalibrationData,
  checkCombination,
  EXPERIMENT_SCHEMA,
  type ExperimentPlan,
  type LabelledIndex,
  PAPER_OPTIONS,
  PAPER_PROCEDURES,
  type ProcedureOptions,
  planRuns,
  profileOptionsOf,
  RunRecord,
  runOne,
  SHORTEST_OPTIONS,
  summarize,
} from '../src/index.ts';
import { dataOf, drawCohort, indexOf, LABELS, select } from './random-cohort.ts';
import {
  byOrgan,
  countVoxels,
  everyVoxel,
  insideOrgan,
  lengthOf,
  lossOf,
  mean,
  overPatients,
  sameBothWays,
} from './reference.ts';

const IDS = [0, 1, 3, 7];
const SAMPLES = drawCohort({
  seed: 50,
  patients: 30,
  scansPerPatient: 2,
  levels: 0,
  plane: [3, 4],
  presence: [1, 1, 0.9, 0.4],
  miss: 0.5,
});
const INDEX: LabelledIndex = { ...indexOf(SAMPLES), labels: LABELS };
const PLAN: ExperimentPlan = {
  procedures: [...PAPER_PROCEDURES, 'pooled'],
  epsilons: [0.15],
  runs: 3,
  seed: 7,
  nOpt: 4,
  nCal: 24,
  nTest: 6,
  options: PAPER_OPTIONS,
};

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const dataFor = (plan: ExperimentPlan): CalibrationData =>
  dataOf(kernels, SAMPLES, profileOptionsOf(plan.procedures, plan.options));

const withoutSeconds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, field) => (key === 'seconds' ? undefined : field)));

describe('one run', () => {
  it('is a function of its arguments but for the seconds', async () => {
    const [, run] = planRuns(PLAN, INDEX);
    const first = await runOne(dataFor(PLAN), PLAN, run);
    const again = await runOne(dataFor(PLAN), PLAN, run);
    expect(withoutSeconds(again)).toEqual(withoutSeconds(first));
    const fresh = await loadKernels();
    const elsewhere = dataOf(fresh, SAMPLES, profileOptionsOf(PLAN.procedures, PLAN.options));
    expect(withoutSeconds(await runOne(elsewhere, PLAN, run))).toEqual(withoutSeconds(first));
    for (const { seconds } of first[0].records) {
      for (const value of Object.values(seconds)) expect(value).toBeGreaterThanOrEqual(0);
    }
  });

  it.each([
    ['paper', PLAN],
    ['paper subsample', { ...PLAN, options: { ...PAPER_OPTIONS, anchorVoxels: 'paper' } }],
    ['shortest', { ...PLAN, procedures: ['sem-crc'], options: SHORTEST_OPTIONS }],
  ] as [string, ExperimentPlan][])('at several tolerances is the same as one by one: %s', async (_, plan) => {
    const [run] = planRuns(plan, INDEX);
    const epsilons = [0.1, 0.15, 0.3];
    const together = await runOne(dataFor(plan), { ...plan, epsilons }, run);
    expect(together).toHaveLength(3);
    for (const [i, epsilon] of epsilons.entries()) {
      const [alone] = await runOne(dataFor(plan), { ...plan, epsilons: [epsilon] }, run);
      expect(withoutSeconds(together[i])).toEqual(withoutSeconds(alone));
    }
  });

  it('does not depend on which procedures ran with it', async () => {
    const [run] = planRuns(PLAN, INDEX);
    const [together] = await runOne(dataFor(PLAN), PLAN, run);
    for (const [i, procedure] of PLAN.procedures.entries()) {
      const alone: ExperimentPlan = { ...PLAN, procedures: [procedure] };
      const [result] = await runOne(dataFor(alone), alone, run);
      expect(withoutSeconds(result.records)).toEqual(withoutSeconds([together.records[i]]));
    }
  });

  it('shares its split among procedures, by scan id, and keeps test risks that can be recomputed', async () => {
    const runs = planRuns(PLAN, INDEX);
    expect(runs.map(({ run }) => run)).toEqual([0, 1, 2]);
    const data = dataFor(PLAN);
    for (const run of runs) {
      const [{ records, positions }] = await runOne(data, PLAN, run);
      expect(records.map(({ procedure }) => procedure)).toEqual(PLAN.procedures);
      const test = select(SAMPLES, run.split.test);
      for (const record of records) {
        expect(record.run).toBe(run.run);
        expect(record.split).toEqual(run.split);
        const lambdaOf = (key: string): number => {
          const value = record.lambda[key];
          if (typeof value === 'object') throw new Error('expected one side');
          return Number(value);
        };
        const lambda = (sample: (typeof test)[number]) =>
          sameBothWays((voxel) => {
            if (record.procedure === 'crc') return lambdaOf('all');
            if (record.procedure === 'k-crc') {
              if (!positions) throw new Error('k-crc publishes its positions');
              return lambdaOf(String(positions.map[voxel % positions.map.length]));
            }
            return lambdaOf(String(IDS[byOrgan(IDS)(sample, voxel)]));
          });
        const risk = mean(overPatients(test, (sample) => lossOf(sample, everyVoxel, lambda(sample))));
        expect(record.test?.risk).toBeCloseTo(risk, 12);
        const length = mean(overPatients(test, (sample) => lengthOf(sample, everyVoxel, lambda(sample))));
        expect(record.test?.length).toBeCloseTo(length, 12);
        for (const id of IDS) {
          const members = test.filter((sample) => countVoxels(sample, insideOrgan(id)) > 0);
          const own = mean(
            overPatients(members, (sample) => lossOf(sample, insideOrgan(id), lambda(sample))),
          );
          const ownLength = mean(
            overPatients(members, (sample) => lengthOf(sample, insideOrgan(id), lambda(sample))),
          );
          expect(record.test?.organs[id]?.scans ?? 0).toBe(members.length);
          if (members.length === 0) continue;
          expect(record.test?.organs[id].risk).toBeCloseTo(own, 12);
          expect(record.test?.organs[id].length).toBeCloseTo(ownLength, 12);
        }
        expect([...Errors(RunRecord, JSON.parse(JSON.stringify(record)))]).toEqual([]);
      }
      const n = Object.fromEntries(records.map((record) => [record.procedure, record.n]));
      expect(n).toEqual({ crc: 24, 'k-crc': 20, 'sem-crc': 20, 'organ-crc': 20, pooled: 20 });
    }
  });

  it('has no test record where nothing is held out', async () => {
    const plan: ExperimentPlan = { ...PLAN, procedures: ['crc'], nTest: 0 };
    const [run] = planRuns(plan, INDEX);
    const [{ records }] = await runOne(dataFor(plan), plan, run);
    expect(records[0].test).toBeNull();
    expect(records[0].split.test).toEqual([]);
  });
});

describe('the summary', () => {
  it('is the mean and population sd over runs, per procedure; null where nothing was tested', async () => {
    const data = dataFor(PLAN);
    const [record] = (await runOne(data, PLAN, planRuns(PLAN, INDEX)[0]))[0].records;
    const at = (procedure: 'crc' | 'pooled', risk: number | null) => ({
      ...record,
      procedure,
      test: risk === null ? null : { risk, length: risk * 2, organs: {} },
    });
    const [crc, pooled] = summarize([at('crc', 0.25), at('pooled', null), at('crc', 0.75)]);
    expect(crc).toEqual({
      procedure: 'crc',
      runs: 2,
      risk: { mean: 0.5, sd: 0.25 },
      length: { mean: 1, sd: 0.5 },
    });
    expect(pooled).toEqual({ procedure: 'pooled', runs: 1, risk: null, length: null });
    expect(EXPERIMENT_SCHEMA).toBe('semcrc/experiment@1');
  });
});

describe('a plan that cannot be run is refused before any run', () => {
  const refusal = (plan: Partial<ExperimentPlan>): SemcrcError => {
    try {
      planRuns({ ...PLAN, ...plan }, INDEX);
    } catch (error) {
      if (error instanceof SemcrcError) return error;
      throw error;
    }
    throw new Error('accepted');
  };

  it.each([
    [{ procedures: ['crc'], epsilons: [0.03] }, 24, 33],
    [{ procedures: ['sem-crc'], epsilons: [0.045] }, 20, 22],
    [{ procedures: ['crc', 'sem-crc'], epsilons: [0.0401] }, 20, 24],
    [{ procedures: ['organ-crc'], epsilons: [0.04] }, 20, 24],
    [{ procedures: ['crc'], options: { ...PAPER_OPTIONS, bound: 'hoeffding' }, epsilons: [0.1] }, 24, 116],
  ] as [Partial<ExperimentPlan>, number, number][])(
    '%o: too few scans, naming n and the n needed',
    (plan, n, least) => {
      const error = refusal(plan);
      expect(error.code).toBe('infeasible');
      expect(error.data).toMatchObject({ n, leastN: least, epsilon: plan.epsilons?.[0] });
      expect(error.message).toContain(`n = ${n} `);
      expect(error.message).toContain(`n ≥ ${least}`);
      if (!plan.options) {
        const allowed = Number(/tolerance of at least ([0-9.]+)/.exec(error.message)?.[1]);
        expect(allowed).toBeCloseTo(1 / (n + 1), 3);
      }
    },
  );

  it.each([PAPER_OPTIONS, { ...SHORTEST_OPTIONS, strata: [] }])(
    'is refused for too few scans by the fit itself, too, before it solves an anchor: $anchor',
    async (options) => {
      const [{ split }] = planRuns({ ...PLAN, procedures: ['sem-crc'], options }, INDEX);
      const plan: ExperimentPlan = { ...PLAN, procedures: ['sem-crc'], options, epsilons: [0.02] };
      await expect(runOne(dataFor(plan), plan, { run: 0, split })).rejects.toMatchObject({
        code: 'infeasible',
        data: { n: 20, leastN: 49 },
      });
    },
  );

  it('accepts n exactly as large as it must be', () => {
    expect(() => planRuns({ ...PLAN, epsilons: [1 / 21] }, INDEX)).not.toThrow();
    expect(() => planRuns({ ...PLAN, procedures: ['crc'], epsilons: [1 / 25] }, INDEX)).not.toThrow();
  });

  it.each([
    [{ procedures: [] }, /at least one procedure/],
    [{ runs: 0 }, /`runs` must be a whole number from 1, found 0/],
    [{ seed: -1 }, /`seed` must be a whole number/],
    [{ seed: 2 ** 32 }, /`seed` must be a whole number/],
    [{ options: { ...PAPER_OPTIONS, alpha: 0.7 } }, /`alpha` must be < 0.5, found 0.7/],
    [{ options: { ...PAPER_OPTIONS, strata: ['width:0'] } }, /`strata` must .*found \["width:0"\]/],
    [{ nOpt: 0 }, /k-crc optimizes an anchor and needs opt scans/],
    [{ nTest: 7 }, /`nCal` 24 \+ `nTest` 7 = 31 exceeds the cohort, which has 30 patients/],
    [{ epsilons: [0] }, /epsilon/],
    [{ epsilons: [1] }, /epsilon/],
  ] as [Partial<ExperimentPlan>, RegExp][])('%o', (plan, message) => {
    const error = refusal(plan);
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(message);
  });

  it('gives every plan of one seed the same splits, whatever it calibrates', () => {
    const splits = (plan: Partial<ExperimentPlan>) =>
      planRuns({ ...PLAN, ...plan }, INDEX).map(({ split }) => split);
    const expected = splits({});
    expect(splits({ procedures: ['crc'] })).toEqual(expected);
    expect(splits({ epsilons: [0.4] })).toEqual(expected);
    expect(splits({ procedures: ['sem-crc'], options: SHORTEST_OPTIONS })).toEqual(expected);
    expect(splits({ runs: 2 })).toEqual(expected.slice(0, 2));
    expect(splits({ seed: 8 })).not.toEqual(expected);
  });
});

describe('combinations that make no sense', () => {
  const options = (change: Partial<ProcedureOptions>): ProcedureOptions => ({ ...PAPER_OPTIONS, ...change });

  it.each([
    ['crc', { sides: 'two' }, /below from above/],
    ['organ-crc', { sides: 'two' }, /below from above/],
    ['pooled', { sides: 'two' }, /below from above/],
    ['sem-crc', { backtrack: 'path' }, /path/],
    ['organ-crc', { strata: ['intensity:4'] }, /strata/],
    ['k-crc', { strata: ['intensity:4'] }, /strata/],
    ['sem-crc', { control: ['liver'] }, /organ-crc/],
    ['crc', { organCal: 'all' }, /organ-crc/],
    ['organ-crc', { organCal: 'all', control: ['liver'] }, /`organCal` all cannot calibrate on them/],
  ] as const)('%s with %o is refused with the reason', (procedure, change, reason) => {
    expect(() => checkCombination([procedure], options(change))).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(reason) }),
    );
  });

  it.each([
    [['crc', 'k-crc', 'sem-crc', 'organ-crc'], {}],
    [['k-crc', 'sem-crc'], { sides: 'two' }],
    [['organ-crc'], { sides: 'two', control: ['liver'] }],
    [['organ-crc', 'crc'], { organCal: 'all' }],
    [['sem-crc'], { anchor: 'envelope', backtrack: 'path', sides: 'two', strata: ['width:3'] }],
  ] as const)('%o with %o is fine', (procedures, change) => {
    expect(() => checkCombination(procedures, options(change))).not.toThrow();
  });
});
