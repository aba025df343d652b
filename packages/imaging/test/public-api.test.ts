import { expect, it } from 'vitest';
import * as browser from '../src/index.ts';
import * as node from '../src/node.ts';

it('exports these names from @semcrc/imaging', () => {
  expect(Object.keys(browser).sort()).toEqual([
    'abdomenWindow',
    'applyAffine',
    'axisCodes',
    'boxAbove',
    'centreBox',
    'chooseSliceWindow',
    'compareLabels',
    'cornerDistance',
    'crop',
    'cropGrid',
    'cropInto',
    'identityAffine',
    'invertAffine',
    'isOblique',
    'labelNames',
    'labelledPerSlice',
    'makeGrid',
    'makeVolume',
    'multiplyAffines',
    'obliquity',
    'paperSliceRule',
    'parseNifti',
    'parseNiftiHeader',
    'psnr',
    'rasGrid',
    'reorientToRas',
    'resampleImage',
    'resampleLabels',
    'seriesShape',
    'sliceOffsets',
    'sourceSlices',
    'spacingGrid',
    'spacingOf',
    'ssim',
    'takeSlices',
    'turnToRas',
    'volumeShape',
    'voxelAt',
    'voxelCount',
    'windowIntensity',
  ]);
});

it('exports these names from @semcrc/imaging/node', () => {
  expect(Object.keys(node).sort()).toEqual([
    'NiftiWriter',
    'checkNifti',
    'readNifti',
    'readNiftiHeader',
    'readNiftiSeries',
    'readNiftiSeriesSlabs',
    'readNiftiSlabs',
    'writeNifti',
  ]);
});
