import {
  abdomenWindow,
  type Grid,
  type LabelVolume,
  makeVolume,
  orientTo,
  rasGrid,
  reorientToRas,
  resampleImage,
  restoreImage,
  restoreLabels,
  type ScanCut,
  spacingGrid,
  type Volume,
  windowIntensity,
} from '@semcrc/imaging';
import { loadResampler, SemcrcError } from '@semcrc/kernels';
import { bodyMask } from '../body-mask.ts';
import type { Predictor } from '../predictor.ts';
import type { ImageModel, ModelRecord, SegmentationModel } from './model-record.ts';
import type { Network, NetworkWatch } from './network.ts';
import type { FinishedSlices } from './sliding-window.ts';

/** Unit of a volume's intensities: HU, or the window of the network as 0..1. */
export type ScanUnits = 'hu' | 'window';

/** How a network is run on a scan. */
export interface ScanOptions extends NetworkWatch {
  readonly units: ScanUnits;
  /** Names the scan's file in errors. */
  readonly file: string;
}

/** What had to be mended in what a network gave, in voxels on its own grid. */
export interface Mended {
  /** Values outside 0..1, of all three volumes. */
  readonly clipped: number;
  /** Voxels with lower above upper, swapped. */
  readonly crossed: number;
}

/** A scan as a network predicts it, on the scan's own grid and in its voxel order; images in windowed units. */
export interface PredictedScan {
  readonly lower: Volume;
  readonly point: Volume;
  readonly upper: Volume;
  /** 1 inside the body, as `bodyMask` finds it in the axial slices of the point. */
  readonly body: LabelVolume;
  readonly mended: Mended;
}

/**
 * Predicts a scan: to RAS, to the network's spacing (trilinear) and intensities, window by window through the network, clipped to
 * 0..1 and uncrossed, and back onto the scan's grid (trilinear; the authors of sem-CRC take the nearest voxel there).
 *
 * @throws SemcrcError `bad-input` where the scan's values are not in the units named, or as `Network.sweep`; `interrupted`.
 */
export async function predictScan(
  network: Network<ImageModel>,
  scan: Volume,
  options: ScanOptions,
): Promise<PredictedScan> {
  const { record } = network;
  const prepared = await prepare(record, scan, options);
  const images = record.channels.map(() => new Float32Array(prepared.data.length));
  await network.sweep(prepared, collect(images, prepared), options);
  const [lower, point, upper] = (['lower', 'point', 'upper'] as const).map(
    (name) => images[record.channels.indexOf(name)],
  );
  const mended = mend(lower, point, upper);
  const resampler = record.spacing === null ? null : await loadResampler();
  const back = (data: Float32Array, outside: number): Volume =>
    resampler === null
      ? orientTo(makeVolume(data, prepared.shape, prepared.affine), scan)
      : restoreImage(resampler, data, wholeOf(prepared), scan, outside);
  // Where a scan's grid reaches beyond the network's, nothing is known: the whole range.
  const result = { lower: back(lower, 0), point: back(point, 0), upper: back(upper, 1), mended };
  return { ...result, body: bodyOf(result.point) };
}

/**
 * The same of a predictor that is no network, such as the baseline: on the scan's own spacing, in windowed units.
 *
 * @throws SemcrcError `bad-input` where the scan's values are not in the units named.
 */
export async function predictScanWith(
  predictor: Predictor,
  scan: Volume,
  { units, file, signal }: ScanOptions,
): Promise<PredictedScan> {
  checkUnits(scan, units, file);
  const ras = reorientToRas(scan);
  const measurement = units === 'hu' ? scaled(ras, abdomenWindow) : ras;
  if (signal?.aborted) throw new SemcrcError('interrupted', `${predictor.name}: given up`);
  const { lower, point, upper } = await predictor.predict(measurement);
  const back = (data: Float32Array): Volume => orientTo(makeVolume(data, ras.shape, ras.affine), scan);
  const result = { lower: back(lower), point: back(point), upper: back(upper) };
  return { ...result, body: bodyOf(result.point), mended: { clipped: 0, crossed: 0 } };
}

/** A scan's labels, on its own grid and in its voxel order, numbered as the network's scheme says. */
export interface SegmentedScan {
  readonly segmentation: LabelVolume;
  /** Labels that some voxel has, ascending, without 0. */
  readonly found: readonly number[];
}

/**
 * Segments a scan: prepared as {@link predictScan} does, the label of each voxel decided on the network's grid, and brought back by
 * the nearest voxel.
 *
 * @throws SemcrcError as {@link predictScan}.
 */
