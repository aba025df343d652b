import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExperimentDocument, makePartition, type Sample } from '@semcrc/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { beginResults, cellName, type ExperimentTarget, openResults } from '../src/index.ts';
import { snapshot } from './folder.ts';
import { runResult, SUMMARY } from './record.ts';

let root: string;
let folder: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-results-'));
});
beforeEach(() => {
  folder = join(mkdtempSync(join(root, 'case-')), 'out');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const LABELS = { 0: 'background', 1: 'body' };
const DIGEST = '0'.repeat(64);
const quiet = () => {};

function target(
  terms: Record<string, unknown> = { epsilon: 0.1, seed: 0 },
  axes: Record<string, string> = {},
): ExperimentTarget {
  return { axes, config: { ...terms, runs: 2 }, terms };
}

const begin = (targets: readonly ExperimentTarget[] = [target()], onOther: 'refuse' | 'discard' = 'refuse') =>
  beginResults(folder, targets, { onOther, note: quiet });

/** Two runs of each target, all written. */
async function finish(
  targets: readonly ExperimentTarget[] = [target()],
  sample: Sample = SAMPLE,
): Promise<void> {
  const results = await begin(targets);
  const documents: ExperimentDocument[] = [];
  for (const experiment of results.experiments) {
    const runs = [0, 1].map((run) => [run, runResult(run, { positions: true })] as const);
    for (const [run, result] of runs) await experiment.keep(run, result);
    const curve = { lambda: [0, 0.5], risk: [0.4, 0.1], organs: { 0: [0.4, 0.1] } };
    await experiment.writeRiskCurve(curve, { mended: { clipped: 2, crossed: 0 }, background: 0.5 });
    await experiment.writeExample({ ...EXAMPLE, sample });
    documents.push(
      await experiment.writeResults({ labels: LABELS, digest: DIGEST, units: UNITS }, runs, SUMMARY),
    );
  }
  await results.finish(documents);
  results.release();
}

const SAMPLE: Sample = {
  id: 'd',
  patient: 'd',
  shape: [5, 1, 2],
  truth: Float32Array.from({ length: 10 }, (_, voxel) => voxel / 16),
  lower: new Float32Array(10),
  upper: new Float32Array(10).fill(0.5),
  organs: Uint8Array.from({ length: 10 }, (_, voxel) => voxel % 2),
  mended: { clipped: 0, crossed: 0 },
};

const UNITS = { intensity: 'share of window', window: [-175, 250], huPerUnit: 425 } as const;

/** One λ of an eighth for every voxel. */
const EXAMPLE = {
  sample: SAMPLE,
  run: 0,
  rule: 'It is the only one.',
  heuristic: { heuristic: 'quantile', weightFloor: 0.01, alpha: 0.1, sampleQuantiles: 'plain' },
  calibrated: {
    crc: {
      partition: makePartition({ kind: 'uniform' }, { 0: 'background', 1: 'body' }),
      sides: 1,
      lambda: Float32Array.of(0.125),
    },
  },
} as const;

describe('opening results', () => {
  test('gives back what was written, and changes nothing', async () => {
    await finish();
    const before = snapshot(folder);
    const [experiment] = openResults(folder).experiments;
    expect(experiment.finished).toBe(true);
    expect(experiment.experiment()).toMatchObject({
      schema: 'semcrc/experiment@1',
      config: { epsilon: 0.1, runs: 2, sourceDigest: DIGEST },
      labels: LABELS,
      summary: SUMMARY,
    });
    expect(experiment.experiment().runs).toEqual([0, 1].flatMap((run) => runResult(run).records));
    expect([...experiment.runs()]).toEqual([0, 1].map((run) => [run, runResult(run, { positions: true })]));
    expect(experiment.riskCurve()).toMatchObject({
      ...{ lambda: [0, 0.5], risk: [0.4, 0.1] },
      ...{ mended: { clipped: 2, crossed: 0 }, background: 0.5 },
    });
    const example = experiment.example()!;
    expect(example).toMatchObject({
      scan: 'd',
      run: 0,
      rule: 'It is the only one.',
      slices: [0, 1, 2, 4],
      located: false,
      calibrated: ['crc'],
    });
    const bounds = await example.readBounds('crc');
    for (const bound of bounds.lower.data) expect(bound).toBe(0);
    for (const bound of bounds.upper.data) expect(bound).toBeCloseTo(0.625, 6);
    expect(example.volumes).toEqual(['truth', 'lower', 'upper', 'groups']);
    const truth = await example.read('truth');
    expect(truth.shape).toEqual([4, 1, 2]);
    expect(Array.from(truth.data)).toEqual([0, 1, 2, 3, 4, 5, 8, 9].map((voxel) => voxel / 16));
    expect(Array.from((await example.read('groups')).data)).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
    expect(snapshot(folder)).toEqual(before);
  });

  test('keeps the slices about the most organ voxels, where they lie, of a scan whose slices adjoin', async () => {
    const depth = 40;
    const organs = new Uint8Array(depth * 2);
    organs[2 * 35] = 2;
    const voxels = (value: number) => new Float32Array(depth * 2).fill(value);
    const affine = [2, 0, 0, -5, 0, 3, 0, 7, 0, 0, 4, 100, 0, 0, 0, 1];
    await finish(undefined, {
      ...SAMPLE,
      shape: [depth, 1, 2],
      affine,
      truth: voxels(0.25),
      lower: voxels(0.25),
      upper: voxels(0.5),
      organs,
    });
    const example = openResults(folder).experiments[0].example()!;
    expect(example).toMatchObject({ located: true, pixel: [2, 3] });
    expect([example.slices[0], example.slices.length]).toEqual([16, 24]);
    const { lower } = await example.readBounds('crc');
    expect(lower.affine.slice(8, 12)).toEqual([0, 0, 4, 100 + 16 * 4]);
    expect(lower.affine.slice(0, 4)).toEqual([2, 0, 0, -5]);
  });

  test('a grid gives its experiments by their axes', async () => {
    const values = ['0.1', '0.2'];
    await finish(values.map((epsilon) => target({ epsilon: Number(epsilon) }, { epsilon })));
    const { experiments } = openResults(folder);
    expect(experiments.map(({ folder, axes }) => [folder, axes])).toEqual(
      values.map((epsilon) => [`epsilon-${epsilon}`, { epsilon }]),
    );
    expect(experiments.map((one) => one.experiment().config.epsilon)).toEqual([0.1, 0.2]);
    const csv = readFileSync(join(folder, 'summary.csv'), 'utf8').split('\n');
    expect(csv.slice(0, 3)).toEqual([
      'epsilon,procedure,runs,risk_mean,risk_sd,length_mean,length_sd,length_mean_hu,length_sd_hu',
      '0.1,crc,2,0.105,0.005,0.25,0,106.25,0',
      '0.2,crc,2,0.105,0.005,0.25,0,106.25,0',
    ]);
  });

  test('an experiment.json by itself, under any name', async () => {
    await finish();
    const alone = join(root, 'kept.json');
    copyFileSync(join(folder, 'experiment.json'), alone);
    const [experiment] = openResults(alone).experiments;
    expect(experiment.experiment()).toEqual(openResults(folder).experiments[0].experiment());
    expect(experiment.example()).toBe(null);
  });

  test('an experiment that is not finished says so, and gives the runs there are', async () => {
    const results = await begin();
    await results.experiments[0].keep(1, runResult(1));
    results.release();
    const [experiment] = openResults(folder).experiments;
    expect(experiment.finished).toBe(false);
    expect([...experiment.runs().keys()]).toEqual([1]);
    expect(() => experiment.experiment()).toThrow(/not finished/);
  });

  test.each([
    ['nothing there', (path: string) => rmSync(path, { recursive: true }), /no such file/],
    [
      'another folder',
      () => writeFileSync(join(folder, 'notes.txt'), ''),
      /expected experiment\.json.*found notes\.txt/,
    ],
    [
      'a damaged document',
      () => writeFileSync(join(folder, 'experiment.json'), '{"schema": "semcrc/experiment@1"'),
      /experiment\.json is not a valid experiment.*JSON/,
    ],
    [
      'a document of another schema',
      () => writeFileSync(join(folder, 'experiment.json'), '{"schema": "semcrc/experiment@9"}'),
      /experiment\.json is not a valid experiment/,
    ],
    [
      'a grid whose folders lead elsewhere',
      () =>
        writeFileSync(
          join(folder, 'grid.json'),
          '{"schema": "semcrc/grid@1", "cells": [{"folder": "../..", "axes": {}}]}',
        ),
      /names the folder \.\.\/\.\./,
    ],
  ])('%s is refused', (_, make, message) => {
    mkdirSync(folder, { recursive: true });
    make(folder);
    expect(() => openResults(folder).experiments[0].experiment()).toThrow(message);
  });
});

describe('going on with an experiment', () => {
  const run = (number: number) => join(folder, 'runs', `run-00${number}.json`);
  const finished = async () => {
    const results = await begin();
    results.release();
    return [...results.experiments[0].finished.keys()];
  };

  test('takes finished runs over', async () => {
    await finish();
    expect(await finished()).toEqual([0, 1]);
  });

  test('a run file under another number is not that run', async () => {
    await finish();
    copyFileSync(run(0), run(2));
    expect(await finished()).toEqual([0, 1]);
    expect([...openResults(folder).experiments[0].runs().keys()]).toEqual([0, 1]);
  });

  test('a run file whose number was edited, too, does not match its digest', async () => {
    await finish();
    writeFileSync(run(2), readFileSync(run(0), 'utf8').replaceAll('"run":0', '"run":2'));
    expect(await finished()).toEqual([0, 1]);
  });

  test('a run file of another seed is not of this experiment', async () => {
    await finish([target({ epsilon: 0.1, seed: 7 })]);
    const other = folder;
    folder = join(root, 'other-seed');
    await finish();
    copyFileSync(join(other, 'runs', 'run-001.json'), run(1));
    expect(await finished()).toEqual([0]);
  });

  test('other terms are refused by the first that differs, and nothing is changed', async () => {
    await finish();
    const before = snapshot(folder);
    await expect(begin([target({ epsilon: 0.2, seed: 0 })])).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/epsilon was 0\.1, now 0\.2/),
      data: { options: ['out', 'force'] },
    });
    expect(snapshot(folder)).toEqual(before);
  });

  test('discarding another experiment removes its results and leaves files that are not ours', async () => {
    await finish();
    for (const place of ['', 'runs', 'example', 'membership']) {
      writeFileSync(join(folder, place, 'notes.txt'), 'mine');
    }
    const results = await begin([target({ epsilon: 0.2 })], 'discard');
    results.release();
    expect(readdirSync(folder, { recursive: true }).map(String).sort()).toEqual([
      'example',
      'example/notes.txt',
      'membership',
      'membership/notes.txt',
      'notes.txt',
      'runs',
      'runs/journal.json',
      'runs/notes.txt',
    ]);
  });

  test.each([
    ['damaged', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').slice(0, 40))],
    ['of another shape', (path: string) => writeFileSync(path, '{"schema": "semcrc/journal@2"}')],
    ['gone', (path: string) => rmSync(path)],
  ])('a journal that is %s is an error, also where other runs may be discarded', async (_, spoil) => {
    await finish();
    spoil(join(folder, 'runs', 'journal.json'));
    const before = snapshot(folder);
    for (const onOther of ['refuse', 'discard'] as const) {
      await expect(begin([target()], onOther)).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringMatching(/runs\/journal\.json/),
      });
    }
    expect(snapshot(folder)).toEqual(before);
    expect(() => openResults(folder).experiments[0].runs()).toThrow(/journal\.json/);
  });
});

