export { checkNifti, readNifti, readNiftiHeader, readNiftiSlabs, type Slab } from './nifti-file.ts';
