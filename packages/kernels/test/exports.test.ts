import { expect, test } from 'vitest';
import * as face from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';

const KERNELS = [
  'backProjectCone',
  'backProjectStack',
  'binEdges',
  'binResiduals',
  'cellLoss',
  'clampedLength',
  'clampedLengthByPixel',
  'computeScaledScores',
  'computeScores',
  'countGroups',
  'countMarked',
  'coverageSweep',
  'denseNetwork',
  'divideByPixel',
  'divideGroups',
  'divideSides',
  'edgePreservingMean',
  'filterActive',
  'filterWithin',
  'firstNaN',
  'gather',
  'lossSweep',
  'markMissed',
  'missesBySegment',
  'profileEdges',
  'profileScores',
  'projectCone',
  'projectStack',
  'radixSort',
  'resampleLinear',
  'resampleNearest',
  'sumWidths',
  'trainDenseNetwork',
  'widenIntervals',
];

test('the public names are these and no others', () => {
  const others = [
    'SemcrcError',
    'describeFound',
    'loadBaselineKernels',
    'loadKernels',
    'loadProjector',
    'loadResampler',
    'lowerSigned',
    'pauseWhenDue',
    'raiseSigned',
    'sharedInstance',
    'simdSupported',
  ];
  expect(Object.keys(face).sort()).toEqual([...others, ...KERNELS].sort());
});

test('every kernel has a scalar twin of the same name, and there are no other twins', () => {
  expect(Object.keys(scalar).sort()).toEqual(KERNELS);
  for (const name of KERNELS) expect(face).toHaveProperty(name);
});
