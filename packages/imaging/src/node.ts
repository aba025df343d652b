export type { NiftiFormat } from './nifti-encode.ts';
export {
  checkNifti,
  type NiftiReadOptions,
  readNifti,
  readNiftiHeader,
  readNiftiSlabs,
  type Slab,
  type VolumeChoice,
} from './nifti-file.ts';
export { readNiftiSeries, readNiftiSeriesSlabs, type SeriesSlab } from './nifti-series.ts';
export type { SliceSpan } from './nifti-stream.ts';
export { type NiftiWriteOptions, NiftiWriter, writeNifti } from './nifti-writer.ts';
