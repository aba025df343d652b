import { type Surroundings, surroundingsOf } from '@semcrc/core';
import {
  abdomenWindow,
  boxAbove,
  chooseCut,
  crop,
  firstPixel,
  type Grid,
  type LabelVolume,
  labelledPerSlice,
  makeGrid,
  makeVolume,
  resampleImage,
  resampleLabels,
  type ScanCut,
  sliceBoxes,
  sliceGrids,
  spacingGrid,
  stackSlices,
  takeImage,
  takeLabels,
  type Volume,
  voxelCount,
  wholeSlices,
} from '@semcrc/imaging';
import { type Resampler, SemcrcError } from '@semcrc/kernels';
import type { ScanFiles } from '../sources/manifest.ts';
import type { SliceChoice } from '../sources/scan-options.ts';
import type { Prepared } from './prepared.ts';
import { ofScan } from './scan-files.ts';
import type { ScanMemory } from './scan-memory.ts';
import { type ReadingOptions, ScanReader } from './scan-reader.ts';
import type { SliceCensus } from './slice-advice.ts';
import { mergeBody } from './voxels.ts';
import { packLabels, readMeasurement, readPredictions, type Take, windowTruth } from './whole-scan.ts';

/**
 * Prepares one scan as section 4 of the paper: RAS order, resampled to the spacing (images trilinear, labels nearest),
 * truth windowed, cropped to the foreground of the truth (or of the point), the window of slices with the most labelled voxels, a few slices of
 * it, cropped or padded to one size. Predictions and body are only decoded and resampled where slices are taken: of what
 * else their files hold nothing but its length and checksum is looked at. Bounds are clipped and swapped at the very end, on
 * the slices taken, and counted there.
 *
 * Labelled means "any label of the segmentation", before the body mask is merged in.
 *
 * @param memory reused from scan to scan; never by two scans at once.
 * @param wants what is taken beside the sample, where a file of it is named.
 * @throws SemcrcError `bad-input` as reading a scan does. A scan that does not qualify is no error: it is left out.
 */
