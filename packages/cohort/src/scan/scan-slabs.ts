import type { Sample } from '@semcrc/core';
import {
  abdomenWindow,
  type Grid,
  type Labelling,
  type LabelVolume,
  makeVolume,
  orientTo,
  turnToRas,
  type Volume,
  windowIntensity,
} from '@semcrc/imaging';
import { readNiftiSeries, readNiftiSeriesSlabs } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { countForeign } from './intensity-units.ts';
import { countDraws, drawFiles, isFolder, organFiles } from './scan-files.ts';
import type { TakeNote } from './scan-note.ts';
import type { IntensityUnits } from './scan-reader.ts';
import { assignVoxels, clip, mendIntervals, mergeBody, OrganMask, refuseNegative } from './voxels.ts';

/** The files of a scan whose truth nobody knows. */
export interface ApplyFiles {
  readonly lower: string;
  readonly upper: string;
  /** A file of label numbers, or a folder of one mask per organ, named as the scheme names it. */
  readonly segmentation: string;
  readonly point?: string;
  readonly body?: string;
  readonly std?: string;
  /** A file with one draw along its fourth axis, or a folder of files. */
  readonly samples?: string;
}

/** How the files are to be understood. */
export interface SlabOptions {
  readonly labelling: Labelling;
  /** Unit of the predictions; windowed intensities by default. */
  readonly predictionUnits?: IntensityUnits;
  /** HU that are 0 and 1; must be those of the calibration. */
  readonly window?: readonly [lo: number, hi: number];
  /** How far corners of the files may stand apart, as a share of the smallest voxel side; 0.01 by default. */
  readonly affineTolerance?: number;
  /** What the scan is called in messages. */
  readonly scan?: string;
  /** Called with what is worth knowing of the files and no error. */
  readonly note?: TakeNote;
}

/** What a scan is called that has no name. */
export const UNNAMED_SCAN = 'to apply to';

/** Voxels handled at a time, about: memory is a few dozen times that many bytes, whatever the scan's size. */
const SLAB_VOXELS = 2 ** 21;

/** With more draws than this, fewer voxels are handled at a time. */
const SLAB_DRAWS = 8;

/** A slab of the scan as a sample; truth is unknown and never looked at. */
export interface ScanSlab extends Sample {
  /** First slice. */
  readonly first: number;
  readonly organs: Uint16Array;
  /** How many values of lower and upper could be no windowed intensity. */
  readonly raw: { readonly foreign: number; readonly values: number };
}

/** Some slices of one volume or of several, from one place on. */
interface Slices<V extends Volume | LabelVolume> {
  readonly volumes: readonly V[];
}

/** A file that another voxel order is brought from: it is read whole and handed out in slabs of the order wanted. */
async function* turnedSlabs<V extends Volume | LabelVolume>(
  volumes: AsyncIterable<V>,
  grid: Grid,
  slices: number,
): AsyncGenerator<Slices<V>, void, void> {
  const turned: V[] = [];
  for await (const volume of volumes) turned.push(orientTo(turnToRas(volume), grid));
  const [count, height, width] = grid.shape;
  const area = height * width;
  for (let first = 0; first < count; first += slices) {
    const end = Math.min(first + slices, count);
    const take = ({ data }: V) =>
      makeVolume(data.slice(first * area, end * area), [end - first, height, width], grid.affine) as V;
    yield { volumes: turned.map(take) };
  }
}

/** Opens a scan's files slab by slab, all in the voxel order of `grid`. */
class SlabFiles {
  readonly #grid: Grid;
  readonly #slices: number;
  readonly #turned: ReadonlySet<string>;

  /** Calls with each file of labels that had to be rounded, and how many of them. */
  readonly #rounded: (file: string, labels: number) => void;

  /**
   * @param turned files whose voxels come in another order.
   * @param rounded called at the end of each file of labels, with how many were rounded.
   */
  constructor(
    grid: Grid,
    slices: number,
    turned: ReadonlySet<string>,
    rounded: (file: string, labels: number) => void,
  ) {
    this.#grid = grid;
    this.#slices = slices;
    this.#turned = turned;
    this.#rounded = rounded;
  }

