import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type Affine,
  canonicalName,
  checkLabelTable,
  cornerDistance,
  type Labelling,
  labelNames,
  type NiftiHeader,
  type Shape,
  seriesShape,
} from '@semcrc/imaging';
import { readNiftiHeader } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { ScanFiles } from '../sources/manifest.ts';

/** Affines of one scan's files may put a corner this far apart, in mm. */
export const AFFINE_TOLERANCE = 1e-3;

/** A file and the grid its header gives it. */
export interface FileGrid {
  readonly file: string;
  readonly shape: Shape;
  readonly affine: Affine;
}

/** Refuses a file that does not lie on the grid of the scan's first one, by the facts of both headers. */
export function checkSameGrid(scan: string, first: FileGrid, other: FileGrid): void {
  const size = ({ shape: [z, y, x] }: typeof first) => `${x} × ${y} × ${z}`;
  if (first.shape.join() !== other.shape.join()) {
    throw new SemcrcError(
      'bad-input',
      `scan ${scan}: its files differ in shape (x × y × z): ${first.file} has ${size(first)}, ${other.file} has ${size(other)}`,
      { data: { scan, file: other.file, expected: size(first), found: size(other) } },
    );
  }
  const distance = cornerDistance(first.affine, other.affine, first.shape);
  if (distance <= AFFINE_TOLERANCE) return;
  const rows = (affine: readonly number[]) =>
    [0, 4, 8].map((row) => affine.slice(row, row + 4).join(' ')).join('; ');
  throw new SemcrcError(
    'bad-input',
    `scan ${scan}: its files differ in affine, by up to ${distance.toPrecision(3)} mm at a corner (allowed ${AFFINE_TOLERANCE}): ` +
      `${first.file} has [${rows(first.affine)}], ${other.file} has [${rows(other.affine)}]`,
    { data: { scan, file: other.file, distance } },
  );
}

/** Whether a path is a folder; not so where nothing stands. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** One mask per organ: files of a folder, by the number the scheme gives the name of the file. */
export function organFiles(folder: string, labelling: Labelling): readonly { file: string; label: number }[] {
  const numberOf = new Map(
    [...labelling.scheme.names].map(([number, name]) => [canonicalName(name), number]),
  );
  const found = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => /\.nii(\.gz)?$/.test(entry.name))
    .map(({ name }) => ({
      file: join(folder, name),
      label: numberOf.get(canonicalName(basename(name).replace(/\.nii(\.gz)?$/, ''))),
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
export function drawFiles(path: string): readonly string[] {
  if (!isFolder(path)) return [path];
  const names = readdirSync(path).filter((name) => /\.nii(\.gz)?$/.test(name));
  if (names.length > 0) return names.sort().map((name) => join(path, name));
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
export async function countDraws(scans: readonly Pick<ScanFiles, 'scan' | 'samples'>[]): Promise<number> {
  let first: DrawCount | undefined;
  for (const { scan, samples } of scans) {
    if (samples === undefined) continue;
    let draws = 0;
    try {
      for (const file of drawFiles(samples)) draws += seriesShape(await readNiftiHeader(file), file).volumes;
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
