import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ABDOMEN40, semcrc, withoutAbdomen40 } from './command.ts';
import type { Experiment, Run } from './experiment-json.ts';
import {
  holds,
  type LambdaOf,
  mean,
  meanLength,
  missShare,
  type PlainScan,
  readPlainCohort,
  smallestLambda,
} from './plain-cohort.ts';
import { readPlainNifti } from './plain-nifti.ts';

const EPSILON = 0.1;
const SIZES = ['--epsilon', String(EPSILON), '--n-opt', '8', '--n-cal', '28', '--n-test', '12'];
const RUNS = 2;
const GROUPS = ['0', '1', '2', '3', '4', '5', '7', '8', '9', '10', '12'];

if (withoutAbdomen40) console.warn(`skipping the recount on real scans: ${withoutAbdomen40}`);

/** Everything below is recounted from the files with plain loops: no kernels, no semcrc package. */
describe.skipIf(withoutAbdomen40)('on real scans', () => {
  let directory: string;
  let scans: Map<string, PlainScan>;
  let experiment: Experiment;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'semcrc-real-'));
    const out = join(directory, 'results');
    const outcome = semcrc([
      ...['experiment', ABDOMEN40, '--prepare', 'none', '--labels', 'suprem', ...SIZES],
      ...['--procedures', 'crc,k-crc,sem-crc,organ-crc'],
      ...['--runs', String(RUNS), '--seed', '7', '--out', out],
    ]);
    expect(outcome.stderr).not.toMatch(/error/);
    expect(outcome.code).toBe(0);
    experiment = JSON.parse(readFileSync(join(out, 'experiment.json'), 'utf8'));
    scans = readPlainCohort(ABDOMEN40);
  }, 120_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const chosen = (ids: readonly string[]) => ids.map((id) => scans.get(id)!);
  const of = (procedure: string) => experiment.runs.filter((run) => run.procedure === procedure);

  /** λ of each voxel under a run. */
  function lambdaOf(run: Run): LambdaOf {
    if (run.procedure === 'crc') {
      const lambda = Number(run.lambda.all);
      return () => lambda;
    }
    if (run.procedure === 'k-crc') {
      const lambda = Object.entries(run.lambda).map(([, value]) => Number(value));
      const map = membership(run);
      return (_, voxel) => lambda[map[voxel % map.length]!]!;
    }
    const lambda: number[] = [];
    for (const [group, value] of Object.entries(run.lambda)) lambda[Number(group)] = Number(value);
    return (scan, voxel) => lambda[scan.groups[voxel]!]!;
  }

  function membership(run: Run): Float32Array {
    const file = `run-${String(run.run).padStart(3, '0')}.nii.gz`;
    return readPlainNifti(join(directory, 'results', 'membership', file)).values;
  }

  test('holds the four procedures of the paper over the same splits, sized as asked', () => {
    expect(experiment.schema).toBe('semcrc/experiment@1');
    expect(experiment.config).toMatchObject({
      procedures: ['crc', 'k-crc', 'sem-crc', 'organ-crc'],
      epsilon: EPSILON,
      nOpt: 8,
      nCal: 28,
      nTest: 12,
      runs: RUNS,
      seed: 7,
      anchor: 'gamma',
      anchorVoxels: 'all',
      backtrack: 'line',
      sides: 'one',
      strata: [],
      bound: 'crc',
      heuristic: 'quantile',
      within: 'scan',
    });
    expect(Object.keys(experiment.labels)).toEqual(GROUPS);
    expect(experiment.runs.length).toBe(4 * RUNS);
    for (const { run, split } of experiment.runs) {
      expect([split.opt.length, split.cal.length, split.test.length]).toEqual([8, 20, 12]);
      expect(new Set([...split.opt, ...split.cal, ...split.test]).size).toBe(40);
      expect(split).toEqual(experiment.runs.find((other) => other.run === run)!.split);
    }
    expect(of('crc')[0]!.split).not.toEqual(of('crc')[1]!.split);
  });

  test('every λ is an f32', () => {
    for (const { lambda } of experiment.runs) {
      for (const value of Object.values(lambda)) {
        if (value !== 'Infinity') expect(Math.fround(value)).toBe(value);
      }
    }
  });

  test('crc: λ̂ is the smallest score with which the condition holds on opt and cal', () => {
    for (const { split, lambda } of of('crc')) {
      expect(Object.keys(lambda)).toEqual(['all']);
      expect(lambda.all).toBe(smallestLambda(chosen([...split.opt, ...split.cal]), EPSILON));
    }
  });

  test.each(['k-crc', 'sem-crc'])(
    '%s: λ̂ lies on the line, meets the condition on cal, and no longer one step back',
    (procedure) => {
      for (const run of of(procedure)) {
        const omega = run.omega!;
        const anchor = run.anchor!.lambda;
        const at = (offset: number): Run => ({
          ...run,
          lambda: Object.fromEntries(
            Object.keys(run.lambda).map((key) => [key, Math.fround(Math.max(anchor[key]! + offset, 0))]),
          ),
        });
        expect(at(omega).lambda).toEqual(run.lambda);
        const losses = (lambda: LambdaOf) => chosen(run.split.cal).map((scan) => missShare(scan, lambda));
        expect(holds(losses(lambdaOf(run)), EPSILON)).toBe(true);
        expect(Math.max(...Object.values(run.lambda).map(Number))).toBeGreaterThan(0);
        expect(holds(losses(lambdaOf(at(omega - 1e-6))), EPSILON)).toBe(false);
      }
    },
  );

  test('k-crc: the position map cuts the opt error map at its quartiles', () => {
    for (const run of of('k-crc')) {
      const opt = chosen(run.split.opt);
      const [slices, height, width] = opt[0]!.shape;
      const share = new Float64Array(height * width);
      for (const scan of opt) {
        for (let j = 0; j < scan.scores.length; j++) if (scan.scores[j]! > 0) share[j % share.length]!++;
      }
      for (let pixel = 0; pixel < share.length; pixel++) share[pixel]! /= slices * opt.length;
      const sorted = share.slice().sort();
      const quantile = (p: number) => {
        const at = p * (sorted.length - 1);
        const low = Math.floor(at);
        return sorted[low]! + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)]! - sorted[low]!);
      };
      const cuts = [...new Set([0.25, 0.5, 0.75].map(quantile))].filter((cut) => cut < sorted.at(-1)!);
      const map = membership(run);
      expect(Array.from(map)).toEqual(Array.from(share, (value) => cuts.filter((cut) => value > cut).length));
      expect(Object.keys(run.lambda)).toEqual(
        Array.from({ length: cuts.length + 1 }, (_, group) => String(group)),
      );
    }
  });

  test.each(['k-crc', 'sem-crc'])(
    '%s: the anchor is feasible on every opt voxel, between its bounds',
    (procedure) => {
      for (const run of of(procedure)) {
        const { gamma, lambda: anchor, objective, lowerBound, gap } = run.anchor!;
        const q = gamma / (1 - gamma);
        const lambda = lambdaOf({ ...run, lambda: anchor });
        const opt = chosen(run.split.opt);
        const surrogate = opt.map((scan) => {
          let loss = 0;
          for (let j = 0; j < scan.truth.length; j++) {
            const distance = Math.abs(scan.truth[j]! - (scan.lower[j]! + scan.upper[j]!) / 2);
            const size = scan.upper[j]! - scan.lower[j]! + 2 * lambda(scan, j);
            if (distance > 0) loss += Math.max(0, (2 * (1 + q) * distance) / size - q);
          }
          return loss / scan.truth.length;
        });
        // The published point is rounded to f32, and sums of 1.4 million terms to about 1e-9.
        expect(mean(surrogate)).toBeLessThanOrEqual(EPSILON + 1e-7);
        const cost = mean(
          opt.map((scan) => {
            let sum = 0;
            for (let j = 0; j < scan.truth.length; j++) sum += lambda(scan, j);
            return sum / scan.truth.length;
          }),
        );
        expect(objective / cost).toBeCloseTo(1, 6);
        expect(lowerBound).toBeLessThanOrEqual(objective);
        expect(gap).toBeCloseTo((objective - lowerBound) / objective, 12);
        expect(gap).toBeLessThanOrEqual(1e-4);
      }
    },
  );

  test("organ-crc: λ̂_k is the smallest score with which the condition holds on the organ's own voxels", () => {
    for (const run of of('organ-crc')) {
      expect(Object.keys(run.lambda)).toEqual(GROUPS);
      expect(Object.keys(run.organs)).toEqual(GROUPS);
      for (const group of GROUPS) {
        const inGroup = (scan: PlainScan, voxel: number) => scan.groups[voxel] === Number(group);
        const members = chosen(run.split.cal).filter((scan) => scan.groups.includes(Number(group)));
        const { status, nCal } = run.organs[group]!;
        expect(nCal).toBe(members.length);
        expect(status).toBe(nCal === 0 ? 'absent' : nCal < 9 ? 'infeasible' : 'calibrated');
        expect(run.lambda[group]).toBe(nCal < 9 ? 'Infinity' : smallestLambda(members, EPSILON, inGroup));
      }
    }
  });

  test('held-out risk and length, whole and by organ', () => {
    for (const run of experiment.runs) {
      const held = chosen(run.split.test);
      const lambda = lambdaOf(run);
      near(run.test.risk, mean(held.map((scan) => missShare(scan, lambda))));
      near(run.test.length, mean(held.map((scan) => meanLength(scan, lambda))));
      for (const group of GROUPS) {
        const members = held.filter((scan) => scan.groups.includes(Number(group)));
        const organ = run.test.organs[group];
        expect(organ?.scans ?? 0).toBe(members.length);
        if (organ === undefined) continue;
        near(organ.risk, mean(members.map((scan) => missShare(scan, lambda, Number(group)))));
        near(organ.length, mean(members.map((scan) => meanLength(scan, lambda, Number(group)))));
      }
    }
  });

  test('the summary is the mean and population sd over runs', () => {
    expect(experiment.summary.map(({ procedure }) => procedure)).toEqual([
      'crc',
      'k-crc',
      'sem-crc',
      'organ-crc',
    ]);
    for (const row of experiment.summary) {
      for (const measure of ['risk', 'length'] as const) {
        const values = of(row.procedure).map(({ test }) => test[measure]);
        near(row[measure].mean, mean(values));
        near(row[measure].sd, Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2))), 1e-12);
      }
    }
  });

  test('calibrate finds the same λ on the same split, and writes it with its guarantee', () => {
    const out = join(directory, 'calibration.json');
    const outcome = semcrc([
      ...['calibrate', ABDOMEN40, '--procedure', 'sem-crc', '--labels', 'suprem', ...SIZES],
      ...['--seed', '7', '--out', out],
    ]);
    expect(outcome.code).toBe(0);
    const calibration = JSON.parse(readFileSync(out, 'utf8'));
    const [run] = of('sem-crc');
    expect(calibration).toMatchObject({
      schema: 'semcrc/calibration@2',
      procedure: 'sem-crc',
      epsilon: EPSILON,
      split: run.split,
      lambda: run.lambda,
      test: run.test,
      n: 20,
    });
    expect(calibration.guarantee).toMatch(/expected share .* at most 0\.1/);
    expect(outcome.stdout).toContain(
      `risk ${run.test.risk.toFixed(5)}, length ${run.test.length.toFixed(5)}`,
    );
    expect(outcome.stdout.replaceAll('\n', ' ')).toContain(calibration.guarantee);
    for (const name of Object.values(experiment.labels)) expect(outcome.stdout).toContain(name);
  });
});

/** To 1e-9 of the size, or to `floor` where the size is nothing. */
function near(found: number, expected: number, floor = 1e-15): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected) + floor);
}
