import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CALIBRATION_SCHEMA, type Calibration, UNKNOWN_PREPARING } from '@semcrc/core';
import type { ApplyFiles } from '../src/node.ts';
import { type PlainFile, writeNifti } from './plain-nifti.ts';
import { uniform } from './random-cohort.ts';

export const SIZE = [7, 6, 5] as const;
export const VOXELS = 210;
export const SUPREM_LABELS = {
  0: 'background',
  1: 'body',
  2: 'spleen',
  3: 'kidney_right',
  4: 'kidney_left',
  5: 'gallbladder',
  7: 'liver',
  8: 'stomach',
  9: 'aorta',
  10: 'inferior_vena_cava',
  12: 'pancreas',
};
export const LAMBDA = Object.fromEntries(
  Object.keys(SUPREM_LABELS).map((id) => [id, Math.fround(0.01 * (Number(id) + 1))]),
);

export function calibration(changes: Partial<Calibration> = {}): Calibration {
  return {
    schema: CALIBRATION_SCHEMA,
    procedure: 'sem-crc',
    epsilon: 0.1,
    bound: 'crc',
    delta: null,
    heuristic: 'quantile',
    weightFloor: 0.01,
    alpha: 0.1,
    sampleQuantiles: 'plain',
    shrink: false,
    within: 'scan',
    sides: 1,
    guarantee: 'what it promises',
    labels: SUPREM_LABELS,
    partition: { kind: 'organ' },
    lambda: LAMBDA,
    anchor: null,
    omega: 0,
    pathPosition: null,
    n: 28,
    organs: Object.fromEntries(
      Object.keys(SUPREM_LABELS).map((id) => [id, { status: 'calibrated', nCal: 28 }]),
    ),
    seed: 0,
    split: { opt: [], cal: [], test: [] },
    losses: { n: 28, mean: 0.06, sd: 0.02 },
    source: { name: 'a cohort', digest: '', scans: 40, leftOut: 0, preparing: UNKNOWN_PREPARING },
    test: null,
    versions: {},
    ...changes,
  };
}

export const AFFINE = [
  [-2, 0, 0, 30],
  [0, 2, 0, -20],
  [0, 0, 3, 5],
];

export interface Scan {
  lower: Float32Array;
  upper: Float32Array;
  seg: Uint8Array;
  point?: Float32Array;
  body?: Uint8Array;
}

export function randomScan(seed: number): Scan {
  const next = uniform(seed);
  const lower = Float32Array.from({ length: VOXELS }, () => next() * 0.6);
  return {
    lower,
    upper: lower.map((value) => value + next() * 0.3),
    seg: Uint8Array.from({ length: VOXELS }, () => Math.floor(next() * 12)),
  };
}

/** Writes a scan's files into a folder, which is made. */
export function writeScanFiles(home: string, scan: Scan, more: Partial<PlainFile> = {}): ApplyFiles {
  mkdirSync(home, { recursive: true });
  const put = (name: string, values: ArrayLike<number>, type: PlainFile['type']) => {
    const path = join(home, `${name}.nii.gz`);
    writeNifti(path, { size: SIZE, type, values, affine: AFFINE, ...more });
    return path;
  };
  return {
    lower: put('lower', scan.lower, 'float32'),
    upper: put('upper', scan.upper, 'float32'),
    segmentation: put('seg', scan.seg, 'uint8'),
    ...(scan.point ? { point: put('point', scan.point, 'float32') } : {}),
    ...(scan.body ? { body: put('body', scan.body, 'uint8') } : {}),
  };
}

/** Group of a SuPreM label without a body mask. */
export const labelOf = (label: number): number =>
  label === 0 ? 0 : [1, 2, 3, 4, 6, 7, 8, 9, 11].includes(label) ? label + 1 : 1;
