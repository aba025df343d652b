import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  calibratedLambdaAt,
  curveRecord,
  describeCalibration,
  drawSplit,
  type Fit,
  fitCurve,
  fitSplit,
  PAPER_OPTIONS,
  PROCEDURES,
  type Procedure,
  type ProcedureOptions,
  parseCalibration,
  profileOptionsOf,
  SHORTEST_OPTIONS,
  tolerancesOf,
  UNKNOWN_PREPARING,
} from '../src/index.ts';
import { dataOf, drawCohort, indexOf, LABELS } from './random-cohort.ts';

const SAMPLES = drawCohort({
  seed: 77,
  patients: 30,
  scansPerPatient: 2,
  levels: 0,
  plane: [3, 4],
  presence: [1, 1, 0.9, 0.4],
  miss: 0.5,
});
const SPLIT = drawSplit(indexOf(SAMPLES), { nOpt: 4, nCal: 26, nTest: 4 }, 0, 0);
const EPSILON = 0.1;
/** With 22 patients to calibrate, 0.02 to 0.04 are infeasible; with 26, 0.02 and 0.03 are. */
const TOLERANCES = tolerancesOf({ from: 0.02, to: 0.3, step: 0.01 }, EPSILON);
const STREAM = { seed: 0, run: 0, more: [EPSILON] };

/** Every procedure, and every way of choosing λ̂ along a line or a path. */
const KINDS: readonly [string, Procedure, ProcedureOptions][] = [
  ...PROCEDURES.map((name) => [name, name, PAPER_OPTIONS] as [string, Procedure, ProcedureOptions]),
  ['sem-crc on a path', 'sem-crc', { ...SHORTEST_OPTIONS, strata: ['intensity:4'] }],
  ['organ-crc beside the scan', 'organ-crc', { ...PAPER_OPTIONS, control: [LABELS[7]] }],
  [
    'sem-crc under Hoeffding-Bentkus',
    'sem-crc',
    { ...PAPER_OPTIONS, bound: 'hoeffding-bentkus', delta: 0.5 },
  ],
];

let kernels: Kernels;
const fits = new Map<string, readonly (Fit | null)[]>();

const dataFor = (procedure: Procedure, options: ProcedureOptions) =>
  dataOf(kernels, SAMPLES, profileOptionsOf([procedure], options));

beforeAll(async () => {
  kernels = await loadKernels();
  for (const [name, procedure, options] of KINDS) {
    const data = dataFor(procedure, options);
    fits.set(name, await fitCurve(data, SPLIT, procedure, TOLERANCES, options, STREAM));
  }
});

/** The same fit calibrated at one tolerance alone, by what `calibrate --epsilon` does; null where that is refused as infeasible. */
async function alone(procedure: Procedure, options: ProcedureOptions, epsilon: number): Promise<Fit | null> {
  try {
    const data = dataFor(procedure, options);
    const [{ fits }] = await fitSplit(data, SPLIT, [procedure], [epsilon], options, STREAM);
    return fits[0];
  } catch (error) {
    if (error instanceof SemcrcError && error.code === 'infeasible') return null;
    throw error;
  }
}

