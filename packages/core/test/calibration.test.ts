import { readFile } from 'node:fs/promises';
import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { scansByOrgan } from '../src/evaluate/patient-means.ts';
import {
  averageEvaluations,
  type Calibration,
  calibratedLambda,
  describeCalibration,
  drawSplit,
  evaluateFits,
  type Fit,
  fitSplit,
  PAPER_OPTIONS,
  type Preparing,
  type Procedure,
  type ProcedureOptions,
  PUBLISHED,
  parseCalibration,
  patientMeans,
  RECENTRED_OPTIONS,
  SHORTEST_OPTIONS,
  UNKNOWN_PREPARING,
} from '../src/index.ts';
import { dataOf, drawCohort, indexOf, LABELS } from './random-cohort.ts';

const SAMPLES = drawCohort({
  seed: 40,
  patients: 24,
  scansPerPatient: 2,
  levels: 0,
  plane: [3, 4],
  presence: [1, 1, 0.9, 0.1],
  miss: 0.5,
});
const SPLIT = drawSplit(indexOf(SAMPLES), { nOpt: 3, nCal: 20, nTest: 4 }, 0, 0);
const EPSILON = 0.15;
const PREPARING: Preparing = {
  ...UNKNOWN_PREPARING,
  ...{ point: false, std: false, body: true, draws: 0, segmentation: 'labels', truthUnits: 'hu' },
  ...{ labels: 'suprem', window: [-175, 250] },
};
const COHORT = {
  ...indexOf(SAMPLES),
  fingerprints: SAMPLES.map((_, at) => at.toString(16).padStart(64, '0')),
};

const KINDS: readonly [string, Procedure, ProcedureOptions][] = [
  ['one λ', 'crc', PAPER_OPTIONS],
  ['positions', 'k-crc', PAPER_OPTIONS],
  ['organs', 'sem-crc', PAPER_OPTIONS],
  ['two sides within the body', 'sem-crc', { ...PAPER_OPTIONS, sides: 'two', within: 'body' }],
  ['organs of their own, one infeasible', 'organ-crc', PAPER_OPTIONS],
  ['organs controlled besides', 'organ-crc', { ...PAPER_OPTIONS, control: [LABELS[1]] }],
  ['strata on a path', 'sem-crc', { ...SHORTEST_OPTIONS, strata: ['intensity:12', 'width:4'] }],
  ['a corrected centre', 'sem-crc', RECENTRED_OPTIONS],
];

let kernels: Kernels;
const written = new Map<string, { fit: Fit; options: ProcedureOptions; calibration: Calibration }>();

beforeAll(async () => {
  kernels = await loadKernels();
  for (const [name, procedure, options] of KINDS) {
    const profiling = {
      sides: options.sides === 'two' ? (2 as const) : (1 as const),
      within: options.within,
      pixels: true,
    };
    const data = dataOf(kernels, SAMPLES, profiling);
    const [{ fits }] = await fitSplit(data, SPLIT, [procedure], [EPSILON], options, { seed: 0, run: 0 });
    const [scans] = await evaluateFits(data, fits, SPLIT.test, profiling);
    const calibration = describeCalibration(fits[0], {
      epsilon: EPSILON,
      options,
      labels: LABELS,
      seed: 0,
      split: SPLIT,
      cohort: COHORT,
      source: { name: 'random', digest: 'none', scans: SAMPLES.length, leftOut: 0, preparing: PREPARING },
      mended: { clipped: 3, crossed: 0 },
      background: 0.25,
      test: averageEvaluations(scans),
      moreScans: [{ n: 40, length: 0.1 }],
      versions: { core: '0' },
    });
    written.set(name, { fit: fits[0], options, calibration });
  }
});

function wrote(name: string) {
  const entry = written.get(name);
  if (!entry) throw new Error(`nothing written for ${name}`);
  return entry;
}

const FILE = 'some/calibration.json';

/** Fields that other versions of a calibration may lack. */
const OPTIONAL = new Set([
  ...['background', 'centre', 'fingerprints', 'meanLambda', 'mended', 'moreScans', 'patients', 'units'],
]);

/** The refusal of a document, which must be `bad-input` and name the file. */
function refusal(document: unknown): string {
  const json = typeof document === 'string' ? document : JSON.stringify(document);
  try {
    parseCalibration(json, FILE);
  } catch (error) {
    expect(error, String(error)).toBeInstanceOf(SemcrcError);
    if (!(error instanceof SemcrcError)) throw error;
    expect(error.code).toBe('bad-input');
    expect(error.data.file ?? FILE).toBe(FILE);
    expect(error.message.startsWith(`${FILE}: `), error.message).toBe(true);
    return error.message;
  }
  throw new Error(`accepted ${json.slice(0, 300)}`);
}

