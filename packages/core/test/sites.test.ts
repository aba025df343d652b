import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CalibrationData,
  checkCombination,
  crcBound,
  drawSplit,
  type ExperimentPlan,
  fitSplit,
  guaranteeInWords,
  PAPER_OPTIONS,
  type Procedure,
  type ProcedureOptions,
  planRuns,
} from '../src/index.ts';
import { dataOf, drawCohort, indexOf, LABELS, recipes } from './random-cohort.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const PATH: ProcedureOptions = { ...PAPER_OPTIONS, anchor: 'envelope', backtrack: 'path', sides: 'two' };
const CASES: readonly (readonly [Procedure, ProcedureOptions])[] = [
  ['crc', PAPER_OPTIONS],
  ['sem-crc', { ...PAPER_OPTIONS, anchor: 'envelope' }],
  ['sem-crc', PATH],
  ['organ-crc', PAPER_OPTIONS],
];

const siteOf = (scan: string): string => (Number(/\d+/.exec(scan)?.[0]) % 3 === 0 ? 'south' : 'north');

async function lambdaOf(
  data: CalibrationData,
  split: { opt: readonly string[]; cal: readonly string[]; test: readonly string[] },
  procedure: Procedure,
  options: ProcedureOptions,
): Promise<Float32Array> {
  const [{ fits }] = await fitSplit(data, split, [procedure], [0.25], options, { seed: 0, run: 0 });
  return fits[0].lambda;
}

describe('each site promised its own risk', () => {
  it.each(CASES)(
    'takes for %s the largest λ of the sites, each calibrated alone on the shared anchor',
    async (procedure, options) => {
      let differing = 0;
      await fc.assert(
        fc.asyncProperty(recipes({ patients: 26, scansPerPatient: 1 }), async (recipe) => {
          const samples = drawCohort(recipe);
          const sides = options.sides === 'two' ? 2 : 1;
          const data = { ...dataOf(kernels, samples, { pixels: true, sides }), siteOf };
          const split = drawSplit(indexOf(samples), { nOpt: 4, nCal: 26, nTest: 0 }, recipe.seed, 0);
          const each = { ...options, sites: 'each' as const };
          const found = await lambdaOf(data, split, procedure, each).catch((error: unknown) => error);
          const alone: Float32Array[] = [];
          for (const site of ['north', 'south']) {
            const own = { ...split, cal: split.cal.filter((id) => siteOf(id) === site) };
            const opt = procedure === 'crc' ? split.opt.filter((id) => siteOf(id) === site) : split.opt;
            // ε' of the envelope goes by all calibration units: only the path, which does not, is the same for a part of them.
            const lambda = await lambdaOf(data, { ...own, opt }, procedure, options).catch(
              (error: unknown) => error,
            );
            if (lambda instanceof SemcrcError) {
              // An organ too rare at one site is not promised anywhere.
              if (procedure !== 'organ-crc') expect(found).toBeInstanceOf(SemcrcError);
              return;
            }
            alone.push(lambda as Float32Array);
          }
          if (found instanceof SemcrcError) {
            expect(procedure).toBe('organ-crc');
            return;
          }
          const most = alone[0].map((value, at) => Math.max(value, alone[1][at]));
          if (alone[0].some((value, at) => value !== alone[1][at])) differing++;
          if (options.anchor === 'envelope' && options.backtrack === 'line') {
            for (const own of alone) expect((found as Float32Array).length).toBe(own.length);
            return;
          }
          if (procedure === 'organ-crc') {
            for (const [at, value] of (found as Float32Array).entries()) {
              if (value < Number.POSITIVE_INFINITY) expect(value).toBe(most[at]);
            }
          } else {
            expect(Array.from(found as Float32Array)).toEqual(Array.from(most));
          }
        }),
        { numRuns: 60, seed: 8 },
      );
      expect(differing).toBeGreaterThan(5);
    },
  );

  it('meets the condition at every site, which pooling does not', async () => {
    let broken = 0;
    await fc.assert(
      fc.asyncProperty(recipes({ patients: 26, scansPerPatient: 1, miss: 0.3 }), async (recipe) => {
        const samples = drawCohort(recipe);
        const data = { ...dataOf(kernels, samples, { sides: 2 }), siteOf };
        const split = drawSplit(indexOf(samples), { nOpt: 4, nCal: 26, nTest: 0 }, recipe.seed, 0);
        const conditions = async (sites: 'pooled' | 'each'): Promise<boolean[]> => {
          const options = { ...PATH, sites };
          const [{ fits }] = await fitSplit(data, split, ['sem-crc'], [0.25], options, { seed: 0, run: 0 });
          return Object.values(fits[0].losses.sites ?? {}).map(
            ({ n, mean }) => (n * mean + 1) / (n + 1) <= 0.25 + 1e-9,
          );
        };
        try {
          expect(await conditions('each')).toEqual([true, true]);
          if (!(await conditions('pooled')).every(Boolean)) broken++;
        } catch (error) {
          if (!(error instanceof SemcrcError && error.code === 'infeasible')) throw error;
        }
      }),
      { numRuns: 60, seed: 9 },
    );
    expect(broken).toBeGreaterThan(5);
  });
});

describe('what cannot be promised by site', () => {
  const index = {
    ids: Array.from({ length: 40 }, (_, at) => `s${at}`),
    patients: Array.from({ length: 40 }, (_, at) => `s${at}`),
    labels: LABELS,
  };
  const plan = (options: ProcedureOptions): ExperimentPlan => ({
    procedures: ['crc'],
    options,
    epsilons: [0.1],
    runs: 1,
    seed: 0,
    nOpt: 4,
    nCal: 40,
    nTest: 0,
  });
  const each = { ...PAPER_OPTIONS, sites: 'each' as const };

  it('is refused where there are no sites, or one has too few scans, by its name', () => {
    expect(() => planRuns(plan(each), index)).toThrow(/the cohort names none/);
    const sites = index.ids.map((_, at) => (at < 5 ? 'small' : 'large'));
    expect(() => planRuns(plan(each), { ...index, sites })).toThrow(
      /n = 5 calibration scans \(patients\) of site small in run 0; it takes n ≥ 9/,
    );
    expect(planRuns(plan(PAPER_OPTIONS), { ...index, sites })).toHaveLength(1);
    expect(() => checkCombination(['pooled'], each)).toThrow(/`sites` each/);
  });

  it('is said in the guarantee: proportions where sites are pooled, and that other sites are promised nothing', () => {
    const units = { north: 30, south: 10 };
    const words = (promise: 'pooled' | 'each') =>
      guaranteeInWords('crc', crcBound(0.1), 'scan', [], 'all', 'predicted', { promise, units });
    expect(words('pooled')).toContain('north (75%), south (25%)');
    expect(words('pooled')).toContain('no promise for each site');
    expect(words('each')).toContain('each of the sites north, south by itself');
    for (const promise of ['pooled', 'each'] as const) {
      expect(words(promise)).toContain('Nothing is promised for a scan of another site.');
    }
  });
});
