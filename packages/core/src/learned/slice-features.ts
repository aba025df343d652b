import { SURROUNDING_MARGIN as MARGIN, type Sample, type Surroundings } from '../cohort/sample.ts';

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

/** The volumes of a prediction, and the labels, that features are made of. */
export type PredictedSlices = Pick<Sample, 'shape' | 'lower' | 'upper' | 'point' | 'organs'>;

/** The point prediction; without one, the middle of the interval. */
export function pointOf({ point, lower, upper }: Omit<PredictedSlices, 'shape' | 'organs'>): Float32Array {
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
  /** Pixel of the slice that each pixel of the padded one shows. */
  readonly #pixels: Uint32Array;
  readonly #point: Float32Array;
  readonly #interval: Float32Array;
  readonly #filled: Uint8Array;
  /** Sums over a row of 5 and 9 values, of 5 squares and of 5 pixels of any organ. */
  readonly #five: Float64Array;
  readonly #nine: Float64Array;
  readonly #squares: Float64Array;
  readonly #share: Float64Array;

  constructor(height: number, width: number) {
    this.#height = height;
    this.#width = width;
    this.#row = width + 2 * MARGIN;
    this.#pixels = pixelsAround({ height, width, row: 0, column: 0 }, [height, width]);
    const padded = this.#pixels.length;
    this.#point = new Float32Array(padded);
    this.#interval = new Float32Array(padded);
    this.#filled = new Uint8Array(padded);
    this.#five = new Float64Array(padded);
    this.#nine = new Float64Array(padded);
    this.#squares = new Float64Array(padded);
    this.#share = new Float64Array(padded);
    this.planes = SLICE_FEATURES.map(() => new Float32Array(height * width));
  }

  /**
   * Computes every feature of the active voxels of the slice whose first voxel is `start`; `point` as `pointOf` has it. What
   * stands at other voxels is left there.
   */
  compute(sample: Sample, point: Float32Array, start: number): void {
    const { lower, upper, organs, surroundings } = sample;
    const area = this.#height * this.#width;
    if (surroundings) this.#copy(surroundings, start / area);
    else this.#pad(sample, point, start);
    this.#sumRows();
    const organMean = surroundings
      ? meansOfSlice(surroundings, start / area, sample.shape[0])
      : organMeans(point, organs, start, start + area);
    const [p, w, below, near, far, small, large, deviation, gradient, around, inside, organ] = this.planes;
    const row = this.#row;
    const own = this.#point;
    const wide = this.#interval;
    const [five, nine, squares, share] = [this.#five, this.#nine, this.#squares, this.#share];
    for (let y = 0; y < this.#height; y++) {
      for (let x = 0; x < this.#width; x++) {
        const i = y * this.#width + x;
        const voxel = start + i;
        const at = (y + MARGIN) * row + x + MARGIN;
        const value = own[at];
        if (!isActive(lower[voxel], upper[voxel], value)) continue;
        p[i] = value;
        w[i] = wide[at];
        below[i] = value - lower[voxel];
        const left = own[at - 1];
        const right = own[at + 1];
        const up = own[at - row];
        const down = own[at + row];
        near[i] = (left + right + up + down) / 4 - value;
        far[i] = (own[at - 2] + own[at + 2] + own[at - 2 * row] + own[at + 2 * row]) / 4 - value;
        const mean = fiveRows(five, at, row) / 25;
        small[i] = mean - value;
        large[i] = nineRows(nine, at, row) / 81 - value;
        deviation[i] = Math.sqrt(Math.max(0, fiveRows(squares, at, row) / 25 - mean * mean));
        const gx = (right - left) / 2;
        const gy = (down - up) / 2;
        gradient[i] = Math.sqrt(gx * gx + gy * gy);
        around[i] = (wide[at - 1] + wide[at + 1] + wide[at - row] + wide[at + row]) / 4;
        inside[i] = fiveRows(share, at, row) / 25;
        organ[i] = organMean[organs[voxel]] - value;
      }
    }
  }

  /** Copies the slice with its edges replicated. */
  #pad({ lower, upper, organs }: Sample, point: Float32Array, start: number): void {
    const pixels = this.#pixels;
    for (let at = 0; at < pixels.length; at++) {
      const voxel = start + pixels[at];
      this.#point[at] = point[voxel];
      this.#interval[at] = upper[voxel] - lower[voxel];
      this.#filled[at] = organs[voxel] === 0 ? 0 : 1;
    }
  }

  /** Copies what was kept of the slice that this one is a part of. */
  #copy({ point, width, inside }: Surroundings, slice: number): void {
    const size = this.#point.length;
    const part = [slice * size, (slice + 1) * size] as const;
    this.#point.set(point.subarray(...part));
    this.#interval.set(width.subarray(...part));
    this.#filled.set(inside.subarray(...part));
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
}

