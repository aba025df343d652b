import {
  type Affine,
  axisCodes,
  canonicalName,
  checkLabelTable,
  compareGrids,
  type Files,
  type Labelling,
  labelNames,
  makeGrid,
  type NiftiFiles,
  type NiftiHeader,
  type Shape,
  seriesShape,
  shareOfVoxel,
  spacingOf,
} from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { ScanFiles } from '../sources/manifest.ts';
import type { TakeNote } from './scan-note.ts';

/** A file and the grid its header gives it. */
export interface FileGrid {
  readonly file: string;
  readonly shape: Shape;
  readonly affine: Affine;
}

/** How far corners of one scan's files may stand apart, as a share of the smallest side of a voxel. */
export const AFFINE_TOLERANCE = 0.01;

/**
 * Holds a file against the scan's first one, by their headers: the same voxels, in the same order or another.
 *
 * @param tolerance how far corners may stand apart, as a share of the smallest side of a voxel.
 * @returns the affine that the file's voxels are given: its own with the first file's numbers, so that rounding in headers
 *   moves none; `turned` where they come in another order of axes.
 * @throws SemcrcError `bad-input` naming both files when they show different places.
 */
export function alignFile(
  scan: string,
  first: FileGrid,
  other: FileGrid,
  tolerance: number = AFFINE_TOLERANCE,
): { readonly affine: Affine; readonly turned: boolean } {
  const [reference, grid] = [makeGrid(first.shape, first.affine), makeGrid(other.shape, other.affine)];
  const allowed = shareOfVoxel(reference, tolerance);
  const agreement = compareGrids(reference, grid, allowed);
  if (agreement.state === 'same') return { affine: agreement.affine, turned: false };
  if (agreement.state === 'turned') return { affine: agreement.affine, turned: true };
  const size = ({ shape: [z, y, x], affine }: FileGrid) => `${x} × ${y} × ${z} in ${axisCodes(affine)} order`;
  if (agreement.state === 'other-shape') {
    throw new SemcrcError(
      'bad-input',
      `scan ${scan}: its files differ in shape (x × y × z): ${first.file} has ${size(first)}, ${other.file} has ${size(other)}`,
      { data: { scan, file: other.file, expected: size(first), found: size(other) } },
    );
  }
  const rows = (affine: readonly number[]) =>
    [0, 4, 8].map((row) => affine.slice(row, row + 4).join(' ')).join('; ');
  const { distance } = agreement;
  throw new SemcrcError(
    'bad-input',
    `scan ${scan}: its files differ in affine, by up to ${distance.toPrecision(3)} mm at a corner (allowed ${allowed.toPrecision(3)}, ` +
      `more with \`affineTolerance\`): ${first.file} has [${rows(first.affine)}], ${other.file} has [${rows(other.affine)}]`,
    { data: { scan, file: other.file, distance, options: ['affineTolerance'] } },
  );
}

/** Notes that follow from a header: two affines that disagree, and a unit other than millimetres. */
export function noteHeader(scan: string, file: string, header: NiftiHeader, note: TakeNote): void {
  const { formsDistance, unit } = header;
  const allowed = AFFINE_TOLERANCE * Math.min(...spacingOf(header.affine));
  if (formsDistance !== null && formsDistance > allowed) {
    const message = `scan ${scan}: sform and qform of ${file} put a corner ${formsDistance.toPrecision(3)} mm apart; the sform is used`;
    note({ kind: 'two-affines', scan, file, message });
  }
  if (unit === 1) return;
  const name = unit === 1000 ? 'metres' : 'microns';
  note({
    kind: 'unit',
    scan,
    file,
    message: `scan ${scan}: the affine of ${file} is in ${name}, and was turned to mm`,
  });
}

/** Whether a path is a folder; not so where nothing stands. */
export function isFolder(files: Files, path: string): boolean {
  return files.list(path) !== null;
}

const NIFTI_NAME = /\.nii(\.gz)?$/;

/** The path of what a folder holds under a name. */
export function within(folder: string, name: string): string {
  return `${folder.replace(/\/+$/, '')}/${name}`;
}

