/**
 * One labelled scan, ready to be scored: everything lies on one grid of `slices × height × width` voxels, x fastest
 * (voxel (z, y, x) is element (z·height + y)·width + x), intensities windowed to [0, 1].
 */
export interface Sample {
  readonly id: string;
  /** The exchangeable unit; scans of one patient are never separated. The scan's own id where no patient is named. */
  readonly patient: string;
  /** [slices, height, width]. */
  readonly shape: readonly [slices: number, height: number, width: number];
  /**
   * Where the voxels lie: the 4 × 4 matrix, row by row, that takes (x, y, z, 1) to millimetres in RAS. Only where slices
   * adjoin as they do in the scan.
   */
  readonly affine?: readonly number[];
  readonly truth: Float32Array;
  /** Heuristic interval, clipped to [0, 1], lower ≤ upper in every voxel. */
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  /** Point prediction (mean where `std` is given), clipped to [0, 1]. */
  readonly point?: Float32Array;
  /** Standard deviation of the prediction, windowed intensity, ≥ 0. */
  readonly std?: Float32Array;
  /** Draws of the prediction, each a whole volume clipped to [0, 1]. */
  readonly samples?: readonly Float32Array[];
  /** Label id of each voxel: 0 background, 1 body, organs from 2. Every id is a key of the cohort's labels. */
  readonly organs: Uint8Array | Uint16Array;
  /** What the slices show around the voxels, where they were cropped or padded; without it, the slices are whole. */
  readonly surroundings?: Surroundings;
  /** What reading had to mend, in voxels. */
  readonly mended: MendedVoxels;
}

/** Pixels that `Surroundings` reach beyond a sample's slices on each side: as far as any feature of a slice looks. */
export const SURROUNDING_MARGIN = 4;

/**
 * What features of a voxel need of its whole slice beside the sample, for slices that were cropped or padded: planes of
 * (height + 2 · margin) × (width + 2 · margin) pixels, slice after slice, cut from the whole slice and its edges replicated
 * beyond it. `SURROUNDING_MARGIN` is the margin.
 */
export interface Surroundings {
  /** Point prediction; without one, the middle of the interval. */
  readonly point: Float32Array;
  /** Upper − lower. */
  readonly width: Float32Array;
  /** 1 where a voxel is not background. */
  readonly inside: Uint8Array;
  /** Mean point of every label in the whole slice: slice × (largest label id + 1), 0 for a label that the slice lacks. */
  readonly organMeans: Float32Array;
}

/** Voxels changed on the way in, counted over lower, upper and point. */
export interface MendedVoxels {
  /** Predictions outside [0, 1], clipped. */
  readonly clipped: number;
  /** Voxels whose lower exceeded their upper, swapped. */
  readonly crossed: number;
}

/** Reads one scan's voxels by id; rejects with a `bad-input` error that names the scan. */
export type ReadSample = (id: string) => Promise<Sample>;