describe('a folder that is not ours is refused and left as it is', () => {
  test.each(['refuse', 'discard'] as const)('where other runs are to %s', async (onOther) => {
    mkdirSync(join(folder, 'runs'), { recursive: true });
    writeFileSync(join(folder, 'summary.csv'), 'mine');
    writeFileSync(join(folder, 'runs', 'run-000.json'), 'mine');
    const before = snapshot(folder);
    await expect(begin([target()], onOther)).rejects.toMatchObject({ code: 'usage' });
    expect(snapshot(folder)).toEqual(before);
  });

  test('so is a folder inside a grid', async () => {
    const cells = [target({}, { epsilon: '0.1' })];
    await finish(cells);
    mkdirSync(join(folder, 'epsilon-0.2'));
    writeFileSync(join(folder, 'epsilon-0.2', 'thesis.tex'), 'mine');
    const before = snapshot(folder);
    await expect(begin([...cells, target({}, { epsilon: '0.2' })])).rejects.toThrow(/thesis\.tex/);
    expect(snapshot(folder)).toEqual(before);
  });

  test('what a process leaves that was killed as it began is no obstacle', async () => {
    mkdirSync(join(folder, 'runs'), { recursive: true });
    writeFileSync(join(folder, '.lock'), '');
    writeFileSync(join(folder, 'runs', '.journal.json.123.partial'), '{');
    const results = await begin();
    results.release();
    expect(existsSync(join(folder, '.lock'))).toBe(false);
  });
});

describe('names of the folders of a grid', () => {
  test('are the values where they are plain', () => {
    expect(cellName({ epsilon: '0.1', control: 'liver+kidney_left' })).toBe(
      'epsilon-0.1_control-liver+kidney_left',
    );
    expect(cellName({ strata: 'intensity:6+width:4' })).toBe('strata-intensity=6+width=4');
  });

  test.each([
    '../../../../liver',
    '/etc',
    '..',
    'a/b\\c',
    'CON\u0000',
    '\u001b[2J',
    'x'.repeat(5000),
    '',
    '\n',
  ])('never leave the folder: %j', (value) => {
    const name = cellName({ control: value });
    expect(name).toMatch(/^control-[A-Za-z0-9._+=-]+$/);
    expect(Buffer.byteLength(name)).toBeLessThan(200);
  });

  test('differ where the values do', () => {
    const values = ['a/b', 'a-b', 'a\\b', 'a:b', 'a=b', 'a b', `${'x'.repeat(300)}1`, `${'x'.repeat(300)}2`];
    expect(new Set(values.map((control) => cellName({ control }))).size).toBe(values.length);
  });
});
