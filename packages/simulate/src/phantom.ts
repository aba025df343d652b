import { type Affine, makeVolume, sliceOffsets, type Volume } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { bodyMask } from '@semcrc/predict';
import type { OrganSet } from './anatomy/tissue.ts';
import type { PhantomGrid } from './brush.ts';
import { Abdomen } from './painter.ts';
import type { Acquisition } from './simulation.ts';
import { windowed } from './windowed.ts';

/** Slices of the window that the paper takes four from, and the distance between them here, in mm. */
const windowSlices = 48;
const sliceSpacing = 3;
/** Slices painted below and above each slice taken: what the baseline predictor looks at. */
const neighbours = 1;
/** Width of the field of view in mm, the paper's 256 pixels of 1.5 mm. */
const fieldOfView = 384;
/** Where the window is looked for, mm above the first lumbar vertebra, and how finely. */
const search = { from: -160, to: 190, step: 9, pixel: 13 } as const;

/** What defines the voxels of every scan of a phantom cohort. */
export interface PhantomModel {
  /** 32-bit integer. */
  readonly seed: number;
  /** [slices, height, width] of what is taken of a patient. */
  readonly shape: readonly [slices: number, height: number, width: number];
  readonly organs: OrganSet;
}

/** Truth and anatomy of one phantom patient on a grid, x fastest. */
export interface PhantomVolume {
  /** HU. */
  readonly truth: Volume;
  /** Label ids: 0 outside the body, 1 body, organs. */
  readonly anatomy: Uint8Array;
}

/** One phantom scan as the built-in cohort has it. Arrays are slices × height × width, x fastest. */
export interface PhantomScan {
  readonly id: string;
  readonly shape: readonly [slices: number, height: number, width: number];
  readonly truth: Float32Array;
  readonly lower: Float32Array;
  readonly point: Float32Array;
  readonly upper: Float32Array;
  /** Label ids as segmented from the prediction. */
  readonly organs: Uint8Array;
  /** Label ids of the true anatomy. */
  readonly anatomy: Uint8Array;
  /** What was measured, in windowed units, not clipped. */
  readonly measurement: Float32Array;
}

/** Name of scan `index` (and of its patient: every phantom has one scan). */
export function phantomId(index: number): string {
  return `phantom-${String(index).padStart(3, '0')}`;
}

/** Draws patient `index` of a seed on any grid: a pure function of the three, the same bits on every platform. */
export function drawPhantomVolume(
  model: Pick<PhantomModel, 'seed' | 'organs'>,
  index: number,
  grid: PhantomGrid,
): PhantomVolume {
  return paint(new Abdomen(model.seed, index, model.organs), grid);
}

function paint(abdomen: Abdomen, grid: PhantomGrid): PhantomVolume {
  const { shape, spacing, first } = grid;
  const voxels = shape[0] * shape[1] * shape[2];
  const hounsfield = new Float32Array(voxels);
  const anatomy = new Uint8Array(voxels);
  abdomen.paint(grid, hounsfield, anatomy);
  // As scanners store it.
  for (let at = 0; at < voxels; at++) hounsfield[at] = Math.round(hounsfield[at]);
  return { truth: makeVolume(hounsfield, shape, affineOf(spacing, first)), anatomy };
}

function affineOf(spacing: PhantomGrid['spacing'], first: PhantomGrid['first'] = [0, 0, 0]): Affine {
  const [x, y, z] = spacing;
  return [x, 0, 0, first[0], 0, y, 0, first[1], 0, 0, z, first[2], 0, 0, 0, 1];
}

/** A grid of this shape and spacing whose middle lies in the middle of the upper abdomen. */
export function centredGrid(
  shape: PhantomGrid['shape'],
  spacing: PhantomGrid['spacing'],
  middle = 22,
): PhantomGrid {
  const [slices, height, width] = shape;
  return {
    shape,
    spacing,
    first: [
      (-(width - 1) / 2) * spacing[0],
      (-(height - 1) / 2) * spacing[1],
      middle - ((slices - 1) / 2) * spacing[2],
    ],
  };
}

/**
 * Draws scan `index` of the built-in cohort. As the paper prepares a scan, a few slices are spread over the window of 48
 * with the most labelled voxels (looked for on a coarse grid); only slabs around them are painted and measured.
 *
 * @throws SemcrcError `usage` for a task that needs whole volumes.
 */
