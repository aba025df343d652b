import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawSplit,
  type Fit,
  fitSplit,
  PAPER_OPTIONS,
  type Procedure,
  type ProcedureOptions,
  type Sample,
  type Split,
} from '../src/index.ts';
import { dataOf, drawCohort, indexOf, LABELS, type Recipe, recipes, select } from './random-cohort.ts';
import {
  byOrgan,
  everyVoxel,
  firstAccepted,
  insideBody,
  insideOrgan,
  lambdaOfGroups,
  levelsOf,
  meetsCondition,
  pooledMeetsCondition,
  uniform,
  unitLosses,
} from './reference.ts';

const IDS = [0, 1, 3, 7];
let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** A ninth of the patients optimizes, a ninth is held out, the rest calibrates. */
function splitOf(samples: readonly Sample[], patients: number, seed = 0): Split {
  const few = Math.max(1, Math.floor(patients / 9));
  return drawSplit(indexOf(samples), { nOpt: few, nCal: patients - few, nTest: few }, seed, 0);
}

interface Case {
  readonly recipe: Recipe;
  readonly tolerance: number | 'edge';
  readonly options: ProcedureOptions;
}

const cases = (options: Partial<ProcedureOptions> = {}): fc.Arbitrary<Case> =>
  fc.record({
    recipe: recipes(),
    tolerance: fc.constantFrom(0.08, 0.1, 0.2, 0.5, 'edge' as const),
    options: fc.constantFrom('scan' as const, 'body' as const).map((within) => ({
      ...PAPER_OPTIONS,
      within,
      ...options,
    })),
  });

async function fitOne(
  procedure: Procedure,
  samples: readonly Sample[],
  split: Split,
  epsilon: number,
  options: ProcedureOptions,
): Promise<Fit | SemcrcError> {
  const sides = options.sides === 'two' ? 2 : 1;
  const data = dataOf(kernels, samples, { pixels: true, within: options.within, sides });
  try {
    const [{ fits }] = await fitSplit(data, split, [procedure], [epsilon], options, { seed: 0, run: 0 });
    return fits[0];
  } catch (error) {
    if (error instanceof SemcrcError) return error;
    throw error;
  }
}

function expectInfeasible(result: Fit | SemcrcError, n: number, leastN: number): void {
  expect(result).toBeInstanceOf(SemcrcError);
  if (!(result instanceof SemcrcError)) return;
  expect(result.code).toBe('infeasible');
  expect(result.data).toMatchObject({ n, leastN });
  expect(result.message).toContain(`n = ${n} `);
  expect(result.message).toContain(`n ≥ ${leastN}`);
}

const least = (epsilon: number): number => {
  let n = 0;
  while (1 / (n + 1) > epsilon + 1e-12) n++;
  return n;
};

describe('crc', () => {
  it('publishes the first score at which the condition holds, counted over opt and cal together', async () => {
    let above = 0;
    await fc.assert(
      fc.asyncProperty(cases(), async ({ recipe, tolerance, options }) => {
        const samples = drawCohort(recipe);
        const split = splitOf(samples, recipe.patients);
        const used = select(samples, [...split.opt, ...split.cal]);
        const n = new Set(used.map(({ patient }) => patient)).size;
        const epsilon = tolerance === 'edge' ? 1 / (n + 1) : tolerance;
        const counts = options.within === 'body' ? insideBody : everyVoxel;
        const fit = await fitOne('crc', samples, split, epsilon, options);
        const expected = firstAccepted(levelsOf(used, counts), (lambda) =>
          meetsCondition(
            unitLosses(used, counts, () => uniform(lambda)),
            epsilon,
          ),
        );
        if (expected === undefined) {
          expectInfeasible(fit, n, least(epsilon));
          return;
        }
        if (fit instanceof SemcrcError) throw fit;
        if (expected > 0) above++;
        expect(Array.from(fit.lambda)).toEqual([expected]);
        expect(fit).toMatchObject({ units: n, anchor: null, omega: null, organs: {}, sides: 1 });
        expect(fit.partition.keys).toEqual(['all']);
      }),
      { numRuns: 300, seed: 5 },
    );
    expect(above).toBeGreaterThan(100);
  });

  it.each([
    [9, 0.1],
    [19, 0.05],
  ])('is feasible at n = %i for ε = %d and covers everything it has seen', async (n, epsilon) => {
    const recipe: Recipe = {
      seed: 4,
      patients: n + 1,
      scansPerPatient: 1,
      levels: 0,
      plane: null,
      presence: [1, 1, 1, 1],
      miss: 1,
    };
    const samples = drawCohort(recipe);
    const split = drawSplit(indexOf(samples), { nOpt: 2, nCal: n, nTest: 1 }, 0, 0);
    const fit = await fitOne('crc', samples, split, epsilon, PAPER_OPTIONS);
    if (fit instanceof SemcrcError) throw fit;
    const used = select(samples, [...split.opt, ...split.cal]);
    expect(fit.lambda[0]).toBe(Math.max(...levelsOf(used, everyVoxel)));
    const fewer = { ...split, cal: split.cal.slice(1) };
    expectInfeasible(await fitOne('crc', samples, fewer, epsilon, PAPER_OPTIONS), n - 1, n);
  });
});

