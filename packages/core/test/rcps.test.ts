import { type Kernels, loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BoundName,
  drawSplit,
  fitSplit,
  hoeffdingBentkusBound,
  hoeffdingBound,
  leastUnits,
  PAPER_OPTIONS,
  type ProcedureOptions,
  type RiskBound,
  type Sample,
  wsrBound,
} from '../src/index.ts';
import { binomialCdf } from '../src/search/rcps.ts';
import { dataOf, drawCohort, indexOf, recipes, select } from './random-cohort.ts';
import { everyVoxel, insideOrgan, levelsOf, mean, uniform, unitLosses } from './reference.ts';

/** The three tests as their papers state them, by plain loops. */
const REFERENCE: Record<
  Exclude<BoundName, 'crc'>,
  (losses: readonly number[], epsilon: number, delta: number) => boolean
> = {
  hoeffding: (losses, epsilon, delta) =>
    mean(losses) + Math.sqrt(Math.log(1 / delta) / (2 * losses.length)) <= epsilon,
  'hoeffding-bentkus': (losses, epsilon, delta) => {
    const n = losses.length;
    const p = Math.min(mean(losses), epsilon);
    const term = (a: number, b: number) => (a === 0 ? 0 : a * Math.log(a / b));
    const hoeffding = Math.exp(-n * (term(p, epsilon) + term(1 - p, 1 - epsilon)));
    const bentkus = Math.E * chanceOfAtMost(Math.ceil(losses.reduce((a, b) => a + b, 0)), n, epsilon);
    return Math.min(hoeffding, bentkus) <= delta;
  },
  wsr: (losses, epsilon, delta) => {
    const n = losses.length;
    let product = 1;
    let most = 0;
    let variance = 1 / 4;
    const seen: number[] = [];
    let squares = 0;
    losses.forEach((loss, at) => {
      const i = at + 1;
      const bet = Math.min(1, Math.sqrt((2 * Math.log(1 / delta)) / (n * variance)));
      product *= 1 - bet * (loss - epsilon);
      most = Math.max(most, product);
      seen.push(loss);
      const average = (1 / 2 + seen.reduce((a, b) => a + b, 0)) / (i + 1);
      squares += (loss - average) ** 2;
      variance = (1 / 4 + squares) / (i + 1);
    });
    return most >= 1 / delta;
  },
};

function chanceOfAtMost(k: number, n: number, p: number): number {
  let sum = 0;
  for (let i = 0; i <= Math.min(k, n); i++) {
    let chance = 1;
    for (let j = 0; j < i; j++) chance *= ((n - j) / (j + 1)) * p;
    sum += chance * (1 - p) ** (n - i);
  }
  return sum;
}

const BOUNDS: readonly (readonly [
  Exclude<BoundName, 'crc'>,
  (epsilon: number, delta: number) => RiskBound,
  number,
])[] = [
  ['hoeffding', hoeffdingBound, 116],
  ['hoeffding-bentkus', hoeffdingBentkusBound, 22],
  ['wsr', wsrBound, 25],
];

describe.each(BOUNDS)('%s', (name, make, least) => {
  it(`accepts zero losses from n = ${least} on at ε = δ = 0.1, and never before`, () => {
    const bound = make(0.1, 0.1);
    expect(leastUnits(bound)).toBe(least);
    for (let n = 1; n < 400; n++) {
      expect(bound.accepts(new Float64Array(n)), `n = ${n}`).toBe(n >= least);
    }
  });

  it('decides as its formula does', () => {
    const seen = { accepted: 0, rejected: 0 };
    const losses = fc.array(
      fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 0.3, noNaN: true })),
      { minLength: 5, maxLength: 120 },
    );
    const near = fc
      .tuple(losses, fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([values, scale]) => values.map((value) => value * scale));
    fc.assert(
      fc.property(
        near,
        fc.constantFrom(0.1, 0.2, 0.3),
        fc.constantFrom(0.05, 0.1, 0.3),
        (values, epsilon, delta) => {
          const accepted = make(epsilon, delta).accepts(Float64Array.from(values));
          expect(accepted).toBe(REFERENCE[name](values, epsilon, delta));
          seen[accepted ? 'accepted' : 'rejected']++;
        },
      ),
      { numRuns: 2000, seed: 71 },
    );
    expect(Math.min(seen.accepted, seen.rejected)).toBeGreaterThan(200);
  });

  it('refuses δ and ε outside (0, 1)', () => {
    for (const delta of [0, 1, -1, Number.NaN]) expect(() => make(0.1, delta)).toThrow(/delta/);
    for (const epsilon of [0, 1, -1, Number.NaN]) expect(() => make(epsilon, 0.1)).toThrow(/epsilon/);
  });
});

