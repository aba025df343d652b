export { AtomicFile, commitTogether, writeFileAtomic, writeFolderAtomic } from './files/atomic-file.ts';
export { diskFiles } from './files/disk-files.ts';
export {
  openRegularFile,
  readTextFile,
  readTextFileSync,
  type TextOptions,
  withRegularFileSync,
} from './files/input.ts';
export { checkOutput, kindOfResult, type OutputRules, replacesKind, unwritable } from './files/output.ts';
export { reasonOf } from './files/system-error.ts';
export { resolveLabelling } from './labels/resolve-labelling.ts';
export {
  checkNifti,
  diskNifti,
  readNifti,
  readNiftiHeader,
  readNiftiSeries,
  readNiftiSeriesSlabs,
  readNiftiSlabs,
} from './nifti/disk-nifti.ts';
export type { NiftiFormat } from './nifti/encode-header.ts';
export type { NiftiReadOptions, Slab, VolumeChoice } from './nifti/file.ts';
export type { SeriesSlab } from './nifti/series.ts';
export type { SliceSpan } from './nifti/stream.ts';
export { type NiftiWriteOptions, NiftiWriter, writeNifti } from './nifti/writer.ts';