/** Volumes of a folder: their names, sorted; null where the path is no folder. */
export function volumesIn(files: Files, folder: string): readonly string[] | null {
  return files.list(folder)?.filter((name) => NIFTI_NAME.test(name)) ?? null;
}

/** One mask per organ: files of a folder, by the number the scheme gives the name of the file. */
export function organFiles(
  files: Files,
  folder: string,
  labelling: Labelling,
): readonly { file: string; label: number }[] {
  const numberOf = new Map(
    [...labelling.scheme.names].map(([number, name]) => [canonicalName(name), number]),
  );
  const found = (volumesIn(files, folder) ?? [])
    .map((name) => ({
      file: within(folder, name),
      label: numberOf.get(canonicalName(name.replace(NIFTI_NAME, ''))),
    }))
    .filter((entry): entry is { file: string; label: number } => entry.label !== undefined)
    .sort((a, b) => a.label - b.label);
  if (found.length === 0) {
    throw new SemcrcError(
      'bad-input',
      `${folder} holds no mask named as a label of the scheme ${labelling.scheme.name}, as ${[...labelling.scheme.names.values()][0]}.nii.gz`,
      { data: { file: folder } },
    );
  }
  return found;
}

/**
 * The files that hold a scan's draws: the one named, or those of the folder named, by name.
 *
 * @throws SemcrcError `bad-input` for a folder without volumes.
 */
export function drawFiles(files: Files, path: string): readonly string[] {
  const names = volumesIn(files, path);
  if (names === null) return [path];
  if (names.length > 0) return names.map((name) => within(path, name));
  throw new SemcrcError('bad-input', `${path} holds no sample: expected .nii or .nii.gz files`, {
    data: { file: path },
  });
}

/** How many draws a scan has. */
export interface DrawCount {
  readonly scan: string;
  readonly draws: number;
}

/**
 * Refuses fewer than two draws, of which there are no quantiles, and another number than the cohort's first scan has:
 * quantiles of more draws lie further out, so that scans would not be alike.
 *
 * @param path where they are, for messages.
 * @throws SemcrcError `bad-input` naming scan and path.
 */
export function checkDraws(found: DrawCount, path: string, first: DrawCount = found): void {
  const problem =
    found.draws < 2
      ? 'expected at least 2, as volumes along the fourth axis of a file or as files of a folder'
      : found.draws !== first.draws
        ? `expected ${first.draws} as scan ${first.scan} has: every scan must have the same number`
        : undefined;
  if (problem === undefined) return;
  throw new SemcrcError(
    'bad-input',
    `scan ${found.scan}: ${path} holds ${found.draws} sample${found.draws === 1 ? '' : 's'}, ${problem}`,
    {
      data: { scan: found.scan, file: path, expected: Math.max(2, first.draws), found: found.draws },
    },
  );
}

/**
 * How many draws every scan has, by the headers of the files; 0 when the scans have none.
 *
 * @throws SemcrcError `bad-input` naming scan and file for a header that cannot be used, or as {@link checkDraws}.
 */
export async function countDraws(
  nifti: NiftiFiles,
  scans: readonly Pick<ScanFiles, 'scan' | 'samples'>[],
): Promise<number> {
  let first: DrawCount | undefined;
  for (const { scan, samples } of scans) {
    if (samples === undefined) continue;
    let draws = 0;
    try {
      for (const file of drawFiles(nifti.files, samples)) {
        draws += seriesShape(await nifti.header(file), file).volumes;
      }
    } catch (error) {
      throw ofScan(scan, error);
    }
    first ??= { scan, draws };
    checkDraws({ scan, draws }, samples, first);
  }
  return first?.draws ?? 0;
}

/** The scan's name put before what went wrong with one of its files. */
export function ofScan(scan: string, error: unknown): unknown {
  if (!(error instanceof SemcrcError) || error.code !== 'bad-input' || error.data.scan !== undefined)
    return error;
  return new SemcrcError('bad-input', `scan ${scan}: ${error.message}`, {
    data: { ...error.data, scan },
    cause: error,
  });
}

/** Refuses label names in a file's extension that contradict the scheme. */
export function checkTableOf(header: NiftiHeader, file: string, { scheme }: Labelling): void {
  const table = labelNames(header.extensions);
  if (table) checkLabelTable(table, scheme, file);
}
