import {
  type Calibration,
  type EvaluationDocument,
  type ExperimentDocument,
  excessOf,
  type RunRecord,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import type { ExampleScan } from '../src/maps/example.ts';

/** Seeded numbers in [0, 1). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const LABELS: Readonly<Record<string, string>> = {
  0: 'background',
  1: 'body',
  2: 'spleen',
  7: 'liver',
  10: 'inferior_vena_cava',
};

/** What a made experiment is like. */
export interface Making {
  readonly seed?: number;
  readonly runs?: number;
  readonly epsilon?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly scanName?: (at: number) => string;
  readonly source?: string;
  readonly tests?: number;
  readonly twoSided?: boolean;
  /** Mean risk of procedures, whose every organ has it, too. */
  readonly risk?: number;
}

const PROCEDURES = ['crc', 'k-crc', 'sem-crc', 'organ-crc'] as const;

/** An experiment's document with every optional part, of seeded numbers. */
export function madeDocument({
  seed = 1,
  runs = 6,
  epsilon = 0.1,
  labels = LABELS,
  scanName = (at) => `scan-${at}`,
  source = 'made/manifest.csv',
  tests = 12,
  twoSided = false,
  risk = 0.08,
}: Making = {}): ExperimentDocument {
  const next = numbers(seed);
  const pool = Array.from({ length: 28 + tests }, (_, at) => scanName(at));
  const records = Array.from({ length: runs }, (_, run) => {
    const turned = pool.map((_, at) => pool[(at + 5 * run) % pool.length]);
    const split = { opt: turned.slice(0, 8), cal: turned.slice(8, 28), test: turned.slice(28) };
    return PROCEDURES.map((procedure): RunRecord => {
      const mean = risk * (0.9 + 0.2 * next());
      const losses = split.test.map(() => mean * (0.5 + next()));
      const lengths = split.test.map(() => 0.15 * (0.9 + 0.2 * next()));
      const average = (values: readonly number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      const lambda = () => Math.fround(0.08 * next());
      const ids = Object.keys(labels);
      const byOrgan = procedure === 'sem-crc' || procedure === 'organ-crc';
      const keys = byOrgan ? ids : procedure === 'crc' ? ['all'] : ['0', '1', '2', '3'];
      return {
        procedure,
        run,
        split,
        n: procedure === 'crc' ? 28 : 20,
        anchor:
          procedure === 'sem-crc'
            ? {
                method: 'gamma',
                lambda: Object.fromEntries(ids.map((id) => [id, lambda()])),
                objective: 0.06,
                lowerBound: 0.0599,
                gap: 0.0001,
                absent: [],
                gamma: 0.7,
                atRangeEnd: true,
                perGamma: [
                  { gamma: 0.5, state: 'pruned', lowerBound: 0.065, upperBound: null },
                  { gamma: 0.7, state: 'solved', lowerBound: 0.0599, upperBound: 0.06 },
                ],
              }
            : null,
        omega: procedure === 'sem-crc' ? -0.01 : null,
        pathPosition: null,
        lambda: Object.fromEntries(
          keys.map((key) => [key, byOrgan && twoSided ? { below: lambda(), above: lambda() } : lambda()]),
        ),
        organs:
          procedure === 'organ-crc'
            ? Object.fromEntries(
                ids.map((id) => [
                  id,
                  { status: 'calibrated', nCal: 20, losses: { n: 20, mean, sd: 0.3 * mean } },
                ]),
              )
            : {},
        losses: { n: 20, mean, sd: 0.3 * mean },
        moreScans: [
          { n: 40, length: average(lengths) * 0.95 },
          { n: 80, length: average(lengths) * 0.93 },
        ],
        test: {
          risk: average(losses),
          length: average(lengths),
          units: tests,
          sd: 0.3 * mean,
          organs: Object.fromEntries(
            ids.map((id) => [
              id,
              {
                risk: mean * (0.8 + 0.4 * next()),
                length: 0.2 * next(),
                scans: tests,
                units: tests,
                sd: 0.4 * mean,
              },
            ]),
          ),
          perScan: { risk: losses, length: lengths },
        },
        seconds: { anchor: 1, backtrack: 1, evaluate: 1 },
      };
    });
  }).flat();
  return {
    schema: 'semcrc/experiment@1',
    config: { source, window: [-175, 250], epsilon, bound: 'crc', within: 'scan', sourceDigest: 'abc' },
    labels: { ...labels },
    units: { intensity: 'share of window', window: [-175, 250], huPerUnit: 425 },
    versions: { semcrc: '0.1.0' },
    runs: records,
    summary: [],
  };
}

/** A scan of two slices, 6 × 5, with an organ in a corner: truth 0.5 all over, calibrated intervals that miss some voxels. */
export function madeExample(scan = 'scan-3'): ExampleScan {
  const shape = [2, 5, 6] as const;
  const voxels = 2 * 5 * 6;
  const filled = (value: number) => new Float32Array(voxels).fill(value);
  const groups = new Uint8Array(voxels);
  // The organ stands in the second slice, at x 0..1, y 0..1: the patient's left, at the back.
  for (const at of [0, 1, 6, 7]) groups[30 + at] = 7;
  const upper = filled(0.6);
  upper[30 + 0] = 0.45;
  return {
    scan,
    run: 0,
    rule: 'It has the median loss.',
    slices: [3, 9],
    shape,
    pixel: [1, 2],
    truth: filled(0.5),
    lower: filled(0.42),
    upper: filled(0.55),
    point: filled(0.5),
    measurement: filled(0.3),
    groups,
    calibrated: { crc: { lower: filled(0.4), upper: filled(0.6) }, 'sem-crc': { lower: filled(0.4), upper } },
  };
}

/** A calibration of sem-crc with every optional part. */
export function madeCalibration(): Calibration {
  const { runs, labels, units } = madeDocument({ runs: 1 });
  const { procedure, split, n, anchor, omega, pathPosition, lambda, organs, losses, moreScans, test } =
    runs.find((record) => record.procedure === 'sem-crc')!;
  return {
    schema: 'semcrc/calibration@2',
    ...{
      procedure,
      epsilon: 0.1,
      bound: 'crc',
      delta: null,
      heuristic: 'quantile',
      weightFloor: 0.01,
      alpha: 0.1,
    },
    ...{
      sampleQuantiles: 'plain',
      within: 'scan',
      sides: 1,
      shrink: false,
      labels,
      partition: { kind: 'organ' },
    },
    guarantee: 'The expected share of a scan’s voxels outside their intervals is at most 0.1.',
    ...{
      lambda,
      anchor,
      omega,
      pathPosition,
      n,
      organs,
      losses: losses!,
      moreScans: moreScans!,
      units: units!,
    },
    ...{ mended: { clipped: 12, crossed: 0 }, seed: 0, split, test },
    source: {
      name: 'made/manifest.csv',
      digest: 'abc',
      scans: 40,
      leftOut: 0,
      preparing: { ...UNKNOWN_PREPARING, window: [-175, 250] },
    },
    versions: { semcrc: '0.1.0' },
  };
}

/** What an evaluation of the made calibration might say. */
export function madeEvaluation(): EvaluationDocument {
  const part = (mean: number) => ({
    risk: { mean, low: mean * 0.9, high: mean * 1.1, sd: mean * 0.3 },
    length: { mean: 0.15, low: 0.14, high: 0.16, sd: 0.01 },
    scans: 30,
    patients: 30,
  });
  const measured = {
    ...part(0.13),
    organs: Object.fromEntries(Object.keys(LABELS).map((id) => [id, part(0.1 + Number(id) / 100)])),
  };
  return {
    schema: 'semcrc/evaluation@1',
    ...{ calibration: 'calibration.json', procedure: 'sem-crc', epsilon: 0.1, calibratedOn: 3 },
    source: { name: 'new/manifest.csv', digest: 'def' },
    labels: LABELS,
    ...measured,
    excess: excessOf(madeCalibration(), measured),
    extrapolation: 'The promise was calibrated on slices; these are whole scans.',
  };
}
