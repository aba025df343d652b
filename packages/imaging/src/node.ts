export type { NiftiFormat } from './nifti-encode.ts';
export {
  checkNifti,
  type NiftiReadOptions,
  readNifti,
  readNiftiHeader,
  readNiftiSlabs,
  type Slab,
} from './nifti-file.ts';
export { type NiftiWriteOptions, NiftiWriter, writeNifti } from './nifti-writer.ts';
