export {
  type Affine,
  applyAffine,
  cornerDistance,
  identityAffine,
  invertAffine,
  multiplyAffines,
  type Shape,
  spacingOf,
  type Vector3,
} from './affine.ts';
export { type Box, boxAbove, centreBox, crop, cropGrid, cropInto } from './crop.ts';
export { compareLabels, type LabelAgreement, psnr, ssim } from './measures.ts';
export { type NiftiImage, parseNifti, parseNiftiHeader, type VoxelKind } from './nifti.ts';
export type { NiftiDatatype } from './nifti-datatype.ts';
export { labelNames, type NiftiExtension } from './nifti-extension.ts';
export type { NiftiHeader, NiftiNotes } from './nifti-header.ts';
export { seriesShape, volumeShape } from './nifti-shape.ts';
export type { AffineSource } from './nifti-transform.ts';
export { axisCodes, isOblique, obliquity, rasGrid, reorientToRas, turnToRas } from './orientation.ts';
export { resampleImage, resampleLabels, sourceSlices, spacingGrid } from './resample.ts';
export {
  chooseSliceWindow,
  labelledPerSlice,
  paperSliceRule,
  type SliceRule,
  type SliceWindow,
  sliceOffsets,
  takeSlices,
} from './slices.ts';
export {
  type Grid,
  type LabelVolume,
  makeGrid,
  makeVolume,
  type Volume,
  voxelAt,
  voxelCount,
} from './volume.ts';
export { abdomenWindow, windowIntensity } from './window.ts';
