import type { Sample } from '@semcrc/core';
import {
  abdomenWindow,
  type Box,
  boxAbove,
  centreBox,
  chooseSliceWindow,
  crop,
  cropGrid,
  type Grid,
  type LabelVolume,
  labelledPerSlice,
  makeGrid,
  makeVolume,
  paperSliceRule,
  resampleImage,
  resampleLabels,
  type SliceRule,
  sliceOffsets,
  spacingGrid,
  type Vector3,
  type Volume,
  windowIntensity,
} from '@semcrc/imaging';
import type { Resampler } from '@semcrc/kernels';
import type { ScanFiles } from './manifest.ts';
import { packGroups, readPredictions } from './scan.ts';
import { ofScan } from './scan-files.ts';
import type { ScanMemory } from './scan-memory.ts';
import { type ReadingOptions, ScanReader } from './scan-reader.ts';
import { mergeBody } from './voxels.ts';

/** How scans are prepared; the defaults are those of the paper's section 4. */
export interface PaperOptions {
  /** New spacing along x, y, z in mm; null keeps each scan's own. */
  readonly spacing: Vector3 | null;
  /** How the window of slices is chosen. */
  readonly rule?: SliceRule;
  /** Slices taken from the window, evenly spread. */
  readonly slices?: number;
  /** Height and width every slice is cropped or padded to. */
  readonly size?: readonly [height: number, width: number];
}

/** The options with every default filled in, as they enter digests and stores. */
export function resolvePaper(options: PaperOptions): Required<PaperOptions> {
  const { spacing, rule = paperSliceRule, slices = 4, size = [256, 256] } = options;
  return { spacing, rule, slices, size };
}

/** What preparing made of a scan. */
export type Prepared =
  | { readonly state: 'kept'; readonly sample: Sample }
  | { readonly state: 'left-out'; readonly reason: string };

/** A scan of the source that the cohort does not hold, and why. */
export interface LeftOut {
  readonly scan: string;
  readonly reason: string;
}

/** Slices of one grid that a scan gives: where they are, and what truth and segmentation hold there. */
interface Chosen {
  /** The resampled grid, before any crop. */
  readonly grid: Grid;
  /** In-plane extent of the foreground, and the slices taken, as z of `grid`. */
  readonly box: Box;
  readonly slices: readonly number[];
}

/** One slice of a box. */
function sliceBox({ start: [x0, y0], end: [x1, y1] }: Box, z: number): Box {
  return { start: [x0, y0, z], end: [x1, y1, z + 1] };
}

/** Puts one-slice volumes on top of each other; the affine of the stack is that of its first slice. */
function stack<V extends Volume | LabelVolume>(slices: readonly V[]): V {
  const first = slices[0] as V;
  const [, height, width] = first.shape;
  const data = (
    first.data instanceof Float32Array
      ? new Float32Array(slices.length * height * width)
      : new Uint16Array(slices.length * height * width)
  ) as V['data'];
  for (const [index, slice] of slices.entries()) data.set(slice.data, index * height * width);
  return makeVolume(data, [slices.length, height, width], first.affine) as V;
}

/** Crops or pads every slice to the size asked for, around its middle. Padding is 0: background, air, no interval. */
function fit<V extends Volume | LabelVolume>(volume: V, size: readonly [number, number]): V['data'] {
  return crop(volume, centreBox(volume.shape, size)).data;
}

/**
 * Chooses what a scan gives, from truth and segmentation alone: the foreground is the box of windowed truth above 0 and
 * the slices are those of the window with the most labelled voxels.
 */
function choose(
  truth: Volume,
  segmentation: LabelVolume,
  windowLow: number,
  { rule, slices }: Required<PaperOptions>,
): { state: 'chosen'; box: Box; slices: readonly number[] } | { state: 'left-out'; reason: string } {
  // Windowed truth is above 0 exactly where HU are above the window's lower end.
  const box = boxAbove(truth, windowLow);
  if (!box) return { state: 'left-out', reason: `no voxel of the ground truth is above ${windowLow} HU` };
  const window = chooseSliceWindow(labelledPerSlice(crop(segmentation, box)), rule);
  if (window.state === 'left-out') return { state: 'left-out', reason: window.message };
  const first = box.start[2] + window.start;
  return {
    state: 'chosen',
    box,
    slices: sliceOffsets(window.length, slices).map((offset) => first + offset),
  };
}

