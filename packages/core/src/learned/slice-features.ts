import type { Sample } from '../cohort/sample.ts';

/**
 * What learned strata and corrected centres know of a voxel, each a function of the prediction and segmentation of its own
 * slice alone; windowed intensity, p the point prediction, edges of the slice replicated:
 *
 * - `intensity` p; `width` upper − lower; `below` p − lower.
 * - `near`, `far`: mean p of the four neighbours one and two pixels away, minus p.
 * - `small`, `large`: mean p of the 5 × 5 and the 9 × 9 pixels around, minus p.
 * - `deviation`: standard deviation of p over 5 × 5 pixels. `gradient`: of p within the slice, by central differences.
 * - `around`: mean width of the four neighbours. `inside`: share of 5 × 5 pixels that are not background.
 * - `organ`: mean p of the voxel's organ in the slice, minus p.
 */
export const SLICE_FEATURES = [
  'intensity',
  'width',
  'below',
  'near',
  'far',
  'small',
  'large',
  'deviation',
  'gradient',
  'around',
  'inside',
  'organ',
] as const;
export type SliceFeature = (typeof SLICE_FEATURES)[number];

/** Columns and rows that a slice is continued by on each side: the 9 × 9 box reaches as far. */
const MARGIN = 4;

/** The point prediction; without one, the middle of the interval. */
export function pointOf({ point, lower, upper }: Sample): Float32Array {
  if (point) return point;
  const middle = new Float32Array(lower.length);
  for (let voxel = 0; voxel < middle.length; voxel++) middle[voxel] = (lower[voxel] + upper[voxel]) / 2;
  return middle;
}

/** Computes the features of one slice after another of scans of one height × width. */
export class SliceFeatures {
  /** By feature, height × width values of the slice computed last. */
  readonly planes: readonly Float32Array[];
  readonly #height: number;
  readonly #width: number;
  /** Row length of a padded slice. */
  readonly #row: number;
  readonly #point: Float32Array;
  readonly #interval: Float32Array;
  readonly #filled: Uint8Array;
  /** Sums over a row of 5 and 9 values, of 5 squares and of 5 pixels of any organ. */
  readonly #five: Float64Array;
  readonly #nine: Float64Array;
  readonly #squares: Float64Array;
  readonly #share: Uint8Array;
  readonly #organSums = new Float64Array(2 ** 16);
  readonly #organSizes = new Uint32Array(2 ** 16);

  constructor(height: number, width: number) {
    this.#height = height;
    this.#width = width;
    this.#row = width + 2 * MARGIN;
    const padded = this.#row * (height + 2 * MARGIN);
    this.#point = new Float32Array(padded);
    this.#interval = new Float32Array(padded);
    this.#filled = new Uint8Array(padded);
    this.#five = new Float64Array(padded);
    this.#nine = new Float64Array(padded);
    this.#squares = new Float64Array(padded);
    this.#share = new Uint8Array(padded);
    this.planes = SLICE_FEATURES.map(() => new Float32Array(height * width));
  }

  /** Computes every feature of the slice whose first voxel is `start`; `point` as `pointOf` has it. */
  compute({ lower, upper, organs }: Sample, point: Float32Array, start: number): void {
    this.#pad(point, lower, upper, organs, start);
    this.#sumRows();
    const organMean = this.#organMeans(point, organs, start);
    const [p, w, below, near, far, small, large, deviation, gradient, around, inside, organ] = this.planes;
    const row = this.#row;
    const own = this.#point;
    const wide = this.#interval;
    for (let y = 0; y < this.#height; y++) {
      for (let x = 0; x < this.#width; x++) {
        const i = y * this.#width + x;
        const voxel = start + i;
        const at = (y + MARGIN) * row + x + MARGIN;
        const value = own[at];
        p[i] = value;
        w[i] = wide[at];
        below[i] = value - lower[voxel];
        const left = own[at - 1];
        const right = own[at + 1];
        const up = own[at - row];
        const down = own[at + row];
        near[i] = (left + right + up + down) / 4 - value;
        far[i] = (own[at - 2] + own[at + 2] + own[at - 2 * row] + own[at + 2 * row]) / 4 - value;
        const mean = columnOf(this.#five, at, row, 2) / 25;
        small[i] = mean - value;
        large[i] = columnOf(this.#nine, at, row, 4) / 81 - value;
        deviation[i] = Math.sqrt(Math.max(0, columnOf(this.#squares, at, row, 2) / 25 - mean * mean));
        const gx = (right - left) / 2;
        const gy = (down - up) / 2;
        gradient[i] = Math.sqrt(gx * gx + gy * gy);
        around[i] = (wide[at - 1] + wide[at + 1] + wide[at - row] + wide[at + row]) / 4;
        inside[i] = columnOf(this.#share, at, row, 2) / 25;
        organ[i] = organMean[organs[voxel]] - value;
      }
    }
  }

  /** Copies the slice with its edges replicated. */
  #pad(
    point: Float32Array,
    lower: Float32Array,
    upper: Float32Array,
    organs: Sample['organs'],
    start: number,
  ): void {
    const [height, width, row] = [this.#height, this.#width, this.#row];
    for (let py = 0; py < height + 2 * MARGIN; py++) {
      const from = start + Math.min(Math.max(py - MARGIN, 0), height - 1) * width;
      for (let px = 0; px < row; px++) {
        const voxel = from + Math.min(Math.max(px - MARGIN, 0), width - 1);
        const at = py * row + px;
        this.#point[at] = point[voxel];
        this.#interval[at] = upper[voxel] - lower[voxel];
        this.#filled[at] = organs[voxel] === 0 ? 0 : 1;
      }
    }
  }

  /** Sums along rows, from left to right, where the whole window lies on the padded slice. */
  #sumRows(): void {
    const own = this.#point;
    const filled = this.#filled;
    const last = own.length - MARGIN;
    for (let at = MARGIN; at < last; at++) {
      const a = own[at - 2];
      const b = own[at - 1];
      const c = own[at];
      const d = own[at + 1];
      const e = own[at + 2];
      const five = a + b + c + d + e;
      this.#five[at] = five;
      this.#nine[at] = own[at - 4] + own[at - 3] + five + own[at + 3] + own[at + 4];
      this.#squares[at] = a * a + b * b + c * c + d * d + e * e;
      this.#share[at] = filled[at - 2] + filled[at - 1] + filled[at] + filled[at + 1] + filled[at + 2];
    }
  }

  /** Mean p of every organ in the slice, by label. */
  #organMeans(point: Float32Array, organs: Sample['organs'], start: number): Float64Array {
    const sums = this.#organSums.fill(0);
    const sizes = this.#organSizes.fill(0);
    for (let voxel = start; voxel < start + this.#height * this.#width; voxel++) {
      sums[organs[voxel]] += point[voxel];
      sizes[organs[voxel]]++;
    }
    for (let label = 0; label < sums.length; label++) if (sizes[label] > 0) sums[label] /= sizes[label];
    return sums;
  }
}

/** Sum over 2·reach + 1 rows, from above to below. */
function columnOf(values: Float64Array | Uint8Array, at: number, row: number, reach: number): number {
  let sum = 0;
  for (let y = -reach; y <= reach; y++) sum += values[at + y * row];
  return sum;
}

/** Whether a voxel takes part in what is learned: its interval has a width, and its point lies within the range. */
export function isActive(lower: number, upper: number, point: number): boolean {
  return upper > lower && point > 0 && point < 1;
}