/** Where a part of a slice lies in it: its size, and the row and column of its first pixel, negative where padding precedes. */
export interface SlicePart {
  readonly height: number;
  readonly width: number;
  readonly row: number;
  readonly column: number;
}

/** The pixels of a whole slice that a part and the margin around it show, row by row; edges are replicated. */
function pixelsAround(
  { height, width, row, column }: SlicePart,
  whole: readonly [number, number],
): Uint32Array {
  const pixels = new Uint32Array((height + 2 * MARGIN) * (width + 2 * MARGIN));
  let at = 0;
  for (let y = row - MARGIN; y < row + height + MARGIN; y++) {
    const from = Math.min(Math.max(y, 0), whole[0] - 1) * whole[1];
    for (let x = column - MARGIN; x < column + width + MARGIN; x++) {
      pixels[at++] = from + Math.min(Math.max(x, 0), whole[1] - 1);
    }
  }
  return pixels;
}

/** Mean p of every label in the slice, by label, from the first to the last that occurs; rounded to f32, as it is kept. */
function organMeans(point: Float32Array, organs: Sample['organs'], start: number, end: number): Float32Array {
  let largest = 0;
  for (let voxel = start; voxel < end; voxel++) if (organs[voxel] > largest) largest = organs[voxel];
  const sums = new Float64Array(largest + 1);
  const sizes = new Uint32Array(largest + 1);
  for (let voxel = start; voxel < end; voxel++) {
    sums[organs[voxel]] += point[voxel];
    sizes[organs[voxel]]++;
  }
  return Float32Array.from(sums, (sum, label) => (sizes[label] > 0 ? sum / sizes[label] : 0));
}

/** The means that were kept of a slice. */
function meansOfSlice({ organMeans }: Surroundings, slice: number, slices: number): Float32Array {
  const slots = organMeans.length / slices;
  return organMeans.subarray(slice * slots, (slice + 1) * slots);
}

/**
 * What features need of whole slices that a part is kept of.
 *
 * @param whole the slices, and no others, mended as samples are
 * @param part the same part of every slice
 * @param slots largest label id + 1
 */
export function surroundingsOf(whole: PredictedSlices, part: SlicePart, slots: number): Surroundings {
  const { lower, upper, organs, shape } = whole;
  const [slices, height, width] = shape;
  const pixels = pixelsAround(part, [height, width]);
  const size = pixels.length;
  const point = pointOf(whole);
  const kept = {
    point: new Float32Array(slices * size),
    width: new Float32Array(slices * size),
    inside: new Uint8Array(slices * size),
    organMeans: new Float32Array(slices * slots),
  };
  for (let z = 0; z < slices; z++) {
    const start = z * height * width;
    for (let at = 0; at < size; at++) {
      const voxel = start + pixels[at];
      kept.point[z * size + at] = point[voxel];
      kept.width[z * size + at] = upper[voxel] - lower[voxel];
      kept.inside[z * size + at] = organs[voxel] === 0 ? 0 : 1;
    }
    kept.organMeans.set(organMeans(point, organs, start, start + height * width), z * slots);
  }
  return kept;
}

/** Sum over five rows, from above to below. */
function fiveRows(values: Float64Array, at: number, row: number): number {
  return values[at - 2 * row] + values[at - row] + values[at] + values[at + row] + values[at + 2 * row];
}

/** Sum over nine rows, from above to below. */
function nineRows(values: Float64Array, at: number, row: number): number {
  const above = values[at - 4 * row] + values[at - 3 * row] + values[at - 2 * row] + values[at - row];
  const upTo = above + values[at] + values[at + row] + values[at + 2 * row];
  return upTo + values[at + 3 * row] + values[at + 4 * row];
}

/** Whether a voxel takes part in what is learned: its interval has a width, and its point lies within the range. */
export function isActive(lower: number, upper: number, point: number): boolean {
  return upper > lower && point > 0 && point < 1;
}
