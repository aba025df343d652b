import type { Volume } from '@semcrc/imaging';

/** What a predictor says of a measurement: windowed intensities, 0 ≤ lower ≤ point ≤ upper ≤ 1, x fastest. */
export interface Prediction {
  readonly lower: Float32Array;
  readonly point: Float32Array;
  readonly upper: Float32Array;
}

/** Makes an interval and a point for every voxel, from a measurement in windowed units on the grid of the scan. */
export interface Predictor {
  /** What it is called in records and file names. */
  readonly name: string;
  /** Two predictors of one digest predict the same bits. */
  readonly digest: string;
  /**
   * Predicts the slices named (ascending), or all. The result holds these slices only, in their order.
   *
   * @throws SemcrcError `usage` for a slice that the measurement does not have.
   */
  predict(measurement: Volume, slices?: readonly number[]): Promise<Prediction>;
}

/** What a segmenter may look at: nothing that was not measured. */
export interface SegmenterInput {
  /** In windowed units; all slices. */
  readonly measurement: Volume;
  /** Slices to segment, ascending; the other arrays hold these only. */
  readonly slices: readonly number[];
  /** The predictor's point. */
  readonly point: Float32Array;
  /** 1 inside the body, 0 outside. */
  readonly body: Uint8Array;
  /** Where each slice lies in the range of slices the segmenter knows, 0 lowest … 1 highest; left out where unknown. */
  readonly heights?: readonly number[];
}

/** Names the organ of every voxel, from the measurement and what was predicted from it. */
export interface Segmenter {
  readonly name: string;
  readonly digest: string;
  /** Label ids of the slices asked for: 0 where it sees no organ, else an organ's id (2 and up). */
  segment(input: SegmenterInput): Promise<Uint8Array>;
}