export async function drawPhantom(
  model: PhantomModel,
  index: number,
  { task, predictor, segmenter }: Acquisition,
): Promise<PhantomScan> {
  if (!task.local) {
    throw new SemcrcError(
      'usage',
      `the task ${task.name} measures whole volumes, and the built-in cohort draws slabs; simulate volumes instead`,
    );
  }
  const { seed, organs, shape } = model;
  const [slices, height, width] = shape;
  const area = height * width;
  const abdomen = new Abdomen(seed, index, organs);
  const bottom = windowBottom(abdomen);
  const pixel = fieldOfView / width;
  const spacing = [pixel, pixel, sliceSpacing] as const;
  const plane = centredGrid([1, height, width], spacing).first;
  const scan = {
    truth: new Float32Array(slices * area),
    lower: new Float32Array(slices * area),
    point: new Float32Array(slices * area),
    upper: new Float32Array(slices * area),
    anatomy: new Uint8Array(slices * area),
    measurement: new Float32Array(slices * area),
  };
  const offsets = slices === 1 ? [windowSlices >> 1] : sliceOffsets(windowSlices, slices);
  for (const [order, offset] of offsets.entries()) {
    const z = bottom + (offset - neighbours) * sliceSpacing;
    const grid = {
      shape: [2 * neighbours + 1, height, width],
      spacing,
      first: [plane[0], plane[1], z],
    } as const;
    const slab = paint(abdomen, grid);
    const truth = windowed(slab.truth);
    const measured = await task.measure(truth, { seed, index }, offset - neighbours);
    const taken = await predictor.predict(measured, [neighbours]);
    const middle = <T extends Float32Array | Uint8Array>(array: T): T =>
      array.subarray(neighbours * area, (neighbours + 1) * area) as T;
    scan.truth.set(middle(truth.data), order * area);
    scan.anatomy.set(middle(slab.anatomy), order * area);
    scan.measurement.set(middle(measured.data), order * area);
    scan.lower.set(taken.lower, order * area);
    scan.point.set(taken.point, order * area);
    scan.upper.set(taken.upper, order * area);
  }
  const body = bodyMask(scan.point, shape);
  const segmented = await segmenter.segment({
    // The slices lie far apart: nothing of one is next to anything of another.
    measurement: makeVolume(scan.measurement, shape, affineOf([pixel, pixel, windowSlices * sliceSpacing])),
    slices: Array.from({ length: slices }, (_, slice) => slice),
    point: scan.point,
    body,
    heights: offsets.map((offset) => offset / (windowSlices - 1)),
  });
  return { id: phantomId(index), shape, ...scan, organs: mergeBody(segmented, body) };
}

/** Label ids of a segmentation and a body mask: what is no organ is body inside the mask and background outside. */
export function mergeBody(segmentation: Uint8Array, body: Uint8Array): Uint8Array {
  const merged = new Uint8Array(segmentation);
  for (let at = 0; at < merged.length; at++) if (merged[at] === 0) merged[at] = body[at];
  return merged;
}

/** Height of the lowest slice of the window with the most labelled voxels. */
function windowBottom(abdomen: Abdomen): number {
  const { from, to, step, pixel } = search;
  const side = Math.ceil(fieldOfView / pixel);
  const slices = Math.floor((to - from) / step) + 1;
  const plane = centredGrid([1, side, side], [pixel, pixel, step]).first;
  const area = side * side;
  const anatomy = new Uint8Array(slices * area);
  const grid = {
    shape: [slices, side, side],
    spacing: [pixel, pixel, step],
    first: [plane[0], plane[1], from],
  } as const;
  abdomen.paint(grid, null, anatomy);
  const labelled = Array.from({ length: slices }, (_, slice) => {
    let count = 0;
    for (let at = slice * area; at < (slice + 1) * area; at++) if (anatomy[at] > 1) count += 1;
    return count;
  });
  const length = Math.floor(((windowSlices - 1) * sliceSpacing) / step) + 1;
  let best = 0;
  let most = -1;
  for (let start = 0; start + length <= slices; start++) {
    let sum = 0;
    for (let slice = start; slice < start + length; slice++) sum += labelled[slice];
    if (sum > most) {
      most = sum;
      best = start;
    }
  }
  return from + best * step;
}
