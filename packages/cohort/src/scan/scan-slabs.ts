import type { Sample } from '@semcrc/core';
import type { Labelling } from '@semcrc/imaging';
import { abdomenWindow, type Grid, type LabelVolume, type Volume, windowIntensity } from '@semcrc/imaging';
import { readNiftiSeriesSlabs, readNiftiSlabs, type Slab } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { countDraws, drawFiles, isFolder, organFiles } from './scan-files.ts';
import type { IntensityUnits } from './scan-reader.ts';
import {
  assignVoxels,
  clip,
  countForeign,
  labelMask,
  mendIntervals,
  mergeBody,
  refuseNegative,
} from './voxels.ts';

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
}

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

/** One mask per organ of a folder as slabs of label numbers; where masks overlap, the larger number wins. */
async function* organSlabs(
  folder: string,
  labelling: Labelling,
  slices: number,
): AsyncGenerator<Slab<LabelVolume>, void, void> {
  const organs = organFiles(folder, labelling).map(({ file, label }) => ({
    label,
    masks: readNiftiSlabs(file, { slices, as: 'labels' }),
  }));
  try {
    for (;;) {
      let merged: Slab<LabelVolume> | undefined;
      for (const { label, masks } of organs) {
        const { value: mask } = await masks.next();
        if (!mask) return;
        merged ??= mask;
        labelMask(merged.volume.data, mask.volume.data, label);
      }
      yield merged as Slab<LabelVolume>;
    }
  } finally {
    for (const { masks } of organs) await masks.return();
  }
}

/**
 * Reads the files of a scan in step, slab by slab, in the file's own order: predictions windowed, clipped and uncrossed,
 * labels turned into groups with the body merged in.
 *
 * @throws SemcrcError `bad-input` as reading whole files does.
 */
export async function* readSlabs(
  files: ApplyFiles,
  grid: Grid,
  options: SlabOptions,
): AsyncGenerator<ScanSlab, void, void> {
  const { labelling, predictionUnits = 'window', window = abdomenWindow } = options;
  const [, height, width] = grid.shape;
  const drawCount = await countDraws([{ scan: 'to apply to', ...files }]);
  const voxels = SLAB_VOXELS / Math.max(1, drawCount / SLAB_DRAWS);
  const slices = Math.max(1, Math.floor(voxels / (height * width)));
  const images = (file: string) => readNiftiSlabs(file, { slices });
  const labels = (file: string) => readNiftiSlabs(file, { slices, as: 'labels' });
  const optional = <T>(file: string | undefined, open: (file: string) => T) =>
    file === undefined ? undefined : open(file);

  const lowers = images(files.lower);
  const uppers = images(files.upper);
  const segmentations = isFolder(files.segmentation)
    ? organSlabs(files.segmentation, labelling, slices)
    : labels(files.segmentation);
  const points = optional(files.point, images);
  const deviations = optional(files.std, images);
  const bodies = optional(files.body, labels);
  const draws = (files.samples === undefined ? [] : drawFiles(files.samples)).map((file) =>
    readNiftiSeriesSlabs(file, { slices }),
  );
  const open = [lowers, uppers, segmentations, points, deviations, bodies, ...draws];

  const next = async <T>(slabs: AsyncGenerator<T, void, void>): Promise<T> => {
    const { value } = await slabs.next();
    if (!value) throw new SemcrcError('internal', 'a file of the scan ended early');
    return value;
  };
  const windowed = (volume: Volume) => {
    const foreign = predictionUnits === 'window' ? countForeign(volume.data) : 0;
    if (predictionUnits === 'hu') windowIntensity(volume, window, volume.data);
    return { data: volume.data, foreign };
  };
  try {
    for (let first = 0; first < grid.shape[0]; first += slices) {
      const count = Math.min(slices, grid.shape[0] - first);
      const place = {
        scan: 'to apply to',
        size: [width, height, grid.shape[0]] as const,
        first: first * height * width,
      };
      const [lower, upper, point] = await Promise.all([
        next(lowers).then(({ volume }) => windowed(volume)),
        next(uppers).then(({ volume }) => windowed(volume)),
        points && next(points).then(({ volume }) => windowed(volume)),
      ]);
      const std = deviations && (await next(deviations)).volume.data;
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
      const groups = (await next(segmentations)).volume.data;
      assignVoxels({ ...place, file: files.segmentation, values: groups }, labelling);
      const inside = bodies && (await next(bodies)).volume.data;
      if (inside) mergeBody(groups, inside);
      yield {
        id: 'to apply to',
        patient: 'to apply to',
        first,
        shape: [count, height, width],
        truth: lower.data,
        lower: lower.data,
        upper: upper.data,
        ...(point ? { point: point.data } : {}),
        ...(std ? { std } : {}),
        ...(samples.length > 0 ? { samples } : {}),
        organs: groups,
        mended: mendIntervals(lower.data, upper.data, point?.data),
        raw: { foreign: Math.max(lower.foreign, upper.foreign), values: lower.data.length },
      };
    }
  } finally {
    for (const slabs of open) await slabs?.return();
  }
}

/** Notices predictions in other units over all slabs: a median is not to be had slab by slab. */
export class ForeignUnits {
  readonly #files: ApplyFiles;
  readonly #units: IntensityUnits;
  #foreign = 0;
  #values = 0;

  constructor(files: ApplyFiles, units: IntensityUnits) {
    this.#files = files;
    this.#units = units;
  }

  see({ foreign, values }: ScanSlab['raw']): void {
    this.#foreign += foreign;
    this.#values += values;
  }

  refuse(): void {
    if (this.#units === 'hu' || 2 * this.#foreign <= this.#values) return;
    throw new SemcrcError(
      'bad-input',
      `${this.#files.lower} or ${this.#files.upper}: more than half the values lie outside [-1, 2], expected windowed ` +
        'intensities in [0, 1]; if these are in HU, say so with `predictionUnits` hu',
      { data: { file: this.#files.lower, options: ['predictionUnits'] } },
    );
  }
}
