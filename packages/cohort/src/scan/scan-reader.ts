import {
  type Affine,
  abdomenWindow,
  axisCodes,
  type Grid,
  isOblique,
  type LabelVolume,
  makeGrid,
  makeVolume,
  type NiftiHeader,
  type Shape,
  seriesShape,
  sliceAffine,
  sourceSlices,
  turnToRas,
  type Volume,
  volumeShape,
  voxelCount,
} from '@semcrc/imaging';
import { diskFiles, readNifti, readNiftiHeader, readNiftiSeries, type SliceSpan } from '@semcrc/imaging/node';
import type { ScanFiles } from '../sources/manifest.ts';
import { checkTruth, refuseForeignUnits } from './intensity-units.ts';
import { takeCensus } from './label-census.ts';
import type { IntensityUnits, ReadingOptions } from './reading.ts';
import {
  alignFile,
  checkTableOf,
  drawFiles,
  type FileGrid,
  isFolder,
  noteHeader,
  organFiles,
} from './scan-files.ts';
import type { ScanMemory } from './scan-memory.ts';
import type { TakeNote } from './scan-note.ts';
import { assignVoxels, OrganMask, refuseNegative } from './voxels.ts';

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
  /** Of the whole volume. */
  readonly shape: Shape;
  /** The affine that the whole volume is given. */
  readonly affine: Affine;
}

/** A volume as it was read, with the affine it is given. */
function placed<V extends Volume | LabelVolume>(volume: V, { slices, affine }: Reading): V {
  const first = slices?.[0]?.first ?? 0;
  return makeVolume(volume.data, volume.shape, sliceAffine(affine, first)) as V;
}

