import { stat } from 'node:fs/promises';
import type { Labelling } from '@semcrc/imaging';
import { type NiftiHeader, seriesShape, volumeShape } from '@semcrc/imaging';
import { checkNifti, readNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { ScanFiles } from '../sources/manifest.ts';
import { filesOf } from '../sources/scan-source.ts';
import {
  checkDraws,
  checkSameGrid,
  checkTableOf,
  type DrawCount,
  drawFiles,
  organFiles,
} from './scan-files.ts';
import { assignVoxels } from './voxels.ts';

/** One thing that would stop a scan from being used. */
export interface CohortProblem {
  readonly scan: string;
  readonly file: string;
  /** What was expected and what was found, in words. */
  readonly problem: string;
}

/** What looking through a cohort's files found. */
export interface CohortCheck {
  readonly scans: number;
  readonly files: number;
  readonly problems: readonly CohortProblem[];
}

/** A header that could be read, and its file. */
interface Seen {
  readonly file: string;
  readonly header: NiftiHeader;
}

/**
 * Looks through every file of a cohort without reading images: each header can be used and its voxels are there, the
 * files of a scan agree in shape and affine, scans have the same number of draws, segmentations hold labels of the scheme and name them as it does. Only
 * label volumes are inflated. Goes on after a problem and lists them all, in cohort order.
 *
 * @param onScan called after each scan with the number looked through so far.
 */
export async function checkCohort(
  scans: readonly ScanFiles[],
  labelling: Labelling,
  onScan?: (done: number) => void,
): Promise<CohortCheck> {
  const problems: CohortProblem[] = [];
  let files = 0;
  let firstDraws: DrawCount | undefined;
  for (const [index, scan] of scans.entries()) {
    const { looked, draws } = await checkScan(scan, labelling, problems, firstDraws);
    files += looked;
    if (draws !== undefined) firstDraws ??= { scan: scan.scan, draws };
    onScan?.(index + 1);
  }
  return { scans: scans.length, files, problems };
}

/**
 * Checks one scan's files, adding to the problems; returns how many files it looked at and, where their headers say, how
 * many draws they hold.
 */
async function checkScan(
  files: ScanFiles,
  labelling: Labelling,
  problems: CohortProblem[],
  firstDraws: DrawCount | undefined,
): Promise<{ looked: number; draws: number | undefined }> {
  const { scan } = files;
  /** Runs a check; what it refuses becomes a row. */
  async function attempt<T>(file: string, check: () => Promise<T> | T): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof SemcrcError)) throw error;
      problems.push({ scan, file, problem: plainly(error.message, scan, file) });
      return undefined;
    }
  }

  let looked = 0;
  let first: Seen | undefined;
  let draws: number | undefined;
  for (const [role, path] of filesOf(files)) {
    const labels = role === 'segmentation' || role === 'body';
    const folder = role === 'segmentation' && (await stat(path).catch(() => undefined))?.isDirectory();
    const parts =
      role === 'samples'
        ? await attempt(path, () => drawFiles(path))
        : folder
          ? await attempt(path, () => organFiles(path, labelling).map(({ file }) => file))
          : [path];
    const volumes: number[] = [];
    for (const file of parts ?? []) {
      looked++;
      const header = await attempt(file, () => checkNifti(file));
      if (!header) continue;
      const series = await attempt(file, () =>
        role === 'samples' ? seriesShape(header, file) : { shape: volumeShape(header, file), volumes: 1 },
      );
      if (!series) continue;
      const { shape } = series;
      volumes.push(series.volumes);
      if (!first) first = { file, header };
      else {
        const reference = {
          file: first.file,
          shape: volumeShape(first.header, first.file),
          affine: first.header.affine,
        };
        await attempt(file, () => checkSameGrid(scan, reference, { file, shape, affine: header.affine }));
      }
      if (!labels) continue;
      await attempt(file, async () => {
        const { volume } = await readNifti(file, { as: 'labels' });
        if (role !== 'segmentation' || folder) return;
        checkTableOf(header, file, labelling);
        const [slices, height, width] = volume.shape;
        assignVoxels({ scan, file, size: [width, height, slices], values: volume.data }, labelling);
      });
    }
    if (role !== 'samples' || !parts || volumes.length < parts.length) continue;
    const count = volumes.reduce((sum, number) => sum + number, 0);
    draws = await attempt(path, () => {
      checkDraws({ scan, draws: count }, path, firstDraws);
      return count;
    });
  }
  return { looked, draws };
}

/** The message without what the row says anyway. */
function plainly(message: string, scan: string, file: string): string {
  return message.replace(`scan ${scan}: `, '').replace(new RegExp(`^${escaped(file)}:? `), '');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
