import { SemcrcError } from './error.ts';

/** Sizes along x, y, z. */
export type Sizes = readonly [number, number, number];

/**
 * How a target grid lies in a source: where its voxels fall, in source voxel indices.
 *
 * Place (x, y, z) of the target is at source index T · (x, y, z, 1), T the 3 × 4 matrix `toSource`, row by row.
 * Its entries are rounded to 1e-12, so that a place half way between two voxels does not hinge on rounding noise.
 */
export interface Sampling {
  readonly sourceSize: Sizes;
  readonly targetSize: Sizes;
  readonly toSource: readonly number[];
  /**
   * How far beyond the outermost voxel centres the border voxels still count, in source voxels along x, y, z: half a
   * voxel of the coarser of the two grids. Farther out there is nothing.
   */
  readonly reach: Sizes;
  /** Each source axis follows one target axis of the same name; off the axes nothing counts, below 1e-6 voxels. */
  readonly alongAxes: boolean;
}

const { abs, floor, max, round } = Math;

/** Prepares sampling. @throws SemcrcError `usage` when a size or an entry of the matrix cannot be. */
export function planSampling(sourceSize: Sizes, targetSize: Sizes, toSource: readonly number[]): Sampling {
  for (const size of [...sourceSize, ...targetSize]) {
    if (!Number.isInteger(size) || size < 1) {
      throw new SemcrcError('usage', `volume sizes must be integers of at least 1, found ${size}`);
    }
  }
  if (toSource.length !== 12 || !toSource.every(Number.isFinite)) {
    throw new SemcrcError('usage', `resampling needs a matrix of 12 finite numbers, found ${toSource}`);
  }
  const matrix = toSource.map((v) => round(v * 1e12) / 1e12);
  const reach = [0, 1, 2].map((row) => {
    const step = [0, 1, 2].reduce((sum, column) => sum + abs(matrix[row * 4 + column]), 0);
    return max(1, step) / 2 + 1e-9;
  });
  const alongAxes = [0, 1, 2].every((row) => {
    const drift = [0, 1, 2].reduce(
      (sum, column) => sum + (column === row ? 0 : abs(matrix[row * 4 + column]) * (targetSize[column] - 1)),
      0,
    );
    return drift < 1e-6;
  });
  return { sourceSize, targetSize, toSource: matrix, reach: reach as unknown as Sizes, alongAxes };
}

/** In a table of source indices: this place lies outside the source. */
export const OUTSIDE = 0xffffffff;

/** The two source voxels around every place of one target axis, and the share of the second. */
export interface LinearTable {
  /** Pairs: index below, index above; {@link OUTSIDE} for both where there is nothing. */
  readonly pairs: Uint32Array;
  readonly weights: Float64Array;
}

function placeAlong(sampling: Sampling, axis: 0 | 1 | 2, index: number): number | null {
  const { toSource, sourceSize, reach } = sampling;
  const place = toSource[axis * 5] * index + toSource[axis * 4 + 3];
  return place >= -reach[axis] && place <= sourceSize[axis] - 1 + reach[axis] ? place : null;
}

/** Whether some place of the target lies outside the source: the two ends of an axis tell, or the corners. */
export function reachesOutside(sampling: Sampling): boolean {
  const { alongAxes, sourceSize, targetSize, toSource: t, reach } = sampling;
  if (alongAxes) {
    return ([0, 1, 2] as const).some((axis) =>
      [0, targetSize[axis] - 1].some((index) => placeAlong(sampling, axis, index) === null),
    );
  }
  const [lastX, lastY, lastZ] = targetSize.map((size) => size - 1);
  return [0, 1, 2, 3, 4, 5, 6, 7].some((corner) => {
    const [x, y, z] = [corner & 1 ? lastX : 0, corner & 2 ? lastY : 0, corner & 4 ? lastZ : 0];
    return [0, 1, 2].some((axis) => {
      const place = t[4 * axis] * x + t[4 * axis + 1] * y + t[4 * axis + 2] * z + t[4 * axis + 3];
      // Rows of places are reached by adding up steps: what lies this near counts as outside, to be safe.
      return place < 1e-6 - reach[axis] || place > sourceSize[axis] - 1 + reach[axis] - 1e-6;
    });
  });
}

/** The table of one axis of a sampling along the axes. */
export function linearTable(sampling: Sampling, axis: 0 | 1 | 2): LinearTable {
  const length = sampling.targetSize[axis];
  const last = sampling.sourceSize[axis] - 1;
  const pairs = new Uint32Array(2 * length).fill(OUTSIDE);
  const weights = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const place = placeAlong(sampling, axis, i);
    if (place === null) continue;
    const inside = Math.min(max(place, 0), last);
    const below = floor(inside);
    pairs[2 * i] = below;
    pairs[2 * i + 1] = Math.min(below + 1, last);
    weights[i] = inside - below;
  }
  return { pairs, weights };
}

/** The nearest source voxel of every place of one target axis, halves rounded up; {@link OUTSIDE} where none is. */
export function nearestTable(sampling: Sampling, axis: 0 | 1 | 2): Uint32Array {
  const last = sampling.sourceSize[axis] - 1;
  return Uint32Array.from({ length: sampling.targetSize[axis] }, (_, i) => {
    const place = placeAlong(sampling, axis, i);
    return place === null ? OUTSIDE : Math.min(max(floor(place + 0.5), 0), last);
  });
}

/** Source indices of the first place of a target row, then the step from place to place. */
export function rowPlaces(
  { toSource: t }: Sampling,
  y: number,
  z: number,
): readonly [x: number, y: number, z: number, dx: number, dy: number, dz: number] {
  return [
    t[1] * y + t[2] * z + t[3],
    t[5] * y + t[6] * z + t[7],
    t[9] * y + t[10] * z + t[11],
    t[0],
    t[4],
    t[8],
  ];
}