describe('hand-computed cases', () => {
  it('P(Bin(n, p) ≤ k)', () => {
    expect(binomialCdf(0, 3, 0.5)).toBeCloseTo(1 / 8, 14);
    expect(binomialCdf(1, 3, 0.5)).toBeCloseTo(4 / 8, 14);
    expect(binomialCdf(2, 4, 0.25)).toBeCloseTo((81 + 108 + 54) / 256, 14);
    expect(binomialCdf(3, 3, 0.5)).toBe(1);
    expect(binomialCdf(-1, 3, 0.5)).toBe(0);
    // Far below the smallest double a term at a time: P(Bin(20000, 0.1) ≤ 2000) is a little over one half.
    expect(binomialCdf(2000, 20000, 0.1)).toBeGreaterThan(0.5);
    expect(binomialCdf(2000, 20000, 0.1)).toBeLessThan(0.51);
    expect(binomialCdf(0, 20000, 0.1)).toBe(0);
  });

  it('Hoeffding–Bentkus rounds the number of losses up, which the floor would not reject', () => {
    // n = 30, ε = 0.2, δ = 0.1, ΣL = 1.5: e·P(Bin ≤ 1) = 0.029 would pass, e·P(Bin ≤ 2) = 0.120 does not, and
    // exp(−30·h₁(0.05, 0.2)) = exp(−30·0.09394) = 0.0597 does.
    const losses = (each: number) => new Float64Array(30).fill(each);
    expect(Math.E * binomialCdf(1, 30, 0.2)).toBeCloseTo(0.0286, 3);
    expect(Math.E * binomialCdf(2, 30, 0.2)).toBeCloseTo(0.12, 3);
    expect(hoeffdingBentkusBound(0.2, 0.1).accepts(losses(0.05))).toBe(true);
    expect(hoeffdingBentkusBound(0.2, 0.05).accepts(losses(0.05))).toBe(false);
  });
});