/**
 * Prepares one scan as section 4 of the paper: RAS order, resampled to the spacing (images trilinear, labels nearest),
 * truth windowed, cropped to the truth's foreground, the window of slices with the most labelled voxels, a few slices of
 * it, cropped or padded to one size. Predictions and body are only resampled where slices are taken. Bounds are clipped
 * and swapped at the very end, on the slices taken, and counted there.
 *
 * Labelled means "any label of the segmentation", before the body mask is merged in.
 *
 * @param memory reused from scan to scan; never by two scans at once.
 * @throws SemcrcError `bad-input` as reading a scan does. A scan that does not qualify is no error: it is left out.
 */
export async function prepareScan(
  files: ScanFiles,
  reading: ReadingOptions,
  options: PaperOptions,
  resampler: Resampler,
  memory?: ScanMemory,
): Promise<Prepared> {
  const paper = resolvePaper(options);
  const window = reading.window ?? abdomenWindow;
  const reader = new ScanReader(files, reading, memory);
  try {
    const found = await chooseSlices(reader, paper, window[0], resampler);
    if (found.state === 'left-out') return found;
    const { chosen, truth, groups } = found;
    const { grid, box, slices } = chosen;
    const targets = slices.map((z) => cropGrid(grid, sliceBox(box, z)));
    const takeImage = (volume: Volume, outside: number): Volume => {
      const taken = stack(targets.map((target) => resampleImage(resampler, volume, target, outside)));
      // Padding is background in every unit: what the window turns into 0.
      return crop(taken, centreBox(taken.shape, paper.size), outside);
    };
    const predictions = await readPredictions(reader, takeImage, targets);
    if (files.body !== undefined) {
      const body = await reader.body(files.body, targets);
      const mask = stack(targets.map((target) => resampleLabels(resampler, body, target)));
      mergeBody(groups.data, mask.data);
    }
    return {
      state: 'kept',
      sample: {
        id: files.scan,
        patient: files.patient,
        shape: [slices.length, ...paper.size],
        truth: fit(truth, paper.size) as Float32Array,
        ...predictions,
        groups: packGroups(fit(groups, paper.size) as Uint16Array, reading.labelling),
      },
    };
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}

/** Reads truth and segmentation, chooses the slices and cuts both down to them; truth comes windowed. */
async function chooseSlices(
  reader: ScanReader,
  paper: Required<PaperOptions>,
  windowLow: number,
  resampler: Resampler,
): Promise<
  | { state: 'chosen'; chosen: Chosen; truth: Volume; groups: LabelVolume }
  | { state: 'left-out'; reason: string }
> {
  const { window = abdomenWindow } = reader.options;
  const original = await reader.truth();
  const grid =
    paper.spacing === null ? makeGrid(original.shape, original.affine) : spacingGrid(original, paper.spacing);
  const truth = resampleImage(resampler, original, grid);
  const segmentation = resampleLabels(resampler, await reader.segmentation(), grid);
  const choice = choose(truth, segmentation, windowLow, paper);
  if (choice.state === 'left-out') return choice;
  const { box, slices } = choice;
  const boxes = slices.map((z) => sliceBox(box, z));
  const taken = stack(boxes.map((slice) => crop(truth, slice)));
  return {
    state: 'chosen',
    chosen: { grid, box, slices },
    truth: windowIntensity(taken, window, taken.data),
    groups: stack(boxes.map((slice) => crop(segmentation, slice))),
  };
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
  options: PaperOptions,
  resampler: Resampler,
  memory?: ScanMemory,
): Promise<string | null> {
  const paper = resolvePaper(options);
  const reader = new ScanReader(files, reading, memory);
  try {
    const found = await chooseSlices(reader, paper, (reading.window ?? abdomenWindow)[0], resampler);
    return found.state === 'left-out' ? found.reason : null;
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}