describe.each(['organ-crc', 'pooled'] as const)('%s', (procedure) => {
  it.each(['cal', 'all'] as const)(
    'gives each organ the first score at which its own condition holds, on %s',
    async (organCal) => {
      const seen = { calibrated: 0, infeasible: 0, absent: 0 };
      await fc.assert(
        fc.asyncProperty(cases({ organCal }), async ({ recipe, tolerance, options }) => {
          const samples = drawCohort(recipe);
          const split = splitOf(samples, recipe.patients);
          const used = select(samples, organCal === 'all' ? [...split.opt, ...split.cal] : split.cal);
          const n = new Set(used.map(({ patient }) => patient)).size;
          const epsilon = tolerance === 'edge' ? 1 / (n + 1) : tolerance;
          const fit = await fitOne(procedure, samples, split, epsilon, options);
          const statuses: string[] = [];
          const numbers: number[] = [];
          const lambdas = IDS.map((organ) => {
            // Within the body, background voxels take no part: the label counts as absent.
            const counts = options.within === 'body' && organ === 0 ? () => false : insideOrgan(organ);
            const nCal = unitLosses(used, counts, () => uniform(0), 'organ').length;
            const lambda = firstAccepted(levelsOf(used, counts), (level) =>
              procedure === 'pooled'
                ? pooledMeetsCondition(used, counts, () => uniform(level), epsilon)
                : meetsCondition(
                    unitLosses(used, counts, () => uniform(level), 'organ'),
                    epsilon,
                  ),
            );
            statuses.push(lambda !== undefined ? 'calibrated' : nCal === 0 ? 'absent' : 'infeasible');
            numbers.push(nCal);
            return lambda ?? Infinity;
          });
          if (!statuses.includes('calibrated')) {
            expectInfeasible(fit, Math.max(...numbers), least(epsilon));
            return;
          }
          if (fit instanceof SemcrcError) throw fit;
          expect(Array.from(fit.lambda)).toEqual(lambdas);
          expect(fit.partition.keys).toEqual(IDS.map(String));
          expect(Object.keys(fit.organs).sort()).toEqual(IDS.map(String).sort());
          IDS.forEach((organ, i) => {
            expect(fit.organs[organ]).toMatchObject({ status: statuses[i], nCal: numbers[i] });
            seen[fit.organs[organ].status]++;
          });
          expect(fit).toMatchObject({ units: n, anchor: null, omega: null });
        }),
        { numRuns: 200, seed: 6 },
      );
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
    },
  );
});

describe('organ-crc with control', () => {
  it.each(['one', 'two'] as const)(
    'takes the larger of its own λ and that of sem-crc for the organs named, %s side(s)',
    async (sides) => {
      let raised = 0;
      await fc.assert(
        fc.asyncProperty(recipes({ patients: 24, presence: [0.9, 1, 0.8, 0.7] }), async (recipe) => {
          const samples = drawCohort(recipe);
          const split = splitOf(samples, recipe.patients);
          const epsilon = 0.15;
          const options: ProcedureOptions = { ...PAPER_OPTIONS, gap: 0.01, sides };
          const own = await fitOne('organ-crc', samples, split, epsilon, { ...PAPER_OPTIONS });
          const semantic = await fitOne('sem-crc', samples, split, epsilon, options);
          const both = await fitOne('organ-crc', samples, split, epsilon, {
            ...options,
            control: [LABELS[7], LABELS[1]],
          });
          if (semantic instanceof SemcrcError) {
            expect(both).toBeInstanceOf(SemcrcError);
            return;
          }
          if (own instanceof SemcrcError || both instanceof SemcrcError) return;
          const expected = Array.from(semantic.lambda, (value, at) => {
            const group = at % IDS.length;
            return [1, 7].includes(IDS[group]) ? Math.max(value, own.lambda[group]) : value;
          });
          expect(Array.from(both.lambda)).toEqual(expected);
          expect(both.omega).toBe(semantic.omega);
          expect(both.anchor?.lambda).toEqual(semantic.anchor?.lambda);
          const known = ({ status, nCal }: (typeof own.organs)[string]) => ({ status, nCal });
          expect(both.organs).toEqual({ 1: known(own.organs[1]), 7: known(own.organs[7]) });
          if (expected.some((value, at) => value > semantic.lambda[at])) raised++;
          const cal = select(samples, split.cal);
          const lambda = lambdaOfGroups(byOrgan(IDS), IDS.length, both.lambda);
          expect(meetsCondition(unitLosses(cal, everyVoxel, lambda), epsilon)).toBe(true);
          for (const organ of [1, 7]) {
            if (both.organs[organ].status !== 'calibrated') continue;
            expect(meetsCondition(unitLosses(cal, insideOrgan(organ), lambda, 'organ'), epsilon)).toBe(true);
          }
        }),
        { numRuns: 12, seed: 8 },
      );
      expect(raised).toBeGreaterThan(0);
    },
  );

  it('refuses an organ the cohort does not know', async () => {
    const samples = drawCohort({
      seed: 1,
      patients: 20,
      scansPerPatient: 1,
      levels: 16,
      plane: null,
      presence: [1, 1, 1, 1],
      miss: 0.3,
    });
    const result = await fitOne('organ-crc', samples, splitOf(samples, 20), 0.2, {
      ...PAPER_OPTIONS,
      control: ['spine'],
    });
    expect(result).toMatchObject({ code: 'usage', message: expect.stringContaining('spine') });
  });
});
