// Calibrates intervals that are held as arrays, and applies the calibration to one more scan.
import {
  applyLambda,
  averageEvaluations,
  buildProfile,
  drawSplit,
  evaluateFits,
  fitSplit,
  intervalOf,
  makePartition,
  PAPER_OPTIONS,
  profileOptionsOf,
  randomStream,
  regionsOfSample,
} from '@semcrc/core';
import { loadKernels } from '@semcrc/kernels';

const shape = [2, 32, 32]; // slices × height × width
const labels = { 0: 'background', 1: 'body', 7: 'liver' };

/** Scan `index`: a truth, and the interval of a predictor that errs more in the liver than it thinks. */
function makeScan(index) {
  const random = randomStream(2025, index);
  const voxels = shape[0] * shape[1] * shape[2];
  const scan = {
    id: `scan-${index}`,
    patient: `scan-${index}`,
    shape,
    truth: new Float32Array(voxels),
    lower: new Float32Array(voxels),
    upper: new Float32Array(voxels),
    organs: new Uint8Array(voxels),
    mended: { clipped: 0, crossed: 0 },
  };
  for (let voxel = 0; voxel < voxels; voxel++) {
    const x = (voxel % 32) - 15.5;
    const y = (Math.floor(voxel / 32) % 32) - 15.5;
    const organ = Math.hypot(x, y) > 14 ? 0 : Math.hypot(x + 5, y) < 5 ? 7 : 1;
    const intensity = { 0: 0.05, 1: 0.5, 7: 0.6 }[organ];
    const error = { 0: 0.02, 1: 0.06, 7: 0.12 }[organ];
    scan.organs[voxel] = organ;
    scan.truth[voxel] = Math.min(Math.max(intensity + 2 * error * (random.uniform() - 0.5), 0), 1);
    scan.lower[voxel] = Math.max(intensity - 0.04, 0);
    scan.upper[voxel] = intensity + 0.04;
  }
  return scan;
}

const scans = Array.from({ length: 61 }, (_, index) => makeScan(index));
const newScan = scans.pop();
const byId = new Map(scans.map((scan) => [scan.id, scan]));
const cohort = {
  ids: [...byId.keys()],
  patients: [...byId.keys()],
  labels,
  read: async (id) => byId.get(id),
};

const kernels = await loadKernels();
const procedures = ['sem-crc'];
const epsilon = 0.1;
const split = drawSplit(cohort, { nOpt: 8, nCal: 48, nTest: 12 }, 0, 0); // seed 0, run 0
const wanted = profileOptionsOf(procedures, PAPER_OPTIONS);
const organs = makePartition({ kind: 'organ' }, labels);
const profiles = new Map(scans.map((scan) => [scan.id, buildProfile(kernels, scan, organs, wanted)]));
const data = { ...cohort, kernels, profileOf: (id) => profiles.get(id) };

const [{ fits }] = await fitSplit(data, split, procedures, [epsilon], PAPER_OPTIONS, { seed: 0, run: 0 });
const [fit] = fits;
const lambda = Object.fromEntries(fit.partition.keys.map((key, i) => [labels[key], fit.lambda[i]]));
const [onTest] = await evaluateFits(data, fits, split.test, wanted);

const { lower, upper } = applyLambda(
  kernels,
  intervalOf(newScan, PAPER_OPTIONS),
  regionsOfSample(fit.partition, newScan),
  fit,
);
const inside = newScan.truth.filter((value, voxel) => lower[voxel] <= value && value <= upper[voxel]);

console.log(
  JSON.stringify(
    { lambda, heldOut: averageEvaluations(onTest), newScanInside: inside.length / newScan.truth.length },
    null,
    2,
  ),
);
