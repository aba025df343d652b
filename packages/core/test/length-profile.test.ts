import { loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sumsOfProfile } from '../src/evaluate/profile-sums.ts';
import { evaluationOf } from '../src/evaluate/scan-evaluation.ts';
import {
  buildProfile,
  type CalibratedLambda,
  evaluateScan,
  makePartition,
  type Profile,
  type Sample,
} from '../src/index.ts';

const kernels = await loadKernels();

function evaluateProfile(profile: Profile, calibrated: CalibratedLambda) {
  const sums = sumsOfProfile(profile, calibrated);
  return sums && evaluationOf(profile, sums);
}

const labels = { '0': 'background', '1': 'body', '3': 'kidney_right' };
const organs = makePartition({ kind: 'organ' }, labels);
const uniform = makePartition({ kind: 'uniform' }, labels);

/** Intensities on both edges of the range, near them, ties, and all between. */
const intensity = fc.oneof(
  fc.constantFrom(0, 1, 0.125, 0.875, Math.fround(1e-40), Math.fround(1 - 2 ** -24)),
  fc.float({ min: 0, max: 1, noNaN: true }),
  fc.float({ min: 0, max: Math.fround(0.15), noNaN: true }),
  fc.float({ min: Math.fround(0.85), max: 1, noNaN: true }),
);
const sampleOf = fc
  .array(fc.tuple(intensity, intensity, intensity, fc.constantFrom(0, 1, 3)), {
    minLength: 1,
    maxLength: 200,
  })
  .map(
    (voxels): Sample => ({
      id: 'scan',
      patient: 'scan',
      shape: [1, 1, voxels.length],
      truth: Float32Array.from(voxels, ([truth]) => truth),
      lower: Float32Array.from(voxels, ([, a, b]) => Math.min(a, b)),
      upper: Float32Array.from(voxels, ([, a, b]) => Math.max(a, b)),
      organs: Uint8Array.from(voxels, ([, , , group]) => group),
      mended: { clipped: 0, crossed: 0 },
    }),
  );
const withinReach = fc.float({ min: 0, max: 0.125, noNaN: true });
const anyLambda = fc.oneof(withinReach, fc.constant(Number.POSITIVE_INFINITY));

function expectEqual(sample: Sample, calibrated: CalibratedLambda, within: 'scan' | 'body'): void {
  const options = { sides: 2, within, lengths: true } as const;
  const profile = buildProfile(kernels, sample, organs, options);
  const known = evaluateProfile(profile, calibrated);
  const [read] = evaluateScan(kernels, sample, profile, [calibrated], options);
  expect(known).not.toBeNull();
  expect(known?.risk).toBe(read.risk);
  expect(known?.length).toBeCloseTo(read.length, 12);
  expect(Object.keys(known?.organs ?? {})).toEqual(Object.keys(read.organs));
  for (const [organ, { risk, length }] of Object.entries(read.organs)) {
    expect(known?.organs[organ].risk).toBe(risk);
    expect(known?.organs[organ].length).toBeCloseTo(length, 12);
  }
}

it.each(['scan', 'body'] as const)(
  'evaluates from the profile what the voxels give: λ by organ, within %s',
  (within) => {
    fc.assert(
      fc.property(sampleOf, fc.array(anyLambda, { minLength: 3, maxLength: 3 }), (sample, lambda) => {
        expectEqual(sample, { partition: organs, sides: 1, lambda: Float32Array.from(lambda) }, within);
      }),
    );
  },
);

it('evaluates from the profile what the voxels give: two sides, and one λ for all', () => {
  fc.assert(
    fc.property(sampleOf, fc.array(withinReach, { minLength: 6, maxLength: 6 }), (sample, lambda) => {
      expectEqual(sample, { partition: organs, sides: 2, lambda: Float32Array.from(lambda) }, 'scan');
      expectEqual(
        sample,
        { partition: uniform, sides: 1, lambda: Float32Array.from(lambda.slice(0, 1)) },
        'scan',
      );
    }),
  );
});

it('asks for the voxels beyond its reach, and only if an organ there needs them', () => {
  fc.assert(
    fc.property(sampleOf, (sample) => {
      const profile = buildProfile(kernels, sample, organs, { lengths: true });
      const far = Math.fround(0.126);
      const known = evaluateProfile(profile, {
        partition: organs,
        sides: 1,
        lambda: Float32Array.of(0, 0, far),
      });
      expect(known === null).toBe(sample.organs.includes(3));
    }),
  );
});

it('adds up as many distances as blocks and beyond hold', () => {
  for (const voxels of [31, 32, 33, 63, 64, 65, 1000]) {
    const values = Float32Array.from({ length: voxels }, (_, voxel) => (voxel % 125) / 1000);
    const sample: Sample = {
      id: 'ramp',
      patient: 'ramp',
      shape: [1, 1, voxels],
      truth: values,
      lower: values,
      upper: values.map((value) => 1 - value),
      organs: new Uint8Array(voxels).fill(1),
      mended: { clipped: 0, crossed: 0 },
    };
    for (const lambda of [0, 0.001, 0.05, 0.1245, 0.125]) {
      expectEqual(sample, { partition: uniform, sides: 1, lambda: Float32Array.of(lambda) }, 'scan');
    }
  }
});