const cloneOf = (name: string) =>
  structuredClone(wrote(name).calibration) as unknown as Record<string, never>;

/** The document with two entries of each record that has one by scan. */
function fewer(document: Record<string, never>): Record<string, never> {
  for (const field of ['fingerprints', 'patients']) {
    document[field] = Object.fromEntries(Object.entries(document[field]).slice(0, 2)) as never;
  }
  return document;
}

describe('calibration.json', () => {
  it.each(KINDS)('comes back as it was written: %s', (name) => {
    const { fit, calibration } = wrote(name);
    const read = parseCalibration(JSON.stringify(calibration), FILE);
    expect(read).toEqual(JSON.parse(JSON.stringify(calibration)));
    const calibrated = calibratedLambda(read, FILE);
    expect(calibrated.lambda).toEqual(fit.lambda);
    expect(calibrated.sides).toBe(fit.sides);
    expect(calibrated.partition).toEqual(fit.partition);
  });

  it('holds everything of the making of scans that λ depends on, and fingerprints of those it was made on', () => {
    const { calibration } = wrote('organs');
    expect(calibration.source.preparing).toEqual(PREPARING);
    expect(calibration.units).toEqual({ intensity: 'share of window', window: [-175, 250], huPerUnit: 425 });
    expect(calibration.mended).toEqual({ clipped: 3, crossed: 0 });
    expect(calibration.background).toBe(0.25);
    const used = [...SPLIT.opt, ...SPLIT.cal];
    expect(Object.keys(calibration.fingerprints ?? {}).sort()).toEqual([...used].sort());
    for (const id of used) {
      expect(calibration.fingerprints?.[id]).toBe(COHORT.fingerprints[COHORT.ids.indexOf(id)]);
      expect(calibration.patients?.[id]).toBe(COHORT.patients[COHORT.ids.indexOf(id)]);
    }
  });

  it.each(KINDS)('holds n, mean and spread of the losses at λ̂: %s', async (name, procedure, options) => {
    const { calibration, fit } = wrote(name);
    const { losses, organs } = calibration;
    const profiling = { sides: fit.sides, within: options.within, pixels: true };
    const scans = procedure === 'crc' ? [...SPLIT.opt, ...SPLIT.cal] : SPLIT.cal;
    const [evaluated] = await evaluateFits(dataOf(kernels, SAMPLES, profiling), [fit], scans, profiling);
    const expectSame = (recorded: typeof losses, risks: readonly number[]) => {
      const mean = risks.reduce((sum, risk) => sum + risk, 0) / risks.length;
      const square = risks.reduce((sum, risk) => sum + (risk - mean) ** 2, 0);
      expect(recorded.n).toBe(risks.length);
      expect(recorded.mean).toBeCloseTo(mean, 12);
      expect(recorded.sd).toBeCloseTo(Math.sqrt(square / (risks.length - 1)), 12);
    };
    expectSame(
      losses,
      patientMeans(evaluated, ({ risk }) => risk),
    );
    if (procedure !== 'organ-crc') {
      // What calibration is about: the condition holds for the losses that are recorded.
      expect((losses.n * losses.mean + 1) / (losses.n + 1)).toBeLessThanOrEqual(EPSILON + 1e-12);
    }
    for (const [id, own] of scansByOrgan(evaluated)) {
      if (organs[id]?.status !== 'calibrated') continue;
      const { losses: recorded } = organs[id];
      expect(recorded).toBeDefined();
      if (recorded)
        expectSame(
          recorded,
          patientMeans(own, ({ risk }) => risk),
        );
    }
  });

  it('says what was asked, what was found, and what it promises', () => {
    const { calibration, fit } = wrote('organs');
    expect(calibration).toMatchObject({
      schema: 'semcrc/calibration@2',
      procedure: 'sem-crc',
      epsilon: EPSILON,
      bound: 'crc',
      delta: null,
      within: 'scan',
      n: 17,
      seed: 0,
      omega: fit.omega,
    });
    expect(calibration.anchor?.gap).toBeLessThanOrEqual(1e-4);
    expect(calibration.guarantee).toContain('at most 0.15');
    expect(calibration.guarantee).toContain('exchangeable');
    expect(calibration.guarantee).toContain('not each organ');
    expect(wrote('two sides within the body').calibration.guarantee).toContain('voxels inside the body');
    expect(wrote('organs of their own, one infeasible').calibration.guarantee).toContain(
      'does not imply the same for the whole scan',
    );
    expect(wrote('organs controlled besides').calibration.guarantee).toContain('body');
  });

  it('promises for scans that pass where rules leave scans out or cut them', () => {
    const { fit, options, calibration } = wrote('organs');
    const { source } = calibration;
    const promise = (change: Partial<typeof source>) =>
      describeCalibration(fit, {
        ...{ epsilon: EPSILON, options, labels: LABELS, seed: 0, split: SPLIT, cohort: COHORT, versions: {} },
        ...{ source: { ...source, ...change }, test: null },
      }).guarantee;
    expect(promise({})).not.toContain('qualifying');
    expect(promise({ leftOut: 2 })).toMatch(
      /share of a qualifying scan's .* pass the rules that scans were left out/,
    );
    const paper = { prepare: 'paper', spacing: null, slices: 4, size: [8, 8], windowSlices: 8 } as const;
    const preparing = { ...PREPARING, ...paper, margin: 0, leastLabelled: 1, crop: 'truth' } as Preparing;
    expect(promise({ preparing })).toMatch(/qualifying scan's/);
  });

  it('writes an infinite λ as the string "Infinity", every other as an f32', () => {
    const { calibration, fit } = wrote('organs of their own, one infeasible');
    expect(calibration.organs[7].status).toBe('infeasible');
    expect(calibration.lambda[7]).toBe('Infinity');
    for (const key of ['0', '1', '3']) {
      const value = calibration.lambda[key];
      expect(value).toBe(Math.fround(value as number));
      expect(fit.organs[key].status).toBe('calibrated');
    }
  });
});

describe('a damaged calibration.json', () => {
  it('is refused when it is not JSON, or not an object', () => {
    expect(refusal('{"schema": ')).toContain('expected JSON');
    for (const document of ['', 'null', '3', '[]', '"semcrc/calibration@1"']) refusal(document);
  });

  it('is refused when another version wrote it, or another program', () => {
    const older = { ...cloneOf('organs'), schema: 'semcrc/calibration@1' };
    expect(refusal(older)).toMatch(
      /expected schema "semcrc\/calibration@2", found "semcrc\/calibration@1".*another version.*calibrate again/,
    );
    expect(refusal({ ...cloneOf('organs'), schema: 'semcrc/experiment@1' })).not.toContain('another version');
    expect(refusal({ hello: 1 })).toContain('found nothing');
    const nested = `{"schema": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(refusal(nested)).toContain('found a list of 1');
    expect(refusal({ schema: 'x'.repeat(10_000) })).toContain(`found "${'x'.repeat(79)}…`);
  });

  it.each(KINDS)('is refused by name when a field is missing or superfluous: %s', (name) => {
    for (const field of Object.keys(cloneOf(name))) {
      if (field === 'schema' || OPTIONAL.has(field)) continue;
      const document = cloneOf(name);
      delete document[field];
      expect(refusal(document)).toContain(field);
    }
    expect(refusal({ ...cloneOf(name), surplus: 1 })).toMatch(/additional|surplus/);
  });

  it.each(KINDS)('is refused by name when any value has the wrong type: %s', (name) => {
    let damaged = 0;
    const damage = (node: Record<string, unknown>, path: string[], root: unknown): void => {
      for (const key of Object.keys(node)) {
        const value = node[key];
        const at = [...path, key];
        if (typeof value === 'object' && value !== null) damage(value as Record<string, unknown>, at, root);
        node[key] = { unexpected: [] };
        const message = refusal(root);
        expect(message, at.join('/')).toContain(at[0]);
        node[key] = value;
        damaged++;
      }
    };
    const document = fewer(cloneOf(name));
    damage(document, [], document);
    expect(damaged).toBeGreaterThan(40);
    expect(document).toEqual(fewer(cloneOf(name)));
  });

  it.each([
    ['a reversed window', { window: [250, -175] }, /window.*lower end.*found 250 to -175/],
    ['an empty window', { window: [40, 40] }, /window/],
    ['units that are none', { predictionUnits: 'volts' }, /preparing|predictionUnits/],
    ['truth in units that are none', { truthUnits: 'raw' }, /preparing|truthUnits/],
    ['a negative spacing', { prepare: 'paper', spacing: [1, -1, 1] }, /preparing/],
    ['slices where scans are whole', { slices: 4 }, /preparing/],
    ['half a draw', { draws: 1.5 }, /preparing|draws/],
    ['labels named by no number', { labelNames: { liver: 'liver' } }, /preparing|labelNames/],
    ['a window of infinite width', { window: [-1e300, 1e300] }, /preparing|window/],
  ])('is refused when its scans were made with %s', (_, change, message) => {
    const { calibration } = wrote('organs');
    const { source, units: __, ...rest } = calibration;
    const preparing = { ...source.preparing, ...change };
    expect(refusal({ ...rest, source: { ...source, preparing } })).toMatch(message);
  });

  it('is refused when its fields contradict each other', () => {
    const { calibration } = wrote('organs');
    const { units, split } = calibration;
    expect(refusal({ ...calibration, units: { ...units, window: [0, 1] } })).toMatch(/units/);
    expect(refusal({ ...calibration, delta: 0.1 })).toMatch(/delta/);
    expect(refusal({ ...calibration, bound: 'wsr' })).toMatch(/delta/);
    expect(refusal({ ...calibration, n: 1000 })).toMatch(/\/n /);
    expect(refusal({ ...calibration, split: { ...split, test: [split.cal[0]] } })).toMatch(/every scan once/);
  });

  it.each([
    ['no f32', { 0: 0.1 }, /32-bit float/],
    ['negative', { 0: -0.25 }, /lambda/],
    ['too large for f32', { 0: 1e300 }, /32-bit float/],
    ['null', { 0: null }, /lambda/],
    ['of a group that is not there', { 99: 0.25 }, /keys 0, 1, 3, 7 .*found .*99/],
    ['of two sides where there is one', { 0: { below: 0.25, above: 0.5 } }, /1 side/],
    ['a word', { 0: 'infinite' }, /lambda/],
  ])('is refused when a λ is %s', (_, change, message) => {
    const document = wrote('organs').calibration;
    expect(refusal({ ...document, lambda: { ...document.lambda, ...change } })).toMatch(message);
  });

  it('is refused when a λ is missing, or has one side of two', () => {
    const { lambda, ...rest } = wrote('organs').calibration;
    const { 3: _, ...fewer } = lambda;
    expect(refusal({ ...rest, lambda: fewer })).toMatch(/keys 0, 1, 3, 7 .*found 0, 1, 7/);
    const two = wrote('two sides within the body').calibration;
    expect(refusal({ ...two, lambda: { ...two.lambda, 3: { below: 0.25 } } })).toContain('lambda');
    expect(refusal({ ...two, sides: 1 })).toContain('1 side');
  });

  it('is refused when its labels name no organ, or ids that none can have', () => {
    for (const labels of [
      {},
      { liver: 'liver' },
      { '-1': 'x' },
      { 4294967295: 'x' },
      { 65536: 'x' },
      { '007': 'x' },
    ]) {
      expect(refusal({ ...wrote('one λ').calibration, labels }), JSON.stringify(labels)).toContain('labels');
    }
  });

  it.each([
    ['no base64', { map: 'A' }],
    ['base64 without padding', { map: 'AAA' }],
    ['no base64 at all', { map: '§§' }],
    ['too short', { map: btoa('\0\0\0') }],
    ['of too many groups', { map: btoa(String.fromCharCode(...new Array(12).fill(200))) }],
    ['of another size', { height: 5 }],
    ['without groups', { groupCount: 0 }],
  ])('is refused when its position map is %s', (_, change) => {
    const document = wrote('positions').calibration;
    expect(refusal({ ...document, partition: { ...document.partition, ...change } })).toMatch(
      /map|partition/,
    );
  });

  it.each([
    ['lack an organ', { cuts: { 0: [[]], 1: [[]], 3: [[]] } }],
    ['lack a feature', { cuts: { 0: [], 1: [], 3: [], 7: [] } }],
    ['descend', { cuts: { 0: [[0.5, 0.25]], 1: [[]], 3: [[]], 7: [[]] } }],
    ['belong to no label', { cuts: { 0: [[]], 1: [[]], 3: [[]], 7: [[]], 9: [[]] } }],
    ['have no features', { features: [] }],
  ])('is refused when its strata %s', (_, change) => {
    const document = wrote('strata on a path').calibration;
    expect(refusal({ ...document, partition: { ...document.partition, ...change } })).toMatch(
      /strata|partition/,
    );
  });
});

describe('the published schemas', () => {
  it.each(Object.entries(PUBLISHED))('%s is what the code validates', async (name, schema) => {
    const published = await readFile(new URL(`../schema/${name}.json`, import.meta.url), 'utf8');
    const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema };
    expect(published).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });
});
