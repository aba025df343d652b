import { type Dirent, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Sample } from '@semcrc/core';
import {
  abdomenWindow,
  cornerDistance,
  isOblique,
  type LabelVolume,
  labelNames,
  type NiftiHeader,
  reorientToRas,
  type Volume,
  windowIntensity,
} from '@semcrc/imaging';
import { readNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { checkLabelTable, type Labelling } from './labelling.ts';
import type { ScanFiles } from './manifest.ts';
import { canonicalName } from './scheme.ts';
import {
  assignVoxels,
  clip,
  mendIntervals,
  mergeBody,
  refuseForeignUnits,
  refuseNegative,
} from './voxels.ts';

/** How the files of a scan are to be understood. */
export interface ReadingOptions {
  readonly labelling: Labelling;
  /** HU that become 0 and 1. */
  readonly window?: readonly [lo: number, hi: number];
  /** Unit of lower, upper and point: windowed intensities (default) or HU. */
  readonly predictionUnits?: PredictionUnits;
  /** Told of things worth knowing that are no errors. */
  readonly warn?: (message: string) => void;
}

/** Units predictions may come in. */
export type PredictionUnits = 'window' | 'hu';

/** Affines of one scan's files may put a corner this far apart, in mm. */
export const AFFINE_TOLERANCE = 1e-3;

/** The scan's name put before what went wrong with one of its files. */
export function ofScan(scan: string, error: unknown): unknown {
  if (!(error instanceof SemcrcError) || error.code !== 'bad-input' || error.data.scan !== undefined)
    return error;
  return new SemcrcError('bad-input', `scan ${scan}: ${error.message}`, {
    data: { ...error.data, scan },
    cause: error,
  });
}

/** Refuses a file that does not lie on the grid of the scan's first one, by the facts of both headers. */
export function checkSameGrid(
  scan: string,
  first: { file: string; shape: readonly [number, number, number]; affine: readonly number[] },
  other: { file: string; shape: readonly [number, number, number]; affine: readonly number[] },
): void {
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

/** What is the file the grid of a scan is taken from. */
type Reference = { file: string; shape: readonly [number, number, number]; affine: readonly number[] };

/** One mask per organ: files of a folder, by the number the scheme gives the name of the file. */
export function organFiles(folder: string, labelling: Labelling): readonly { file: string; label: number }[] {
  const numberOf = new Map(
    [...labelling.scheme.names].map(([number, name]) => [canonicalName(name), number]),
  );
  const found = readdirSync(folder, { withFileTypes: true })
    .filter((entry: Dirent) => /\.nii(\.gz)?$/.test(entry.name))
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

/** Reads one mask per organ into one volume of label numbers; where masks overlap, the larger number wins. */
async function readOrganFolder(
  scan: string,
  folder: string,
  labelling: Labelling,
  reference: Reference,
): Promise<LabelVolume> {
  let labels: LabelVolume | undefined;
  for (const { file, label } of organFiles(folder, labelling)) {
    const { volume } = await readNifti(file, { as: 'labels' });
    checkSameGrid(scan, reference, { file, ...volume });
    const { data } = volume;
    if (!labels) {
      labels = volume;
      for (let index = 0; index < data.length; index++) data[index] = data[index] === 0 ? 0 : label;
    } else {
      const merged = labels.data;
      for (let index = 0; index < data.length; index++) if (data[index] !== 0) merged[index] = label;
    }
  }
  return labels as LabelVolume;
}

/** Refuses label names in a file's extension that contradict the scheme. */
export function checkTableOf(header: NiftiHeader, file: string, { scheme }: Labelling): void {
  const table = labelNames(header.extensions);
  if (table) checkLabelTable(table, scheme, file);
}

/** Whether every value could be a windowed intensity, which HU never are. */
function looksWindowed(data: Float32Array): boolean {
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    if (value < -1 || value > 2) return false;
  }
  return true;
}

/**
 * Reads the files of one scan one at a time, each brought to RAS order (closest axes, no resampling) and held against the
 * grid of the ground truth, which is read first. Methods throw SemcrcError `bad-input` naming the file.
 */
export class ScanReader {
  readonly files: ScanFiles;
  readonly options: ReadingOptions;
  #reference: Reference | undefined;

  constructor(files: ScanFiles, options: ReadingOptions) {
    this.files = files;
    this.options = options;
  }

  /** The ground truth in HU, not yet windowed. */
  async truth(): Promise<Volume> {
    const { scan, groundTruth: file } = this.files;
    const { warn } = this.options;
    const { volume } = await readNifti(file);
    this.#reference = { file, shape: volume.shape, affine: volume.affine };
    if (warn && isOblique(volume.affine)) {
      warn(`scan ${scan}: ${file} is oblique: no voxel axis runs along the body's axes`);
    }
    if (warn && looksWindowed(volume.data)) {
      warn(`scan ${scan}: every voxel of ${file} lies in [-1, 2]; the ground truth should be in HU`);
    }
    return reorientToRas(volume);
  }

  /** A prediction in the unit its file has, not yet clipped. */
  async prediction(file: string): Promise<{ volume: Volume; units: PredictionUnits }> {
    const { scan } = this.files;
    const { predictionUnits: units = 'window', warn } = this.options;
    const { volume } = await readNifti(file);
    this.#check(file, volume);
    const [slices, height, width] = volume.shape;
    if (units === 'window') {
      refuseForeignUnits({ scan, file, size: [width, height, slices], values: volume.data });
    } else if (warn && looksWindowed(volume.data)) {
      warn(`scan ${scan}: every voxel of ${file} lies in [-1, 2], which is odd for HU`);
    }
    return { volume: reorientToRas(volume), units };
  }

  /** The standard deviation of the prediction, in windowed intensity. */
  async deviation(file: string): Promise<Volume> {
    const { scan } = this.files;
    const { predictionUnits = 'window', window: [lo, hi] = abdomenWindow } = this.options;
    const { volume } = await readNifti(file);
    this.#check(file, volume);
    const [slices, height, width] = volume.shape;
    refuseNegative({ scan, file, size: [width, height, slices], values: volume.data });
    if (predictionUnits === 'hu') {
      for (let voxel = 0; voxel < volume.data.length; voxel++) {
        volume.data[voxel] = (volume.data[voxel] as number) / (hi - lo);
      }
    }
    return reorientToRas(volume);
  }

  /** Groups of the segmentation, the body not yet merged in. */
  async segmentation(): Promise<LabelVolume> {
    const { scan, segmentation: file } = this.files;
    const { labelling } = this.options;
    const folder = (await stat(file).catch(() => undefined))?.isDirectory();
    let volume: LabelVolume;
    if (folder) {
      volume = await readOrganFolder(scan, file, labelling, this.#reference as Reference);
    } else {
      const image = await readNifti(file, { as: 'labels' });
      checkTableOf(image.header, file, labelling);
      volume = image.volume;
      this.#check(file, volume);
    }
    const [slices, height, width] = volume.shape;
    assignVoxels({ scan, file, size: [width, height, slices], values: volume.data }, labelling);
    return reorientToRas(volume);
  }

  /** The body mask: non-zero inside. */
  async body(file: string): Promise<LabelVolume> {
    const { volume } = await readNifti(file, { as: 'labels' });
    this.#check(file, volume);
    return reorientToRas(volume);
  }

  #check(file: string, volume: Volume | LabelVolume): void {
    checkSameGrid(this.files.scan, this.#reference as Reference, { file, ...volume });
  }
}

/** The volumes of a folder, by name. @throws SemcrcError `bad-input` when it holds none. */
export function sampleFiles(folder: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /\.nii(\.gz)?$/.test(name));
  } catch (cause) {
    throw new SemcrcError(
      'bad-input',
      `${folder}: expected a folder of samples: ${(cause as Error).message}`,
      {
        data: { file: folder },
        cause,
      },
    );
  }
  if (names.length === 0) {
    throw new SemcrcError('bad-input', `${folder} holds no sample: expected .nii or .nii.gz files`, {
      data: { file: folder },
    });
  }
  return names.sort().map((name) => join(folder, name));
}

/**
 * The predictions of a scan, each volume brought to the voxels of the sample by `take` as soon as it is read. Windowed,
 * then clipped and uncrossed.
 *
 * @param take gets the volume and the value outside of it.
 */
export async function readPredictions(
  reader: ScanReader,
  take: (volume: Volume, outside: number) => Volume,
): Promise<Pick<Sample, 'lower' | 'upper' | 'point' | 'std' | 'samples' | 'mended'>> {
  const { files, options } = reader;
  const { window = abdomenWindow } = options;
  const predict = async (file: string): Promise<Float32Array> => {
    const { volume, units } = await reader.prediction(file);
    const taken = take(volume, units === 'hu' ? window[0] : 0);
    return units === 'hu' ? windowIntensity(taken, window, taken.data).data : taken.data;
  };
  const lower = await predict(files.lower);
  const upper = await predict(files.upper);
  const point = files.point === undefined ? undefined : await predict(files.point);
  const std = files.std === undefined ? undefined : take(await reader.deviation(files.std), 0).data;
  const samples: Float32Array[] = [];
  for (const file of files.samples === undefined ? [] : sampleFiles(files.samples)) {
    const sample = await predict(file);
    clip(sample);
    samples.push(sample);
  }
  return {
    lower,
    upper,
    ...(point ? { point } : {}),
    ...(std ? { std } : {}),
    ...(samples.length > 0 ? { samples } : {}),
    mended: mendIntervals(lower, upper, point),
  };
}

/** Group ids in the number of bytes the cohort's groups need. */
export function packGroups(groups: Uint16Array, { groupBytes }: Labelling): Uint8Array | Uint16Array {
  return groupBytes === 1 ? new Uint8Array(groups) : groups;
}

/**
 * Reads one scan with every slice as its files hold it (`--prepare none`): closest axes in RAS order, truth windowed,
 * bounds clipped and swapped where they cross, label numbers turned into groups and the body merged in.
 *
 * @throws SemcrcError `bad-input` naming scan and file: unreadable files, files of different shape or affine (both named),
 *   NaN (with its voxel), labels outside the scheme or contradicting its names, predictions in other units.
 */
export async function readWholeScan(files: ScanFiles, options: ReadingOptions): Promise<Sample> {
  const { window = abdomenWindow } = options;
  const reader = new ScanReader(files, options);
  try {
    const truth = await reader.truth();
    windowIntensity(truth, window, truth.data);
    const predictions = await readPredictions(reader, (volume) => volume);
    const groups = await reader.segmentation();
    if (files.body !== undefined) mergeBody(groups.data, (await reader.body(files.body)).data);
    return {
      id: files.scan,
      patient: files.patient,
      shape: truth.shape,
      truth: truth.data,
      ...predictions,
      groups: packGroups(groups.data, options.labelling),
    };
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}
