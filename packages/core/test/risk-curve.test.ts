import { loadKernels } from '@semcrc/kernels';
import { expect, it } from 'vitest';
import { averageCurves, PAPER_OPTIONS, type Sample, sweepScan } from '../src/index.ts';

const kernels = await loadKernels();
const labels = { '0': 'background', '1': 'body', '2': 'spleen' };
const grid = Float32Array.of(0, 0.25);

/** A scan whose voxel j lies scores[j] above its interval, which is a point at 0. */
function scan(id: string, patient: string, scores: number[], organs: number[]): Sample {
  const zeros = new Float32Array(scores.length);
  return {
    id,
    patient,
    shape: [1, 1, scores.length],
    truth: Float32Array.from(scores),
    lower: zeros,
    upper: zeros,
    organs: Uint8Array.from(organs),
    mended: { clipped: 0, crossed: 0 },
  };
}

const scans = [
  scan('a1', 'a', [0.5, 0, 0, 0], [0, 1, 1, 2]),
  scan('a2', 'a', [0.5, 0.5, 0.1, 0.5], [0, 1, 1, 2]),
  scan('b', 'b', [0.1, 0.5, 0, 0], [0, 0, 1, 1]),
];

it('counts a patient with the mean over its scans, and for an organ over those that contain it', () => {
  const curve = averageCurves(
    grid,
    scans.map((sample) => sweepScan(kernels, sample, labels, grid)),
  );
  expect(curve.risk).toEqual([((1 / 4 + 4 / 4) / 2 + 2 / 4) / 2, ((1 / 4 + 3 / 4) / 2 + 1 / 4) / 2]);
  expect(curve.organs['1']).toEqual([((0 + 2 / 2) / 2 + 0) / 2, ((0 + 1 / 2) / 2 + 0) / 2]);
  expect(curve.organs['2']).toEqual([(0 + 1) / 2, (0 + 1) / 2]);
});

it('leaves background out within the body', () => {
  const curve = averageCurves(
    grid,
    scans.map((sample) => sweepScan(kernels, sample, labels, grid, { ...PAPER_OPTIONS, within: 'body' })),
  );
  expect(curve.organs['0']).toBeUndefined();
  expect(curve.risk[0]).toBeCloseTo(((0 + 3 / 3) / 2 + 0) / 2, 15);
});