describe('a curve', () => {
  it.each(KINDS)('is at each tolerance what a calibration at it gives, bit for bit: %s', async (...kind) => {
    const [name, procedure, options] = kind;
    let infeasible = 0;
    for (const [at, epsilon] of TOLERANCES.entries()) {
      const single = await alone(procedure, options, epsilon);
      const found = fits.get(name)?.[at] ?? null;
      expect(found === null).toBe(single === null);
      if (found === null || single === null) {
        infeasible++;
        continue;
      }
      expect(new Uint32Array(found.lambda.buffer)).toEqual(new Uint32Array(single.lambda.buffer));
      expect(found.partition.keys).toEqual(single.partition.keys);
      expect(found.losses).toEqual(single.losses);
      expect(found.organs).toEqual(single.organs);
      expect(found.more).toEqual(single.more);
    }
    expect(infeasible).toBeGreaterThan(0);
    expect(infeasible).toBeLessThan(TOLERANCES.length / 2);
  });

  // Along a line the anchor changes with ε, and an organ may take more where the scan takes less.
  it.each(['crc', 'organ-crc', 'pooled', 'shortest', 'organ-shortest', 'sem-crc on a path'])(
    'gives no group a larger λ at a larger tolerance: %s',
    (name) => {
      const feasible = (fits.get(name) ?? []).filter((fit) => fit !== null);
      for (const [at, fit] of feasible.slice(1).entries()) {
        fit.lambda.forEach((value, group) => {
          expect(value).toBeLessThanOrEqual(feasible[at].lambda[group]);
        });
      }
      expect(feasible.at(-1)?.lambda).not.toEqual(feasible[0].lambda);
    },
  );

  it('meets the condition at each tolerance, on every kind of line', () => {
    for (const [name, procedure, options] of KINDS) {
      if (options.bound !== 'crc' || /organ|pooled/.test(procedure)) continue;
      for (const [at, fit] of (fits.get(name) ?? []).entries()) {
        if (fit === null) continue;
        const { n, mean } = fit.losses.scan;
        expect((n * mean + 1) / (n + 1)).toBeLessThanOrEqual(TOLERANCES[at] + 1e-9);
      }
    }
  });

  it('stands in calibration.json, and λ is found in it at any tolerance: that of the smaller ε', () => {
    const calibration = described('sem-crc');
    const read = parseCalibration(JSON.stringify(calibration), 'calibration.json');
    expect(read).toEqual(JSON.parse(JSON.stringify(calibration)));
    expect(read.curve?.map(({ epsilon }) => epsilon)).toEqual(TOLERANCES);
    for (const [at, epsilon] of TOLERANCES.entries()) {
      const fit = fits.get('sem-crc')?.[at] ?? null;
      const next = TOLERANCES[at + 1] ?? 1;
      for (const between of [epsilon, epsilon + (next - epsilon) / 2, next - 1e-9]) {
        const found = calibratedLambdaAt(read, between);
        expect(found?.calibrated.lambda).toEqual(fit?.lambda);
        expect(found?.epsilon).toBe(fit === null ? undefined : epsilon);
      }
    }
    expect(calibratedLambdaAt(read, 0.019)).toBeNull();
    const { curve: _, ...single } = read;
    expect(calibratedLambdaAt(single, 0.15)?.epsilon).toBe(EPSILON);
    expect(calibratedLambdaAt(single, 0.09)).toBeNull();
  });

  it.each([
    ['out of order', (curve: Curve) => curve.reverse(), /ascending order/],
    [
      'without the calibration',
      (curve: Curve) => curve.filter(({ epsilon }) => epsilon !== 0.1),
      /own lambda/,
    ],
    ['of another λ there', (curve: Curve) => swap(curve, 0.1, { 0: 0, 1: 0, 3: 0, 7: 0 }), /own lambda/],
    ['with a group missing', (curve: Curve) => swap(curve, 0.2, { 0: 0, 1: 0, 3: 0 }), /0.2.*keys/],
    ['with a λ that is no f32', (curve: Curve) => swap(curve, 0.2, { 0: 0.1, 1: 0, 3: 0, 7: 0 }), /32-bit/],
    ['calibrated without λ', (curve: Curve) => swap(curve, 0.2, null), /epsilon 0.2/],
  ])('%s is refused', (_, change, pattern) => {
    const calibration = JSON.parse(JSON.stringify(described('sem-crc')));
    const text = JSON.stringify({ ...calibration, curve: change(calibration.curve) });
    expect(() => parseCalibration(text, 'calibration.json')).toThrow(pattern);
  });
});

type Curve = { epsilon: number; lambda: unknown }[];

const swap = (curve: Curve, epsilon: number, lambda: unknown): Curve =>
  curve.map((knot) => (knot.epsilon === epsilon ? { ...knot, lambda } : knot));

function described(name: 'sem-crc') {
  const own = fits.get(name) ?? [];
  const fit = own[TOLERANCES.indexOf(EPSILON)];
  if (!fit) throw new Error('expected a calibration');
  return describeCalibration(fit, {
    epsilon: EPSILON,
    options: PAPER_OPTIONS,
    labels: LABELS,
    seed: 0,
    split: SPLIT,
    cohort: indexOf(SAMPLES),
    source: {
      name: 'random',
      digest: 'none',
      scans: SAMPLES.length,
      leftOut: 0,
      preparing: UNKNOWN_PREPARING,
    },
    test: null,
    curve: curveRecord(TOLERANCES, own),
    versions: {},
  });
}

describe('a range of tolerances', () => {
  it('holds both ends and the calibration’s own, each as decimals write it', () => {
    expect(tolerancesOf({ from: 0.02, to: 0.06, step: 0.01 }, 0.035)).toEqual([
      0.02, 0.03, 0.035, 0.04, 0.05, 0.06,
    ]);
    expect(tolerancesOf({ from: 0.1, to: 0.1, step: 1 }, 0.1)).toEqual([0.1]);
    expect(tolerancesOf({ from: 0.1, to: 0.19, step: 0.04 }, 0.1)).toEqual([0.1, 0.14, 0.18]);
  });

  it.each([
    [0, 0.2, 0.01],
    [0.2, 0.1, 0.01],
    [0.1, 1, 0.1],
    [0.1, 0.2, 0],
    [0.1, 0.2, -0.1],
    [0.1, 0.9, 1e-6],
    [Number.NaN, 0.2, 0.1],
  ])('from %f to %f by %f is refused', (from, to, step) => {
    expect(() => tolerancesOf({ from, to, step }, 0.1)).toThrow(/`curve`/);
  });
});
