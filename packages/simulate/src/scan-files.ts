import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeVolume, namedScheme, organLabels, type Volume } from '@semcrc/imaging';
import { NiftiWriter, writeNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { SimulatedScan } from './simulation.ts';

/** How a simulated cohort is laid out in its folder. */
export type FileLayout =
  /** `scans/<scan>/…` and a `manifest.csv`. */
  | 'manifest'
  /** The tree of the authors of sem-CRC. */
  | 'semantic-uq';

/** The label scheme that simulated segmentations are numbered by. */
export const writtenScheme = 'suprem';

/** Where the files of one scan stand, relative to the cohort's folder. */
export interface ScanPaths {
  readonly groundTruth: string;
  readonly anatomy: string;
  readonly measurement: string;
  readonly lower: string;
  readonly point: string;
  readonly upper: string;
  readonly body: string;
  /** Written last: where it stands, so do the others. */
  readonly segmentation: string;
}

/**
 * Where the files of a scan stand.
 *
 * @param names of the task and the segmenter, which the authors' tree has folders for.
 */
export function scanPaths(
  layout: FileLayout,
  scan: string,
  names: { readonly task: string; readonly segmenter: string },
): ScanPaths {
  if (layout === 'manifest') {
    const at = (name: string): string => join('scans', scan, `${name}.nii.gz`);
    return {
      groundTruth: at('ct'),
      anatomy: at('anatomy'),
      measurement: at('measurement'),
      lower: at('lower'),
      point: at('point'),
      upper: at('upper'),
      body: at('body'),
      segmentation: at('segmentation'),
    };
  }
  const data = join('data', 'simulated', scan);
  const results = join('results', 'simulated', names.task);
  const prediction = join(results, 'prediction', scan);
  return {
    groundTruth: join(data, 'ct.nii.gz'),
    anatomy: join(data, 'anatomy.nii.gz'),
    measurement: join(results, 'measurement', scan, 'measurement.nii.gz'),
    lower: join(prediction, 'q_lo.nii.gz'),
    point: join(prediction, 'mmse.nii.gz'),
    upper: join(prediction, 'q_hi.nii.gz'),
    body: join(prediction, 'body.nii.gz'),
    segmentation: join(results, 'segmentation', names.segmenter, scan, 'combined_labels.nii.gz'),
  };
}

/** Whether a scan's files stand, all of them. */
export function scanIsWritten(folder: string, paths: Partial<ScanPaths>): boolean {
  return Object.values(paths).every(
    (path) => statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true,
  );
}

/** Steps of windowed intensity that predictions and measurements are stored in, as 16-bit integers. */
const step = 1e-4;
const deflate = 3;

/** What is known of a patient who was measured. */
export type MeasuredPatient = Pick<SimulatedScan, 'truth' | 'anatomy' | 'measurement'>;

/**
 * Writes the files of a measured patient below a folder, each whole or not at all: CT as int16 HU, measurement as int16 with slope 1e-4
 * (or more, where values are large), organs as bytes, numbered as SuPreM does.
 *
 * @throws SemcrcError `bad-input` when a file cannot be written.
 */
export async function writeMeasuredFiles(
  folder: string,
  { groundTruth, measurement, anatomy }: Pick<ScanPaths, 'groundTruth' | 'measurement' | 'anatomy'>,
  patient: MeasuredPatient,
): Promise<void> {
  const paths = { groundTruth, measurement, anatomy };
  for (const path of Object.values(paths)) mkdirSync(dirname(join(folder, path)), { recursive: true });
  await writeImage(join(folder, groundTruth), patient.truth, 1);
  await writeImage(join(folder, measurement), patient.measurement, stepFor(patient.measurement.data));
  await writeLabels(join(folder, anatomy), patient.truth, writtenLabels(patient.anatomy));
}

/**
 * Writes the files of a scan below a folder, each whole or not at all, the segmentation last: as {@link writeMeasuredFiles}, and predictions
 * as int16 with slope 1e-4.
 *
 * @throws SemcrcError `bad-input` when a file cannot be written.
 */
export async function writeScanFiles(folder: string, paths: ScanPaths, scan: SimulatedScan): Promise<void> {
  const { truth } = scan;
  for (const path of Object.values(paths)) mkdirSync(dirname(join(folder, path)), { recursive: true });
  const image = (path: string, data: Float32Array): Promise<void> =>
    writeImage(join(folder, path), makeVolume(data, truth.shape, truth.affine), step);
  // One after the other: each is encoded whole, and workers write side by side already.
  await writeMeasuredFiles(folder, paths, scan);
  await image(paths.lower, scan.lower);
  await image(paths.point, scan.point);
  await image(paths.upper, scan.upper);
  await writeLabels(join(folder, paths.body), truth, scan.body);
  await writeLabels(join(folder, paths.segmentation), truth, writtenLabels(scan.segmentation));
}

function writeImage(file: string, volume: Volume, slope: number): Promise<void> {
  return writeNifti(file, volume, { datatype: 'int16', slope, level: deflate });
}

async function writeLabels(file: string, { shape, affine }: Volume, data: Uint8Array): Promise<void> {
  const writer = await NiftiWriter.create(file, shape, affine, 'uint8', { level: deflate });
  await writer.write(data);
  await writer.finish();
}

/** The usual step, or a larger one where 16 bits of it do not reach: strong noise. */
function stepFor(data: Float32Array): number {
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(value));
  return Math.max(step, largest / 32_000);
}

/** Label ids to the numbers of the scheme that files are written in; body and background become 0. */
function writtenLabels(organs: Uint8Array): Uint8Array {
  const numbers = new Uint8Array(256);
  const scheme = namedScheme(writtenScheme);
  for (const [number, name] of scheme?.names ?? []) {
    const label = Object.hasOwn(organLabels, name) ? organLabels[name] : undefined;
    if (label !== undefined) numbers[label] = number;
  }
  return organs.map((label) => {
    if (label > 1 && numbers[label] === 0) {
      throw new SemcrcError('internal', `label ${label} has no number in the label scheme ${writtenScheme}`);
    }
    return numbers[label];
  });
}
