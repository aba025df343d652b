/** One label per voxel: group numbers `0 ≤ group < groupCount`. */
export type Groups = Uint8Array | Uint16Array;

/** Where values lie in a slice: y · width + x. */
export type Pixels = Uint16Array | Uint32Array;

/** Truth and interval of the same voxels, in the same order; windowed intensity. All arrays have equal length. */
export interface Bounds {
  readonly truth: Float32Array;
  readonly lower: Float32Array;
  readonly upper: Float32Array;
}

/** Intervals lower − λ·lowerWeight … upper + λ·upperWeight. Weights are positive. All arrays have equal length. */
export interface ScaledBounds extends Bounds {
  readonly lowerWeight: Float32Array;
  readonly upperWeight: Float32Array;
}

/** Interval bounds alone; both arrays have equal length. */
export interface Intervals {
  readonly lower: Float32Array;
  readonly upper: Float32Array;
}

/** Intervals as they grow with λ. All arrays have equal length. */
export interface GrowingIntervals extends Intervals {
  /** Both or neither; positive. A bound goes weight times as far; 1 if left out. */
  readonly lowerWeight?: Float32Array;
  readonly upperWeight?: Float32Array;
  /** That no bound passes, where intervals may shrink. */
  readonly point?: Float32Array;
}

/** λ by region: f32 of equal length, at least 1. A region beyond the last has the last's λ. */
export interface RegionLambda {
  readonly below: Float32Array;
  readonly above: Float32Array;
}

/** The positive scores of one scan, contiguous by group. */
export interface ScoreProfile {
  /** Voxels per group, all of them; length groupCount. */
  readonly voxels: Uint32Array;
  /** Group g owns entries offsets[g] (inclusive) to offsets[g + 1] (exclusive); length groupCount + 1. */
  readonly offsets: Uint32Array;
  /** Scores > 0, ascending inside each group. */
  readonly scores: Float32Array;
  /** Voxel index of each entry (ties ascend); present if asked for. */
  readonly positions?: Uint32Array;
}

/** Which voxels `filterActive` keeps: those with a > gamma·i + shift. */
export interface ActiveFloor {
  /** 0 ≤ gamma < 1. */
  readonly gamma: number;
  /** f64, one per segment, ≥ 0. */
  readonly shift: Float64Array;
  /** Whether voxels whose truth lies below or above their interval's centre are kept, or both. */
  readonly side: 'both' | 'below' | 'above';
}

/**
 * A grid over residual a = |2·truth − lower − upper| and width i = upper − lower: `columns` steps of a, `rows` steps of
 * i + offset, each a 2^(shift − 23)th of a power of two wide, like the numbers f32 has. Cell = row·columns + column.
 * What lies beyond the grid counts to its outermost cells.
 */
export interface ResidualGrid {
  /** How many of the lower bits of an f32 do not matter, 0 … 23. */
  readonly shift: number;
  /** Where a = the lowest value (f32 > 0) of the grid stands: its bits >>> shift. */
  readonly firstColumn: number;
  readonly columns: number;
  /** f32 > 0, the least value of i + offset. */
  readonly offset: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** Voxels condensed to cells, all of one λ. All arrays have equal length. */
export interface Cells {
  /** Σ weight of a cell's voxels. */
  readonly weight: Float64Array;
  /** One residual a ≥ 0 that stands for all of them. */
  readonly residual: Float64Array;
  /** One width i ≥ 0 that stands for all of them. */
  readonly width: Float64Array;
}

/** Which voxels `binResiduals` adds, and how. */
export interface Binning {
  readonly grid: ResidualGrid;
  /** Voxels with a ≤ gamma·i are left out; 0 ≤ gamma < 1. */
  readonly gamma: number;
  /**
   * Whether voxels whose truth lies below or above their interval's centre are added, or both; or both, each to a grid of its
   * own, that of voxels above behind the other.
   */
  readonly side: 'both' | 'below' | 'above' | 'apart';
  /** Weight of each voxel, positive and finite. */
  readonly weight: number;
}

/** Σ ℓ^γ and its derivative in λ, per segment (not divided by the number of voxels). */
export interface LossSums {
  /** Σ ℓ^γ; +Infinity where an interval of no width misses its centre at λ = 0. */
  readonly loss: Float64Array;
  /** Σ ∂ℓ^γ/∂λ ≤ 0, the right derivative; −Infinity where the loss is infinite. */
  readonly slope: Float64Array;
}

/** Distances of one scan's bounds to the edges of [0, 1], by group. */
export interface EdgeProfile {
  /** Σ (upper − lower) over each group's voxels, in their order; length groupCount. */
  readonly width: Float64Array;
  /** Of lower bounds to 0. */
  readonly below: EdgeDistances;
  /** Of upper bounds to 1. */
  readonly above: EdgeDistances;
}

/** How far the bounds of one scan lie from the edges of [0, 1], counted by group and bin. */
export interface EdgeBins {
  /** Bins of each group. */
  readonly bins: number;
  /**
   * Of lower bounds to 0: at 2·(group·bins + bin) the number of distances in a bin, then their sum in the order of voxels.
   */
  readonly below: Float64Array;
  /** Of upper bounds to 1. */
  readonly above: Float64Array;
}

/** Distances of the bounds on one side to the edge of the range. */
export interface EdgeDistances {
  /** Voxels of each group whose distance is `reach` or more; length groupCount. */
  readonly beyond: Uint32Array;
  /** Group g owns values[offsets[g]] (inclusive) to values[offsets[g + 1]] (exclusive); length groupCount + 1. */
  readonly offsets: Uint32Array;
  /** Distances above 0 and below `reach`, ascending inside each group. */
  readonly values: Float32Array;
}
