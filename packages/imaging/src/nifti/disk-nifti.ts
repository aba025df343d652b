// NIfTI files of this machine.
import { diskFiles } from '../files/disk-files.ts';
import { NiftiFiles } from './nifti-files.ts';

/** Reads NIfTI files from the disk. */
export const diskNifti = new NiftiFiles(diskFiles);

/** As {@link NiftiFiles.header}, from the disk. */
export const readNiftiHeader: NiftiFiles['header'] = (path) => diskNifti.header(path);

/** As {@link NiftiFiles.check}, from the disk. */
export const checkNifti: NiftiFiles['check'] = (path) => diskNifti.check(path);

/** As {@link NiftiFiles.read}, from the disk. */
export const readNifti: NiftiFiles['read'] = diskNifti.read.bind(diskNifti);

/** As {@link NiftiFiles.slabs}, from the disk. */
export const readNiftiSlabs: NiftiFiles['slabs'] = diskNifti.slabs.bind(diskNifti);

/** As {@link NiftiFiles.series}, from the disk. */
export const readNiftiSeries: NiftiFiles['series'] = diskNifti.series.bind(diskNifti);

/** As {@link NiftiFiles.seriesSlabs}, from the disk. */
export const readNiftiSeriesSlabs: NiftiFiles['seriesSlabs'] = diskNifti.seriesSlabs.bind(diskNifti);
