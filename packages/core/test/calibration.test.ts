import { readFile } from 'node:fs/promises';
import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
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
  type Procedure,
  type ProcedureOptions,
  PUBLISHED,
  parseCalibration,
  SHORTEST_OPTIONS,
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

const KINDS: readonly [string, Procedure, ProcedureOptions][] = [
  ['one λ', 'crc', PAPER_OPTIONS],
  ['positions', 'k-crc', PAPER_OPTIONS],
  ['organs', 'sem-crc', PAPER_OPTIONS],
  ['two sides within the body', 'sem-crc', { ...PAPER_OPTIONS, sides: 'two', within: 'body' }],
  ['organs of their own, one infeasible', 'organ-crc', PAPER_OPTIONS],
  ['organs controlled besides', 'organ-crc', { ...PAPER_OPTIONS, control: [LABELS[1]] }],
  ['strata on a path', 'sem-crc', SHORTEST_OPTIONS],
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
      draws: 0,
      seed: 0,
      split: SPLIT,
      source: { name: 'random', digest: 'none', scans: SAMPLES.length, preparing: { prepare: 'none' } },
      test: averageEvaluations(scans),
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

  it('holds the number of draws where the heuristic takes quantiles of them, and only there', () => {
    const { fit, calibration, options } = wrote('organs');
    const describe = (heuristic: ProcedureOptions['heuristic']) =>
      describeCalibration(fit, {
        ...calibration,
        options: { ...options, heuristic },
        draws: 8,
        test: null,
      });
    expect(parseCalibration(JSON.stringify(describe('samples')), FILE).draws).toBe(8);
    expect(describe('std')).not.toHaveProperty('draws');
    expect(refusal({ ...describe('samples'), draws: 1 })).toMatch(/draws/);
  });

  it('says what was asked, what was found, and what it promises', () => {
    const { calibration, fit } = wrote('organs');
    expect(calibration).toMatchObject({
      schema: 'semcrc/calibration@1',
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
    const newer = { ...cloneOf('organs'), schema: 'semcrc/calibration@2' };
    expect(refusal(newer)).toMatch(
      /expected schema "semcrc\/calibration@1", found "semcrc\/calibration@2".*another version/,
    );
    expect(refusal({ ...cloneOf('organs'), schema: 'semcrc/experiment@1' })).not.toContain('another version');
    expect(refusal({ hello: 1 })).toContain('found none');
  });

  it.each(KINDS)('is refused by name when a field is missing or superfluous: %s', (name) => {
    for (const field of Object.keys(cloneOf(name))) {
      if (field === 'schema') continue;
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
        // Free-form by design.
        if (at[0] === 'source' && at[1] === 'preparing') continue;
        if (typeof value === 'object' && value !== null) damage(value as Record<string, unknown>, at, root);
        node[key] = { unexpected: [] };
        const message = refusal(root);
        expect(message, at.join('/')).toContain(at[0]);
        node[key] = value;
        damaged++;
      }
    };
    const document = cloneOf(name);
    damage(document, [], document);
    expect(damaged).toBeGreaterThan(40);
    expect(document).toEqual(cloneOf(name));
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