  images(file: string): AsyncGenerator<Slices<Volume>, void, void> {
    if (this.#turned.has(file)) return turnedSlabs(readNiftiSeries(file), this.#grid, this.#slices);
    return readNiftiSeriesSlabs(file, { slices: this.#slices });
  }

  labels(file: string): AsyncGenerator<Slices<LabelVolume>, void, void> {
    const reading = { as: 'labels', onRounded: (labels: number) => this.#rounded(file, labels) } as const;
    if (this.#turned.has(file)) return turnedSlabs(readNiftiSeries(file, reading), this.#grid, this.#slices);
    return readNiftiSeriesSlabs(file, { slices: this.#slices, ...reading });
  }

  /** One mask per organ of a folder as slabs of label numbers; where masks overlap, the larger number wins. */
  async *organs(folder: string, labelling: Labelling): AsyncGenerator<Slices<LabelVolume>, void, void> {
    const organs = organFiles(folder, labelling).map(({ file, label }) => ({
      mask: new OrganMask(file, label),
      slabs: this.labels(file),
    }));
    try {
      for (;;) {
        let merged: LabelVolume | undefined;
        for (const { mask, slabs } of organs) {
          const { value } = await slabs.next();
          const volume = value?.volumes[0];
          if (!volume) return;
          merged ??= volume;
          mask.addTo(merged.data, volume.data);
        }
        yield { volumes: [merged as LabelVolume] };
      }
    } finally {
      for (const { slabs } of organs) await slabs.return();
    }
  }
}

/**
 * Reads the files of a scan in step, slab by slab, in the file's own order: predictions windowed, clipped and uncrossed,
 * numbers turned into label ids with the body merged in.
 *
 * @param turned files whose voxels come in another order than those of `grid`; they are read whole.
 * @throws SemcrcError `bad-input` as reading whole files does.
 */
export async function* readSlabs(
  files: ApplyFiles,
  grid: Grid,
  options: SlabOptions,
  turned: ReadonlySet<string> = new Set(),
): AsyncGenerator<ScanSlab, void, void> {
  const { labelling, predictionUnits = 'window', window = abdomenWindow } = options;
  const { scan = UNNAMED_SCAN, note } = options;
  const [, height, width] = grid.shape;
  const drawCount = await countDraws([{ scan, ...files }]);
  const voxels = SLAB_VOXELS / Math.max(1, drawCount / SLAB_DRAWS);
  const slices = Math.max(1, Math.floor(voxels / (height * width)));
  const open = new SlabFiles(grid, slices, turned, (file, labels) => {
    if (labels === 0) return;
    const message = `scan ${scan}: ${labels} labels of ${file} are no whole numbers for their slope, and were rounded`;
    note?.({ kind: 'rounded-labels', scan, file, message });
  });
  const images = (file: string) => open.images(file);
  const labels = (file: string) => open.labels(file);
  const optional = <T>(file: string | undefined, read: (file: string) => T) =>
    file === undefined ? undefined : read(file);

  const lowers = images(files.lower);
  const uppers = images(files.upper);
  const segmentations = isFolder(files.segmentation)
    ? open.organs(files.segmentation, labelling)
    : labels(files.segmentation);
  const points = optional(files.point, images);
  const deviations = optional(files.std, images);
  const bodies = optional(files.body, labels);
  const draws = (files.samples === undefined ? [] : drawFiles(files.samples)).map(images);
  const all = [lowers, uppers, segmentations, points, deviations, bodies, ...draws];

  const next = async <T>(slabs: AsyncGenerator<T, void, void>): Promise<T> => {
    const { value } = await slabs.next();
    if (!value) throw new SemcrcError('internal', 'a file of the scan ended early');
    return value;
  };
  const only = <V>({ volumes }: { readonly volumes: readonly V[] }): V => volumes[0] as V;
  const windowed = (volume: Volume) => {
    const foreign = countForeign(volume.data);
    if (predictionUnits === 'hu') windowIntensity(volume, window, volume.data);
    return { data: volume.data, foreign };
  };
  try {
    for (let first = 0; first < grid.shape[0]; first += slices) {
      const count = Math.min(slices, grid.shape[0] - first);
      const place = {
        scan,
        size: [width, height, grid.shape[0]] as const,
        first: first * height * width,
      };
      const [lower, upper, point] = await Promise.all([
        next(lowers).then((slab) => windowed(only(slab))),
        next(uppers).then((slab) => windowed(only(slab))),
        points && next(points).then((slab) => windowed(only(slab))),
      ]);
      const std = deviations && only(await next(deviations)).data;
      if (std) {
        refuseNegative({ ...place, file: files.std as string, values: std });
        if (predictionUnits === 'hu')
          for (let j = 0; j < std.length; j++) std[j] = (std[j] as number) / (window[1] - window[0]);
      }
      const samples: Float32Array[] = [];
      for (const draw of draws) {
        for (const volume of (await next(draw)).volumes) {
          const { data } = windowed(volume);
          clip(data);
          samples.push(data);
        }
      }
      const organs = only(await next(segmentations)).data;
      assignVoxels({ ...place, file: files.segmentation, values: organs }, labelling);
      const inside = bodies && only(await next(bodies)).data;
      if (inside) mergeBody(organs, inside);
      yield {
        id: scan,
        patient: scan,
        first,
        shape: [count, height, width],
        truth: lower.data,
        lower: lower.data,
        upper: upper.data,
        ...(point ? { point: point.data } : {}),
        ...(std ? { std } : {}),
        ...(samples.length > 0 ? { samples } : {}),
        organs,
        mended: mendIntervals(lower.data, upper.data, point?.data),
        raw: { foreign: Math.max(lower.foreign, upper.foreign), values: lower.data.length },
      };
    }
  } finally {
    for (const slabs of all) await slabs?.return();
  }
}

/** Notices predictions in other units over all slabs: a median is not to be had slab by slab. */
export class ForeignUnits {
  readonly #files: ApplyFiles;
  readonly #options: SlabOptions;
  #foreign = 0;
  #values = 0;

  constructor(files: ApplyFiles, options: SlabOptions) {
    this.#files = files;
    this.#options = options;
  }

  see({ foreign, values }: ScanSlab['raw']): void {
    this.#foreign += foreign;
    this.#values += values;
  }

  /** Refuses what cannot be in the units it is said to be in, and notes what hardly can. */
  judge(): void {
    const { predictionUnits = 'window', scan = UNNAMED_SCAN, note } = this.#options;
    if (predictionUnits === 'hu') {
      if (this.#foreign > 0) return;
      const { lower: file } = this.#files;
      const message = `scan ${scan}: every voxel of ${file} lies in [-1, 2], which is odd for HU`;
      note?.({ kind: 'odd-units', scan, file, message });
      return;
    }
    if (2 * this.#foreign <= this.#values) return;
    throw new SemcrcError(
      'bad-input',
      `${this.#files.lower} or ${this.#files.upper}: more than half the values lie outside [-1, 2], expected windowed ` +
        'intensities in [0, 1]; if these are in HU, say so with `predictionUnits` hu',
      { data: { file: this.#files.lower, options: ['predictionUnits'] } },
    );
  }
}
