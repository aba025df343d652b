import type { Sample } from './sample.ts';

/**
 * A nested family of intervals in its general form: lower − λ·lowerWeight, upper + λ·upperWeight, voxel by voxel.
 * Absent weights are 1 (eq. 1).
 */
export interface Interval {
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  readonly lowerWeight?: Float32Array;
  readonly upperWeight?: Float32Array;
}

/** Heuristics of uncertainty that can be turned into an interval. */
export const HEURISTIC_NAMES = ['quantile'] as const;
export type HeuristicName = (typeof HEURISTIC_NAMES)[number];

/** The interval that a heuristic gives a scan before any λ. */
export function intervalOf(sample: Sample, heuristic: HeuristicName): Interval {
  switch (heuristic) {
    case 'quantile':
      return { lower: sample.lower, upper: sample.upper };
  }
}
