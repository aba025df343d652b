import type { Labelling } from '@semcrc/imaging';
import {
  abdomenWindow,
  type Grid,
  isOblique,
  type LabelVolume,
  makeGrid,
  type NiftiHeader,
  type Shape,
  seriesShape,
  sourceSlices,
  turnToRas,
  type Volume,
  volumeShape,
  voxelCount,
} from '@semcrc/imaging';
import { readNifti, readNiftiHeader, readNiftiSeries, type SliceSpan } from '@semcrc/imaging/node';
import type { ScanFiles } from '../sources/manifest.ts';
import { checkSameGrid, checkTableOf, drawFiles, type FileGrid, isFolder, organFiles } from './scan-files.ts';
import type { ScanMemory } from './scan-memory.ts';
import { assignVoxels, labelMask, refuseForeignUnits, refuseNegative } from './voxels.ts';

/** How the files of a scan are to be understood. */
export interface ReadingOptions {
  readonly labelling: Labelling;
  /** HU that become 0 and 1; −175 and 250 by default. */
  readonly window?: readonly [lo: number, hi: number];
  /** Unit of lower, upper and point; windowed intensities by default. */
  readonly predictionUnits?: IntensityUnits;
  /** Unit of the ground truth; HU by default. */
  readonly truthUnits?: IntensityUnits;
  /** How far corners of the files may stand apart, as a share of the smallest voxel side; 0.01 by default. */
  readonly affineTolerance?: number;
  /** Called with what is worth knowing and no error. */
  readonly warn?: (message: string) => void;
}

/** Units of intensities: HU, or the window's, in which 0 and 1 are its ends. */
export type IntensityUnits = 'window' | 'hu';

