import type { Sample } from '@semcrc/core';
import {
  abdomenWindow,
  type Box,
  boxAbove,
  centreBox,
  chooseSliceWindow,
  crop,
  cropGrid,
  cropInto,
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
  voxelCount,
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

/**
 * One-slice volumes cropped or padded to one size around their middle, put on top of each other in `into`, which has room for
 * exactly these. Padding is `outside`.
 *
 * @param sliceOf is done with before it is asked again, so that all slices may lie in one array.
 */
function stack<T, V extends Volume | LabelVolume>(
  places: readonly T[],
  sliceOf: (place: T) => V,
  [height, width]: readonly [number, number],
  into: V['data'],
  outside = 0,
): V['data'] {
  const area = height * width;
  for (const [index, place] of places.entries()) {
    const slice = sliceOf(place);
    const part = into.subarray(index * area, (index + 1) * area);
    cropInto(slice, centreBox(slice.shape, [height, width]), part, outside);
  }
  return into;
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
  const window = chooseSliceWindow(labelledPerSlice(segmentation, box), rule);
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
 * it, cropped or padded to one size. Predictions and body are only decoded and resampled where slices are taken: of what
 * else their files hold nothing but its length and checksum is looked at. Bounds are clipped and swapped at the very end, on
 * the slices taken, and counted there.
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
    const found = await chooseSlices(reader, paper, window[0], resampler, memory);
    if (found.state === 'left-out') return found;
    const { chosen, truth, groups } = found;
    const { grid, box, slices } = chosen;
    const targets = slices.map((z) => cropGrid(grid, sliceBox(box, z)));
    const shape = [slices.length, ...paper.size] as const;
    const voxels = voxelCount(shape);
    const takeImage = (volume: Volume, outside: number): Volume => {
      const resampled = (target: Grid) => {
        const into = memory?.resampledImage(voxelCount(target.shape));
        return resampleImage(resampler, volume, target, outside, into);
      };
      // Padding is background in every unit: what the window turns into 0.
      const data = stack(targets, resampled, paper.size, new Float32Array(voxels), outside);
      return makeVolume(data, shape, (targets[0] as Grid).affine);
    };
    const predictions = await readPredictions(reader, takeImage, targets);
    if (files.body !== undefined) {
      const body = await reader.body(files.body, targets);
      for (const [index, target] of targets.entries()) {
        const into = memory?.resampledLabels(voxelCount(target.shape));
        mergeBody((groups[index] as LabelVolume).data, resampleLabels(resampler, body, target, into).data);
      }
    }
    return {
      state: 'kept',
      sample: {
        id: files.scan,
        patient: files.patient,
        shape,
        truth: stack(truth, (slice) => slice, paper.size, new Float32Array(voxels)),
        ...predictions,
        organs: packGroups(
          stack(groups, (slice) => slice, paper.size, new Uint16Array(voxels)),
          reading.labelling,
        ),
      },
    };
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}

/** Reads truth and segmentation, chooses the slices and cuts both down to them, slice by slice; truth comes windowed. */
async function chooseSlices(
  reader: ScanReader,
  paper: Required<PaperOptions>,
  windowLow: number,
  resampler: Resampler,
  memory: ScanMemory | undefined,
): Promise<
  | { state: 'chosen'; chosen: Chosen; truth: readonly Volume[]; groups: readonly LabelVolume[] }
  | { state: 'left-out'; reason: string }
> {
  const { window = abdomenWindow } = reader.options;
  const original = await reader.truth();
  const grid =
    paper.spacing === null ? makeGrid(original.shape, original.affine) : spacingGrid(original, paper.spacing);
  const resampled = paper.spacing === null ? undefined : memory;
  const voxels = voxelCount(grid.shape);
  const truth = resampleImage(resampler, original, grid, undefined, resampled?.resampledImage(voxels));
  const labels = await reader.segmentation();
  const segmentation = resampleLabels(resampler, labels, grid, resampled?.resampledLabels(voxels));
  const choice = choose(truth, segmentation, windowLow, paper);
  if (choice.state === 'left-out') return choice;
  const { box, slices } = choice;
  const boxes = slices.map((z) => sliceBox(box, z));
  const taken = boxes.map((slice) => crop(truth, slice));
  return {
    state: 'chosen',
    chosen: { grid, box, slices },
    truth: taken.map((slice) => windowIntensity(slice, window, slice.data)),
    groups: boxes.map((slice) => crop(segmentation, slice)),
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
    const found = await chooseSlices(reader, paper, (reading.window ?? abdomenWindow)[0], resampler, memory);
    return found.state === 'left-out' ? found.reason : null;
  } catch (error) {
    throw ofScan(files.scan, error);
  }
}