/** The values of a volume, as its file has them, in the spans of slices that were read, and where they begin in the file. */
function valuesRead(
  { data, shape: [, height, width] }: Volume,
  { slices }: Pick<Reading, 'slices'>,
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

  /** The ground truth as its file has it, in HU or windowed to 0..1. */
  async truth(): Promise<Volume> {
    const { scan, groundTruth: file } = this.files;
    const { truthUnits = 'hu', window = abdomenWindow } = this.options;
    const header = await readNiftiHeader(file);
    const shape = volumeShape(header, file);
    this.#reference = { file, shape, affine: header.affine };
    const { volume } = await readNifti(file, this.#intoImage(voxelCount(shape)));
    noteHeader(scan, file, header, this.#note);
    if (isOblique(volume.affine)) {
      const message = `scan ${scan}: ${file} is oblique: no voxel axis runs along the body's axes`;
      this.#note({ kind: 'oblique', scan, file, message });
    }
    checkTruth({ scan, file }, volume.data, truthUnits, window);
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
    const { slices } = reading;
    const into = this.#intoImage(this.#voxels(reading));
    const { volume } = await readNifti(file, { ...(slices ? { slices } : {}), ...into });
    return this.#inUnits(file, volume, reading);
  }

  /** Draws of the prediction, as {@link prediction}; with memory, each lies where the one before it lay. */
  async *draws(
    path: string,
    needed?: readonly Grid[],
  ): AsyncGenerator<{ volume: Volume; units: IntensityUnits }, void, void> {
    for (const file of drawFiles(diskFiles, path)) {
      const reading = await this.#slices(file, (header, name) => seriesShape(header, name).shape, needed);
      const into = this.#intoImage(this.#voxels(reading));
      const { slices } = reading;
      for await (const volume of readNiftiSeries(file, { ...(slices ? { slices } : {}), ...into }))
        yield this.#inUnits(file, volume, reading);
    }
  }

  #inUnits(file: string, volume: Volume, reading: Reading): { volume: Volume; units: IntensityUnits } {
    const { scan } = this.files;
    const { predictionUnits: units = 'window' } = this.options;
    const parts = valuesRead(volume, reading).map(({ values }) => values);
    if (units === 'window') {
      refuseForeignUnits({ scan, file, parts });
    } else if (parts.every(looksWindowed)) {
      const message = `scan ${scan}: every voxel of ${file} lies in [-1, 2], which is odd for HU`;
      this.#note({ kind: 'odd-units', scan, file, message });
    }
    return { volume: turnToRas(placed(volume, reading)), units };
  }

  /** The standard deviation of the prediction, in windowed intensity. */
  async deviation(file: string, needed?: readonly Grid[]): Promise<Volume> {
    const { scan } = this.files;
    const { predictionUnits = 'window', window: [lo, hi] = abdomenWindow } = this.options;
    const reading = await this.#slices(file, volumeShape, needed);
    const spans = reading.slices ? { slices: reading.slices } : {};
    const { volume } = await readNifti(file, { ...spans, ...this.#intoImage(this.#voxels(reading)) });
    const [slices, height, width] = volume.shape;
    for (const { values, first } of valuesRead(volume, reading)) {
      refuseNegative({ scan, file, size: [width, height, slices], values, first });
      if (predictionUnits !== 'hu') continue;
      for (let voxel = 0; voxel < values.length; voxel++) {
        values[voxel] = (values[voxel] as number) / (hi - lo);
      }
    }
    return turnToRas(placed(volume, reading));
  }

  /** Label ids of the segmentation, the body not yet merged in. */
  async segmentation(): Promise<LabelVolume> {
    const { segmentation: file } = this.files;
    const { labelling } = this.options;
    if (isFolder(diskFiles, file)) return this.#organFolder(file);
    checkTableOf(await readNiftiHeader(file), file, labelling);
    const all = await this.#slices(file, volumeShape);
    return this.#toLabels(file, await this.#labels(file, all));
  }

  /** One mask per organ in one volume of label ids; where masks overlap, the larger number wins. */
  async #organFolder(folder: string): Promise<LabelVolume> {
    let merged: LabelVolume | undefined;
    for (const { file, label } of organFiles(diskFiles, folder, this.options.labelling)) {
      const reading = await this.#slices(file, volumeShape);
      const { volume, rounded } = await readNifti(file, { as: 'labels' });
      this.#noteRounded(file, rounded);
      const mask = turnToRas(placed(volume, reading));
      merged ??= mask;
      new OrganMask(file, label).addTo(merged.data, mask.data);
    }
    return this.#toLabels(folder, merged as LabelVolume);
  }

  /** The body mask: non-zero inside. `needed` as for {@link prediction}. */
  async body(file: string, needed?: readonly Grid[]): Promise<LabelVolume> {
    return turnToRas(await this.#labels(file, await this.#slices(file, volumeShape, needed)));
  }

  /** Label numbers in the order of the file. */
  async #labels(file: string, reading: Reading): Promise<LabelVolume> {
    const spans = reading.slices ? { slices: reading.slices } : {};
    const into = this.#intoLabels(this.#voxels(reading));
    const { volume, rounded } = await readNifti(file, { as: 'labels', ...spans, ...into });
    this.#noteRounded(file, rounded);
    return placed(volume, reading);
  }

  /** Numbers of the scheme turned into label ids, in RAS order. */
  #toLabels(file: string, volume: LabelVolume): LabelVolume {
    const [slices, height, width] = volume.shape;
    const { scan } = this.files;
    if (!isFolder(diskFiles, file)) {
      const census = takeCensus(volume, this.options.labelling.scheme);
      this.#note({ kind: 'labels', scan, file, message: `scan ${scan}: ${file} was counted`, census });
    }
    assignVoxels({ scan, file, size: [width, height, slices], values: volume.data }, this.options.labelling);
    return turnToRas(volume);
  }

  #noteRounded(file: string, rounded: number): void {
    const { scan } = this.files;
    if (rounded === 0) return;
    const message = `scan ${scan}: ${rounded} labels of ${file} are no whole numbers for their slope, and were rounded`;
    this.#note({ kind: 'rounded-labels', scan, file, message });
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
  #voxels({ slices, shape: [count, height, width] }: Reading): number {
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
    const { scan } = this.files;
    const header = await readNiftiHeader(file);
    const shape = shapeOf(header, file);
    const reference = this.#reference as FileGrid;
    const { affineTolerance } = this.options;
    const { affine, turned } = alignFile(
      scan,
      reference,
      { file, shape, affine: header.affine },
      affineTolerance,
    );
    noteHeader(scan, file, header, this.#note);
    if (turned) {
      const order = `stored in ${axisCodes(header.affine)} order, the ground truth in ${axisCodes(reference.affine)}`;
      const message = `scan ${scan}: ${file} is ${order}; its voxels are turned`;
      this.#note({ kind: 'voxel-order', scan, file, message });
    }
    return { shape, affine, ...(needed ? { slices: sourceSlices(makeGrid(shape, affine), needed) } : {}) };
  }

  readonly #note: TakeNote = (note) => this.options.note?.(note);
}
