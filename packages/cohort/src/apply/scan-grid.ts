import {
  axisCodes,
  type Grid,
  isOblique,
  makeGrid,
  type NiftiFiles,
  type NiftiHeader,
  seriesShape,
  volumeShape,
} from '@semcrc/imaging';
import { alignFile, checkTableOf, drawFiles, isFolder, noteHeader, organFiles } from '../scan/scan-files.ts';
import type { TakeNote } from '../scan/scan-note.ts';
import { type ApplyFiles, type SlabOptions, UNNAMED_SCAN } from '../scan/scan-slabs.ts';

/** What the headers of a scan's files say. */
export interface ScanGrid {
  /** Of lower, whose grid and header the results have. */
  readonly header: NiftiHeader;
  readonly grid: Grid;
  /** Every file that is read. */
  readonly inputs: readonly string[];
  /** Those whose voxels come in another order than those of lower. */
  readonly turned: ReadonlySet<string>;
}

/**
 * Holds all files of a scan against the grid of lower, by their headers.
 *
 * @throws SemcrcError `bad-input` naming the file for a header that cannot be used, another place, several volumes, and for
 *   label names that contradict the scheme.
 */
export async function readScanGrid(
  nifti: NiftiFiles,
  files: ApplyFiles,
  { labelling, affineTolerance, scan = UNNAMED_SCAN, note }: SlabOptions,
): Promise<ScanGrid> {
  const header = await nifti.header(files.lower);
  const shape = volumeShape(header, files.lower);
  const reference = { file: files.lower, shape, affine: header.affine };
  const { upper, segmentation, point, body, std, samples } = files;
  const draws = samples === undefined ? [] : drawFiles(nifti.files, samples);
  const organs = isFolder(nifti.files, segmentation)
    ? organFiles(nifti.files, segmentation, labelling).map(({ file }) => file)
    : [];
  const labels = organs.length > 0 ? organs : [segmentation];
  const others = [upper, ...labels, point, body, std, ...draws].filter((file) => file !== undefined);
  const turned = new Set<string>();
  const take: TakeNote = (found) => note?.(found);
  noteHeader(scan, files.lower, header, take);
  if (isOblique(header.affine)) {
    const message = `scan ${scan}: ${files.lower} is oblique: no voxel axis runs along the body's axes`;
    take({ kind: 'oblique', scan, file: files.lower, message });
  }
  for (const file of others) {
    const other = await nifti.header(file);
    const { shape: found } = draws.includes(file)
      ? seriesShape(other, file)
      : { shape: volumeShape(other, file) };
    const aligned = alignFile(scan, reference, { file, shape: found, affine: other.affine }, affineTolerance);
    if (aligned.turned) {
      turned.add(file);
      const orders = `${axisCodes(other.affine)} order, ${files.lower} in ${axisCodes(header.affine)}`;
      const message = `${file} is stored in ${orders}; its voxels are turned, for which it is read whole`;
      take({ kind: 'voxel-order', scan, file, message: `scan ${scan}: ${message}` });
    }
    if (file === segmentation) checkTableOf(other, file, labelling);
  }
  const grid = makeGrid(shape, header.affine);
  return { header, grid, inputs: [files.lower, ...others], turned };
}