/** Reads one mask per organ into one volume of label numbers; where masks overlap, the larger number wins. */
async function readOrganFolder(
  scan: string,
  folder: string,
  labelling: Labelling,
  reference: FileGrid,
): Promise<LabelVolume> {
  let labels: LabelVolume | undefined;
  for (const { file, label } of organFiles(folder, labelling)) {
    const { volume } = await readNifti(file, { as: 'labels' });
    checkSameGrid(scan, reference, { file, ...volume });
    labels ??= volume;
    labelMask(labels.data, volume.data, label);
  }
  return labels as LabelVolume;
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
 * Which slices of a file are read, into one volume that reaches from the first of them to the last; all when left out. One
 * volume for each span would have places of its own to resample from, which round otherwise in the last bit.
 */
interface Reading {
  readonly slices?: readonly SliceSpan[];
}

/** The values of a volume, as its file has them, in the spans of slices that were read, and where they begin in the file. */
function valuesRead(
  { data, shape: [, height, width] }: Volume,
  { slices }: Reading,
): readonly { readonly values: Float32Array; readonly first: number }[] {
  if (!slices) return [{ values: data, first: 0 }];
  const area = height * width;
  const start = (slices[0] as SliceSpan).first;
  return slices.map(({ first, end }) => ({
    values: data.subarray((first - start) * area, (end - start) * area),
    first: first * area,
  }));
}

/**
 * Reads the files of one scan one at a time, each brought to RAS order (closest axes, no resampling) and held against the
 * grid of the ground truth, which is read first. Methods throw SemcrcError `bad-input` naming the file.
 */
export class ScanReader {
  readonly files: ScanFiles;
  readonly options: ReadingOptions;
  readonly #memory: ScanMemory | undefined;
  #reference: FileGrid | undefined;

  /** @param memory what is read lies there until the next image or label volume is read; new arrays when left out. */
  constructor(files: ScanFiles, options: ReadingOptions, memory?: ScanMemory) {
    this.files = files;
    this.options = options;
    this.#memory = memory;
  }

  /** The ground truth in HU, not yet windowed. */
  async truth(): Promise<Volume> {
    const { scan, groundTruth: file } = this.files;
    const { warn } = this.options;
    const header = await readNiftiHeader(file);
    const { volume } = await readNifti(file, this.#intoImage(voxelCount(volumeShape(header, file))));
    this.#reference = { file, shape: volume.shape, affine: volume.affine };
    if (warn && isOblique(volume.affine)) {
      warn(`scan ${scan}: ${file} is oblique: no voxel axis runs along the body's axes`);
    }
    if (warn && looksWindowed(volume.data)) {
      warn(`scan ${scan}: every voxel of ${file} lies in [-1, 2]; the ground truth should be in HU`);
    }
    return turnToRas(volume);
  }

  /**
   * A prediction in the unit its file has, not yet clipped.
   *
   * @param needed where voxels will be taken: slices of the file that lie on none of these grids are left out, and what
   *   is wrong with them is not seen; between those that are read, the volume may hold anything. All slices when left out.
   */
  async prediction(
    file: string,
    needed?: readonly Grid[],
  ): Promise<{ volume: Volume; units: IntensityUnits }> {
    const reading = await this.#slices(file, volumeShape, needed);
    const { volume } = await readNifti(file, { ...reading, ...this.#intoImage(this.#voxels(reading)) });
    return this.#inUnits(file, volume, reading);
  }

  /** Draws of the prediction, as {@link prediction}; with memory, each lies where the one before it lay. */
  async *draws(
    path: string,
    needed?: readonly Grid[],
  ): AsyncGenerator<{ volume: Volume; units: IntensityUnits }, void, void> {
    for (const file of drawFiles(path)) {
      const reading = await this.#slices(file, (header, name) => seriesShape(header, name).shape, needed);
      const into = this.#intoImage(this.#voxels(reading));
      for await (const volume of readNiftiSeries(file, { ...reading, ...into }))
        yield this.#inUnits(file, volume, reading);
    }
  }

  #inUnits(file: string, volume: Volume, reading: Reading): { volume: Volume; units: IntensityUnits } {
    const { scan } = this.files;
    const { predictionUnits: units = 'window', warn } = this.options;
    const parts = valuesRead(volume, reading).map(({ values }) => values);
    if (units === 'window') {
      refuseForeignUnits({ scan, file, parts });
    } else if (warn && parts.every(looksWindowed)) {
      warn(`scan ${scan}: every voxel of ${file} lies in [-1, 2], which is odd for HU`);
    }
    return { volume: turnToRas(volume), units };
  }

  /** The standard deviation of the prediction, in windowed intensity. */
  async deviation(file: string, needed?: readonly Grid[]): Promise<Volume> {
    const { scan } = this.files;
    const { predictionUnits = 'window', window: [lo, hi] = abdomenWindow } = this.options;
    const reading = await this.#slices(file, volumeShape, needed);
    const { volume } = await readNifti(file, { ...reading, ...this.#intoImage(this.#voxels(reading)) });
    const [slices, height, width] = volume.shape;
    for (const { values, first } of valuesRead(volume, reading)) {
      refuseNegative({ scan, file, size: [width, height, slices], values, first });
      if (predictionUnits !== 'hu') continue;
      for (let voxel = 0; voxel < values.length; voxel++) {
        values[voxel] = (values[voxel] as number) / (hi - lo);
      }
    }
    return turnToRas(volume);
  }

  /** Groups of the segmentation, the body not yet merged in. */
  async segmentation(): Promise<LabelVolume> {
    const { scan, segmentation: file } = this.files;
    const { labelling } = this.options;
    let volume: LabelVolume;
    if (isFolder(file)) {
      volume = await readOrganFolder(scan, file, labelling, this.#reference as FileGrid);
    } else {
      checkTableOf(await readNiftiHeader(file), file, labelling);
      const all = await this.#slices(file, volumeShape);
      volume = (await readNifti(file, { as: 'labels', ...this.#intoLabels(this.#voxels(all)) })).volume;
    }
    const [slices, height, width] = volume.shape;
    assignVoxels({ scan, file, size: [width, height, slices], values: volume.data }, labelling);
    return turnToRas(volume);
  }

  /** The body mask: non-zero inside. `needed` as for {@link prediction}. */
  async body(file: string, needed?: readonly Grid[]): Promise<LabelVolume> {
    const reading = await this.#slices(file, volumeShape, needed);
    const into = this.#intoLabels(this.#voxels(reading));
    return turnToRas((await readNifti(file, { as: 'labels', ...reading, ...into })).volume);
  }

  #intoImage(voxels: number): { into?: Float32Array } {
    const into = this.#memory?.image(voxels);
    return into ? { into } : {};
  }

  #intoLabels(voxels: number): { into?: Uint16Array } {
    const into = this.#memory?.labels(voxels);
    return into ? { into } : {};
  }

  /** How many voxels there are from the first slice read to the last. */
  #voxels({ slices }: Reading): number {
    const [count, height, width] = (this.#reference as FileGrid).shape;
    const { first } = slices?.at(0) ?? { first: 0 };
    const { end } = slices?.at(-1) ?? { end: count };
    return (end - first) * height * width;
  }

  /** The slices of a file that some grids lie on; the file is held against the scan's grid first. */
  async #slices(
    file: string,
    shapeOf: (header: NiftiHeader, name: string) => Shape,
    needed?: readonly Grid[],
  ): Promise<Reading> {
    const header = await readNiftiHeader(file);
    const grid = makeGrid(shapeOf(header, file), header.affine);
    this.#check(file, grid);
    return needed ? { slices: sourceSlices(grid, needed) } : {};
  }

  #check(file: string, volume: Grid): void {
    const { shape, affine } = volume;
    checkSameGrid(this.files.scan, this.#reference as FileGrid, { file, shape, affine });
  }
}
