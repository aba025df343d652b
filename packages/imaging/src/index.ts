export { droppedFiles, type LazyFile } from './files/dropped-files.ts';
export type { FileBlob } from './files/file-blob.ts';
export { type ByteRuns, type Files, type OpenFile, unreadable } from './files/open-file.ts';
export {
  type Affine,
  applyAffine,
  cornerDistance,
  identityAffine,
  invertAffine,
  multiplyAffines,
  type Shape,
  sliceAffine,
  spacingOf,
  type Vector3,
} from './grid/affine.ts';
export { compareGrids, type GridAgreement, shareOfVoxel } from './grid/agreement.ts';
export { type Box, boxAbove, centreBox, crop, cropGrid, cropInto, uncrop } from './grid/crop.ts';
export {
  axisCodes,
  isOblique,
  obliquity,
  orientTo,
  rasGrid,
  reorientToRas,
  turnToRas,
} from './grid/orientation.ts';
export { resampleImage, resampleLabels, sourceSlices, spacingGrid } from './grid/resample.ts';
export {
  type Grid,
  type LabelVolume,
  makeGrid,
  makeVolume,
  type Volume,
  voxelAt,
  voxelCount,
} from './grid/volume.ts';
export {
  assignLabels,
  BACKGROUND,
  BODY,
  checkLabelTable,
  FIRST_EXTRA,
  type Labelling,
  type LabelTable,
  organLabels,
  UNKNOWN_LABEL,
} from './labels/labelling.ts';
export {
  canonicalName,
  type LabelScheme,
  labelMapSchema,
  namedScheme,
  parseLabelMap,
  schemeNames,
  schemesThatFit,
} from './labels/scheme.ts';
export {
  compareLabels,
  type LabelAgreement,
  type Plane,
  planeForSsim,
  psnr,
  ssim,
} from './measures.ts';
export { NiftiBlobWriter } from './nifti/blob-writer.ts';
export type { NiftiDatatype } from './nifti/datatype.ts';
export { labelNames, type NiftiExtension } from './nifti/extension.ts';
export type { NiftiHeader, NiftiNotes } from './nifti/header.ts';
export { type NiftiImage, parseNifti, parseNiftiHeader, type VoxelKind } from './nifti/memory.ts';
export { NiftiFiles } from './nifti/nifti-files.ts';
export { seriesShape, volumeShape } from './nifti/shape.ts';
export type { AffineSource } from './nifti/transform.ts';
export { restoreImage, restoreLabels } from './prepare/restore.ts';
export {
  type CutChoice,
  chooseCut,
  firstPixel,
  type PaperSlices,
  type ScanCut,
  type SliceRoom,
  sliceBoxes,
  sliceGrids,
  stackSlices,
  takeImage,
  takeLabels,
  wholeSlices,
} from './prepare/scan-cut.ts';
export {
  chooseSliceWindow,
  labelledPerSlice,
  paperSliceRule,
  type SliceRule,
  type SliceWindow,
  sliceOffsets,
  takeSlices,
} from './prepare/slices.ts';
export { abdomenWindow, unwindowIntensity, windowIntensity } from './prepare/window.ts';
