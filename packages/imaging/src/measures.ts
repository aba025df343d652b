import { SemcrcError } from '@semcrc/kernels';
import type { LabelVolume, Volume } from './grid/volume.ts';

/** How far two segmentations agree on one label. */
export interface LabelAgreement {
  readonly label: number;
  /** Voxels with the label in the first, in the second, and in both. */
  readonly first: number;
  readonly second: number;
  readonly both: number;
  /** 2 · both / (first + second): the Dice coefficient, which is the F1 score of the voxels. */
  readonly dice: number;
}

function requireSameShape(a: Volume | LabelVolume, b: Volume | LabelVolume): void {
  if (a.shape.some((n, i) => n !== b.shape[i])) {
    throw new SemcrcError(
      'bad-input',
      `cannot compare volumes of ${a.shape.join(' × ')} and ${b.shape.join(' × ')} (slices × height × width)`,
    );
  }
}

/**
 * Dice (F1) of every label that occurs in either segmentation, 0 (no label) left out, by label number.
 * @throws SemcrcError `bad-input` when the shapes differ.
 */
export function compareLabels(a: LabelVolume, b: LabelVolume): readonly LabelAgreement[] {
  requireSameShape(a, b);
  const first = new Uint32Array(65536);
  const second = new Uint32Array(65536);
  const both = new Uint32Array(65536);
  for (let j = 0; j < a.data.length; j++) {
    const p = a.data[j];
    const q = b.data[j];
    first[p]++;
    second[q]++;
    if (p === q) both[p]++;
  }
  const agreements: LabelAgreement[] = [];
  for (let label = 1; label < 65536; label++) {
    const size = first[label] + second[label];
    if (size === 0) continue;
    agreements.push({
      label,
      first: first[label],
      second: second[label],
      both: both[label],
      dice: (2 * both[label]) / size,
    });
  }
  return agreements;
}

/**
 * Peak signal-to-noise ratio in dB: 10 · log10(range² / mean squared difference); Infinity for equal images.
 *
 * @param range the width of the data range: 1 for windowed intensities.
 * @throws SemcrcError `bad-input` when the shapes differ.
 */
export function psnr(a: Volume, b: Volume, range: number): number {
  requireSameShape(a, b);
  let sum = 0;
  for (let j = 0; j < a.data.length; j++) {
    const difference = a.data[j] - b.data[j];
    sum += difference * difference;
  }
  return 10 * Math.log10((range * range) / (sum / a.data.length));
}

/** Half the width of the Gaussian window of {@link ssim}: 3.5 standard deviations of 1.5 pixels, rounded. */
const reach = 5;

const gaussian = ((): Float64Array => {
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * 1.5 ** 2)),
  );
  const total = weights.reduce((x, y) => x + y, 0);
  return weights.map((w) => w / total);
})();

/** One slice smoothed by the Gaussian, for the pixels whose window lies inside the slice. */
function smooth(slice: Float64Array, height: number, width: number): Float64Array {
  const innerWidth = width - 2 * reach;
  const innerHeight = height - 2 * reach;
  const rows = new Float64Array(height * innerWidth);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < innerWidth; x++) {
      let sum = 0;
      for (let k = 0; k <= 2 * reach; k++) sum += gaussian[k] * slice[y * width + x + k];
      rows[y * innerWidth + x] = sum;
    }
  }
  const out = new Float64Array(innerHeight * innerWidth);
  for (let y = 0; y < innerHeight; y++) {
    for (let x = 0; x < innerWidth; x++) {
      let sum = 0;
      for (let k = 0; k <= 2 * reach; k++) sum += gaussian[k] * rows[(y + k) * innerWidth + x];
      out[y * innerWidth + x] = sum;
    }
  }
  return out;
}

/** Planes that a volume in RAS order is cut into: one slice along z, y or x. */
export type Plane = 'axial' | 'coronal' | 'sagittal';

/** How a plane lies in memory: how many slices it has, and where the voxel of a pixel of one is. */
interface PlaneGrid {
  readonly slices: number;
  readonly height: number;
  readonly width: number;
  /** Steps from slice to slice, row to row and pixel to pixel. */
  readonly steps: readonly [slice: number, row: number, pixel: number];
}

function planeGrid([depth, height, width]: Volume['shape'], plane: Plane): PlaneGrid {
  const area = height * width;
  if (plane === 'axial') return { slices: depth, height, width, steps: [area, width, 1] };
  if (plane === 'coronal') return { slices: height, height: depth, width, steps: [width, area, 1] };
  return { slices: width, height: depth, width: height, steps: [1, area, width] };
}

/** The first of axial, coronal and sagittal whose slices are large enough for {@link ssim}; null where none is. */
export function planeForSsim({ shape }: Pick<Volume, 'shape'>): Plane | null {
  const planes = ['axial', 'coronal', 'sagittal'] as const;
  return planes.find((plane) => fitsWindow(planeGrid(shape, plane))) ?? null;
}

const fitsWindow = ({ height, width }: PlaneGrid): boolean => height > 2 * reach && width > 2 * reach;

function sliceOf({ data }: Volume, { height, width, steps }: PlaneGrid, at: number): Float64Array {
  const slice = new Float64Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = at * steps[0] + y * steps[1];
    for (let x = 0; x < width; x++) slice[y * width + x] = data[row + x * steps[2]];
  }
  return slice;
}

/**
 * Mean structural similarity (Wang et al. 2004), slice by slice in two dimensions and averaged over slices: Gaussian
 * window of σ = 1.5 pixels cut at 5, K1 = 0.01, K2 = 0.03, population covariance, the border of 5 pixels left out. What
 * `skimage.metrics.structural_similarity` gives for each slice with `gaussian_weights=True,
 * use_sample_covariance=False`.
 *
 * @param range the width of the data range: 1 for windowed intensities.
 * @param plane the slices that are compared; see {@link planeForSsim}.
 * @throws SemcrcError `bad-input` when the shapes differ or a slice is smaller than the window (11 × 11).
 */
export function ssim(a: Volume, b: Volume, range: number, plane: Plane = 'axial'): number {
  requireSameShape(a, b);
  const grid = planeGrid(a.shape, plane);
  const { slices, height, width } = grid;
  if (!fitsWindow(grid)) {
    throw new SemcrcError('bad-input', `SSIM needs slices of at least 11 × 11, found ${height} × ${width}`);
  }
  const c1 = (0.01 * range) ** 2;
  const c2 = (0.03 * range) ** 2;
  let total = 0;
  for (let at = 0; at < slices; at++) {
    const x = sliceOf(a, grid, at);
    const y = sliceOf(b, grid, at);
    const meanX = smooth(x, height, width);
    const meanY = smooth(y, height, width);
    const xx = smooth(
      x.map((v) => v * v),
      height,
      width,
    );
    const yy = smooth(
      y.map((v) => v * v),
      height,
      width,
    );
    const xy = smooth(
      x.map((v, i) => v * y[i]),
      height,
      width,
    );
    let sum = 0;
    for (let i = 0; i < meanX.length; i++) {
      const squares = meanX[i] * meanX[i] + meanY[i] * meanY[i];
      const product = meanX[i] * meanY[i];
      const variances = xx[i] + yy[i] - squares;
      sum += ((2 * product + c1) * (2 * (xy[i] - product) + c2)) / ((squares + c1) * (variances + c2));
    }
    total += sum / meanX.length;
  }
  return total / slices;
}