export async function segmentScan(
  network: Network<SegmentationModel>,
  scan: Volume,
  options: ScanOptions,
): Promise<SegmentedScan> {
  const prepared = await prepare(network.record, scan, options);
  const labels = new Uint16Array(prepared.data.length);
  await network.sweep(prepared, label(network.record, labels, prepared), options);
  const segmentation = restoreLabels(await loadResampler(), labels, wholeOf(prepared), scan);
  return { segmentation, found: labelsIn(segmentation.data) };
}

/** Puts finished slices into one array per channel. */
function collect(into: readonly Float32Array[], { shape: [, height, width] }: Grid) {
  return ({ first, channels }: FinishedSlices): void => {
    for (const [channel, values] of channels.entries()) into[channel].set(values, first * height * width);
  };
}

/** Decides the label of every voxel of finished slices. */
function label(
  { labels, threshold }: SegmentationModel,
  into: Uint16Array,
  { shape: [, height, width] }: Grid,
) {
  return ({ first, channels }: FinishedSlices): void => {
    const area = height * width;
    for (let at = 0; at < area; at++) {
      let best = 0;
      for (let channel = 1; channel < channels.length; channel++) {
        if (channels[channel][at] > channels[best][at]) best = channel;
      }
      const none = threshold !== null && !(channels[best][at] > threshold);
      into[first * area + at] = none ? 0 : labels[best];
    }
  };
}

/** Clips all three to 0..1 and swaps crossed bounds, in place. */
function mend(lower: Float32Array, point: Float32Array, upper: Float32Array): Mended {
  let clipped = 0;
  for (const data of [lower, point, upper]) {
    for (let at = 0; at < data.length; at++) {
      const value = data[at];
      if (value >= 0 && value <= 1) continue;
      data[at] = value < 0 ? 0 : 1;
      clipped += 1;
    }
  }
  let crossed = 0;
  for (let at = 0; at < lower.length; at++) {
    if (lower[at] <= upper[at]) continue;
    [lower[at], upper[at]] = [upper[at], lower[at]];
    crossed += 1;
  }
  return { clipped, crossed };
}

/** The scan in RAS, on the network's spacing and in its intensities. */
async function prepare(record: ModelRecord, scan: Volume, { units, file }: ScanOptions): Promise<Volume> {
  checkUnits(scan, units, file);
  const [lo, hi] = units === 'hu' ? record.window : ([0, 1] as const);
  const ras = reorientToRas(scan);
  const placed =
    record.spacing === null
      ? ras
      : resampleImage(await loadResampler(), ras, spacingGrid(ras, record.spacing), lo);
  return record.clip ? windowIntensity(placed, [lo, hi]) : scaled(placed, [lo, hi]);
}

/** Values that are 0 and 1 at the ends of a window, and go on beyond them; the volume itself where they are already. */
function scaled(volume: Volume, [lo, hi]: readonly [number, number]): Volume {
  if (lo === 0 && hi === 1) return volume;
  const { data, shape, affine } = volume;
  const placed = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) placed[at] = (data[at] - lo) / (hi - lo);
  return makeVolume(placed, shape, affine);
}

/** Windowed values lie around 0..1, and hardly any of a scan in HU does. */
function checkUnits({ data }: Volume, units: ScanUnits, file: string): void {
  let near = 0;
  for (let at = 0; at < data.length; at++) if (data[at] >= -1 && data[at] <= 2) near += 1;
  const share = near / data.length;
  if (units === 'window' && share < 0.5) {
    throw new SemcrcError(
      'bad-input',
      `${file}: expected values of a window around 0..1, found ${percent(1 - share)} of the voxels outside −1..2; for HU choose \`units\` hu`,
      { data: { file, options: ['units'] } },
    );
  }
  if (units === 'hu' && share === 1) {
    throw new SemcrcError(
      'bad-input',
      `${file}: expected HU, found no value outside −1..2; for values of a window choose \`units\` window`,
      { data: { file, options: ['units'] } },
    );
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

/** A prepared volume of which nothing was cut off. */
function wholeOf(grid: Grid): ScanCut {
  const [slices, height, width] = grid.shape;
  return {
    grid,
    box: { start: [0, 0, 0], end: [width, height, slices] },
    slices: Array.from({ length: slices }, (_, slice) => slice),
    size: [height, width],
  };
}

function bodyOf(point: Volume): LabelVolume {
  const ras = reorientToRas(point);
  const { shape, affine } = rasGrid(point);
  const body = new Uint16Array(bodyMask(ras.data, ras.shape));
  return orientTo(makeVolume(body, shape, affine), point);
}

function labelsIn(data: Uint16Array): readonly number[] {
  const seen = new Uint8Array(65536);
  for (let at = 0; at < data.length; at++) seen[data[at]] = 1;
  return Array.from(seen.entries()).flatMap(([number, is]) => (is === 1 && number > 0 ? [number] : []));
}