export async function prepareScan(
  files: ScanFiles,
  reading: ReadingOptions,
  paper: SliceChoice,
  resampler: Resampler,
  memory?: ScanMemory,
  wants: 'sample' | 'measurement' = 'sample',
): Promise<Prepared> {
  const reader = new ScanReader(files, reading, memory);
  try {
    const found = await chooseSlices(reader, paper, resampler, memory);
    if (found.state === 'left-out') return found;
    const { cut } = found;
    const shape = [cut.slices.length, ...cut.size] as const;
    const truth = new Float32Array(voxelCount(shape));
    const windowed = found.truth.map((slice) => windowTruth(slice, reading));
    stackSlices(windowed, cut.size, truth);
    const organs = new Uint16Array(voxelCount(shape));
    stackSlices(found.organs, cut.size, organs);

    const room = memory && ((voxels: number) => memory.resampledImage(voxels));
    const taking =
      (from: ScanCut): Take =>
      (volume, outside) => {
        const data = takeImage(resampler, volume, from, outside, room);
        return makeVolume(data, [from.slices.length, ...from.size], from.grid.affine);
      };
    // What slices show around the voxels taken is what `apply` will see only where nothing is resampled.
    const whole = paper.spacing === null ? wholeSlices(cut) : undefined;
    const grids = sliceGrids(whole ?? cut);
    const { around, ...predictions } = await readPredictions(
      reader,
      taking(cut),
      grids,
      whole && taking(whole),
    );
    const body = files.body === undefined ? undefined : await reader.body(files.body, grids);
    const labelRoom = memory && ((voxels: number) => memory.resampledLabels(voxels));
    if (body) mergeBody(organs, takeLabels(resampler, body, cut, labelRoom));
    let surroundings: Surroundings | undefined;
    if (whole && around && found.whole) {
      if (body) mergeBody(found.whole, takeLabels(resampler, body, whole, labelRoom));
      const slices = { ...around, organs: found.whole, shape: [whole.slices.length, ...whole.size] as const };
      const labels = Object.keys(reading.labelling.labels).map(Number);
      const part = { height: cut.size[0], width: cut.size[1], ...firstPixel(cut) };
      surroundings = surroundingsOf(slices, part, Math.max(...labels) + 1);
    }
    const sample = {
      id: files.scan,
      patient: files.patient,
      shape,
      truth,
      ...predictions,
      organs: packLabels(organs, reading.labelling),
      ...(surroundings ? { surroundings } : {}),
    };
    if (wants === 'sample' || files.measurement === undefined) return { state: 'kept', sample };
    return {
      state: 'kept',
      sample,
      measurement: await readMeasurement(reader, files.measurement, taking(cut), sliceGrids(cut)),
    };
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}

/**
 * What the predictor saw of a scan, on the voxels that {@link prepareScan} takes, windowed; null where no file is named or the
 * scan is left out.
 *
 * @throws SemcrcError as {@link prepareScan}
 */
export async function prepareMeasurement(
  files: ScanFiles,
  reading: ReadingOptions,
  paper: SliceChoice,
  resampler: Resampler,
  memory?: ScanMemory,
): Promise<Float32Array | null> {
  const { measurement } = files;
  if (measurement === undefined) return null;
  const reader = new ScanReader(files, reading, memory);
  try {
    const found = await chooseSlices(reader, paper, resampler, memory);
    if (found.state === 'left-out') return null;
    const { cut } = found;
    const shape = [cut.slices.length, ...cut.size] as const;
    const take = (volume: Volume, outside: number): Volume =>
      makeVolume(takeImage(resampler, volume, cut, outside), shape, cut.grid.affine);
    return await readMeasurement(reader, measurement, take, sliceGrids(cut));
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}

/** What is taken of a scan, and its truth (in HU) and segmentation there, slice by slice. */
type ChosenSlices =
  | {
      readonly state: 'chosen';
      readonly cut: ScanCut;
      readonly truth: readonly Volume[];
      readonly organs: readonly LabelVolume[];
      /** The whole slices of the segmentation, one on top of the other, where nothing is resampled. */
      readonly whole: Uint16Array | null;
    }
  | { readonly state: 'left-out'; readonly reason: string };

/** What slices are chosen by, on the grid they are taken from. */
interface SliceInputs {
  /** In HU, or windowed. */
  readonly truth: Volume;
  /** What the scan is cropped by: the truth, or the point. */
  readonly image: Volume;
  /** The value of that image that windowing makes 0. */
  readonly backgroundTop: number;
  readonly segmentation: LabelVolume;
}

/** Reads truth and segmentation onto the grid that slices are taken from. */
async function readSliceInputs(
  reader: ScanReader,
  paper: SliceChoice,
  resampler: Resampler,
  memory: ScanMemory | undefined,
): Promise<SliceInputs> {
  const { window = abdomenWindow, truthUnits } = reader.options;
  const original = await reader.truth();
  const grid =
    paper.spacing === null ? makeGrid(original.shape, original.affine) : spacingGrid(original, paper.spacing);
  const resampled = paper.spacing === null ? undefined : memory;
  const voxels = voxelCount(grid.shape);
  const ofTruth = resampleImage(resampler, original, grid, undefined, resampled?.resampledImage(voxels));
  // The point is read to where the truth lies.
  const truth = paper.crop === 'truth' ? ofTruth : { ...ofTruth, data: ofTruth.data.slice() };
  const [image, backgroundTop] =
    paper.crop === 'truth'
      ? [truth, truthUnits === 'window' ? 0 : window[0]]
      : await pointOn(grid, reader, resampler);
  const labels = await reader.segmentation();
  const segmentation = resampleLabels(resampler, labels, grid, resampled?.resampledLabels(voxels));
  return { truth, image, backgroundTop, segmentation };
}

/** Reads truth and segmentation, chooses the slices and cuts both down to them. */
async function chooseSlices(
  reader: ScanReader,
  paper: SliceChoice,
  resampler: Resampler,
  memory: ScanMemory | undefined,
): Promise<ChosenSlices> {
  const { truth, image, backgroundTop, segmentation } = await readSliceInputs(
    reader,
    paper,
    resampler,
    memory,
  );
  const choice = chooseCut(image, segmentation, backgroundTop, paper);
  if (choice.state === 'left-out') return choice;
  const boxes = sliceBoxes(choice.cut);
  return {
    state: 'chosen',
    cut: choice.cut,
    truth: boxes.map((box) => crop(truth, box)),
    organs: boxes.map((box) => crop(segmentation, box)),
    whole: paper.spacing === null ? wholeLabels(segmentation, choice.cut) : null,
  };
}

/**
 * Why a scan would be left out, null where it would be kept; and what its slices hold, null where the image it is cropped to
 * is all background.
 *
 * @throws SemcrcError as {@link prepareScan}.
 */
export async function takeSliceCensus(
  files: ScanFiles,
  reading: ReadingOptions,
  paper: SliceChoice,
  resampler: Resampler,
  memory?: ScanMemory,
): Promise<{ readonly reason: string | null; readonly census: SliceCensus | null }> {
  const reader = new ScanReader(files, reading, memory);
  try {
    const { image, backgroundTop, segmentation } = await readSliceInputs(reader, paper, resampler, memory);
    const choice = chooseCut(image, segmentation, backgroundTop, paper);
    const box = boxAbove(image, backgroundTop);
    return {
      reason: choice.state === 'left-out' ? choice.reason : null,
      census: box && {
        scan: files.scan,
        labelled: labelledPerSlice(segmentation, box),
        box: [box.end[1] - box.start[1], box.end[0] - box.start[0]],
      },
    };
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}

/** The whole slices of a segmentation that a cut takes of it. */
function wholeLabels({ data, shape: [, height, width] }: LabelVolume, { slices }: ScanCut): Uint16Array {
  const area = height * width;
  const whole = new Uint16Array(slices.length * area);
  slices.forEach((z, at) => {
    whole.set(data.subarray(z * area, (z + 1) * area), at * area);
  });
  return whole;
}

/** The point prediction on a grid, and the value that windowing makes 0. */
async function pointOn(grid: Grid, reader: ScanReader, resampler: Resampler): Promise<[Volume, number]> {
  const { scan, point } = reader.files;
  if (point === undefined) {
    throw new SemcrcError(
      'bad-input',
      `scan ${scan} has no point prediction, which scans are to be cropped to; give one, or \`crop\` truth`,
      { data: { scan, options: ['point', 'crop'] } },
    );
  }
  const { volume, units } = await reader.prediction(point);
  const { window = abdomenWindow } = reader.options;
  return [resampleImage(resampler, volume, grid), units === 'hu' ? window[0] : 0];
}

/**
 * Whether a scan would be kept, without reading its predictions.
 *
 * @returns the reason it is left out for, or null when it is kept.
 * @throws SemcrcError as {@link prepareScan}.
 */
export async function reasonToLeaveOut(
  files: ScanFiles,
  reading: ReadingOptions,
  paper: SliceChoice,
  resampler: Resampler,
  memory?: ScanMemory,
): Promise<string | null> {
  const reader = new ScanReader(files, reading, memory);
  try {
    const found = await chooseSlices(reader, paper, resampler, memory);
    return found.state === 'left-out' ? found.reason : null;
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}