describe('λ̂ under a bound', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await loadKernels();
  });

  it.each(BOUNDS)('%s: the least λ from which on every score is accepted', async (name) => {
    let found = 0;
    let notMonotone = 0;
    await fc.assert(
      fc.asyncProperty(
        recipes({ plane: [2, 2] }).filter(({ patients }) => patients >= 16),
        fc.constantFrom(0.2, 0.3, 0.45),
        async (recipe, epsilon) => {
          const samples = drawCohort(recipe);
          const split = drawSplit(
            indexOf(samples),
            { nOpt: 0, nCal: recipe.patients, nTest: 0 },
            recipe.seed,
            0,
          );
          const cal = select(samples, split.cal);
          const options: ProcedureOptions = { ...PAPER_OPTIONS, bound: name, delta: 0.2 };
          const accepts = (lambda: number) =>
            REFERENCE[name](
              unitLosses(cal, everyVoxel, () => uniform(lambda)),
              epsilon,
              0.2,
            );
          const levels = levelsOf(cal, everyVoxel).reverse();
          const accepted = levels.map(accepts);
          const data = dataOf(kernels, samples);
          const fit = fitSplit(data, split, ['crc'], [epsilon], options, { seed: 0, run: 0 });
          if (!accepted[0]) {
            await expect(fit).rejects.toMatchObject({ code: 'infeasible' });
            return;
          }
          const firstRejected = accepted.indexOf(false);
          const expected = firstRejected < 0 ? 0 : levels[firstRejected - 1];
          if (firstRejected >= 0 && accepted.slice(firstRejected).includes(true)) notMonotone++;
          const [{ fits }] = await fit;
          expect(fits[0].lambda[0]).toBe(expected);
          if (expected > 0) found++;
        },
      ),
      { numRuns: 150, seed: 72 },
    );
    expect(found).toBeGreaterThan(10);
    if (name !== 'wsr') expect(notMonotone).toBe(0);
  });

  it('wsr: its evidence can fall as λ grows, and λ̂ lies beyond the last rejection', async () => {
    // Twenty scans of ten voxels. At λ = 0 the losses are these; at 0.125 the first is halved, which calms the bets so
    // much that the evidence falls short; at 0.25 all are 0.
    const losses = [0.8, 0, 0.1, 1, ...new Array(16).fill(0)];
    const halved = [0.4, ...losses.slice(1)];
    expect(REFERENCE.wsr(losses, 0.18, 0.4)).toBe(true);
    expect(REFERENCE.wsr(halved, 0.18, 0.4)).toBe(false);
    const samples = losses.map((loss, i): Sample => {
      const score = (voxel: number) => (voxel >= loss * 10 ? 0 : i === 0 && voxel >= 4 ? 0.125 : 0.25);
      const truth = Float32Array.from({ length: 10 }, (_, voxel) => 0.5 + score(voxel));
      const bound = truth.map(() => 0.5);
      const id = `s${i}`;
      const organs = new Uint8Array(10).fill(1);
      const mended = { clipped: 0, crossed: 0 };
      return { id, patient: id, shape: [1, 1, 10], truth, lower: bound, upper: bound, organs, mended };
    });
    const split = { opt: [], cal: samples.map(({ id }) => id), test: [] };
    const options: ProcedureOptions = { ...PAPER_OPTIONS, bound: 'wsr', delta: 0.4 };
    const stream = { seed: 0, run: 0 };
    const [{ fits }] = await fitSplit(dataOf(kernels, samples), split, ['crc'], [0.18], options, stream);
    expect(fits[0].lambda[0]).toBe(0.25);
  });

  it('wsr: what is certified between two loss vectors is accepted at every vector between', () => {
    const vector = fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      { minLength: 15, maxLength: 60 },
    );
    let certified = 0;
    fc.assert(
      fc.property(vector, fc.constantFrom(0.2, 0.3, 0.4), (parts, epsilon) => {
        const bound = wsrBound(epsilon, 0.1);
        const least = Float64Array.from(parts, ([low]) => low * 0.5);
        const most = Float64Array.from(parts, ([low, width]) => low * 0.5 + width);
        if (!bound.acceptsAllBetween?.(least, most)) return;
        certified++;
        const between = Float64Array.from(parts, ([low, width, share]) => low * 0.5 + width * share);
        for (const losses of [least, most, between]) expect(bound.accepts(losses)).toBe(true);
      }),
      { numRuns: 1500, seed: 73 },
    );
    expect(certified).toBeGreaterThan(100);
  });

  it('bonferroni divides δ by the organs that organ-crc controls', async () => {
    const samples = drawCohort({
      seed: 9,
      patients: 60,
      scansPerPatient: 1,
      levels: 0,
      plane: [3, 4],
      presence: [1, 1, 1, 1],
      miss: 0.5,
    });
    const split = drawSplit(indexOf(samples), { nOpt: 0, nCal: 60, nTest: 0 }, 0, 0);
    const cal = select(samples, split.cal);
    const options: ProcedureOptions = {
      ...PAPER_OPTIONS,
      bound: 'hoeffding-bentkus',
      delta: 0.2,
      correction: 'bonferroni',
    };
    const [{ fits }] = await fitSplit(dataOf(kernels, samples), split, ['organ-crc'], [0.2], options, {
      seed: 0,
      run: 0,
    });
    [0, 1, 3, 7].forEach((organ, group) => {
      const levels = levelsOf(cal, insideOrgan(organ)).reverse();
      const accepted = levels.map((lambda) =>
        REFERENCE['hoeffding-bentkus'](
          unitLosses(cal, insideOrgan(organ), () => uniform(lambda), 'organ'),
          0.2,
          0.2 / 4,
        ),
      );
      const firstRejected = accepted.indexOf(false);
      expect(firstRejected).toBeGreaterThan(0);
      expect(fits[0].lambda[group]).toBe(levels[firstRejected - 1]);
    });
  });
});
