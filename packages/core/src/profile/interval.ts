import { SemcrcError } from '@semcrc/kernels';
import type { Sample } from '../cohort/sample.ts';
import type { HeuristicOptions } from '../options/procedure-options.ts';
import { quantileOfSorted } from '../partition/quantile.ts';

/**
 * A nested family of intervals in its general form: lower − λ·lowerWeight, upper + λ·upperWeight, voxel by voxel.
 * Absent weights are 1 (eq. 1).
 */
export interface Interval {
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  /** Both weights or neither; positive. */
  readonly weights?: { readonly lower: Float32Array; readonly upper: Float32Array };
  /**
   * Where given, λ may be negative, down to −1: the interval is min(point, lower − λ) … max(point, upper + λ) and shrinks to
   * the point at most. A voxel below its point is missed iff fround(lower − x) > λ, above mirrored, on it never.
   */
  readonly point?: Float32Array;
}

/** Where a scan's intervals shrink to: the point prediction within them, without one their middle. */
export function shrinkingPoint({ point }: Sample, { lower, upper }: Interval): Float32Array {
  const inside = new Float32Array(lower.length);
  for (let voxel = 0; voxel < inside.length; voxel++) {
    const low = lower[voxel];
    const high = upper[voxel];
    const own = point ? point[voxel] : Math.fround((low + high) / 2);
    inside[voxel] = Math.min(Math.max(own, low), high);
  }
  return inside;
}

/** Whether the intervals of a heuristic grow at different speeds in different voxels. */
export function weighted({ heuristic }: HeuristicOptions): boolean {
  return heuristic === 'multiplicative' || heuristic === 'std';
}

/**
 * The interval that a heuristic gives a scan before any λ, and with it the family that λ runs through:
 *
 * - `quantile`: lower − λ … upper + λ (eq. 1).
 * - `mse`: point − λ … point + λ.
 * - `multiplicative`: point − λ·(point − lower) … point + λ·(upper − point), widths floored.
 * - `std`: point − λ·std … point + λ·std, std floored; the point is the mean the std belongs to.
 * - `samples`: quantiles of samples, − λ … + λ. Plain: the α and 1 − α quantiles of a voxel's m samples. Calibrated: levels
 *   ⌊(m+1)α⌋/m and ⌈(m+1)(1−α)⌉/m (at most 1), which hold for one more exchangeable sample (Teneggi et al. 2023).
 *
 * @throws SemcrcError `bad-input` naming the scan when it lacks the volume that the heuristic needs.
 */
export function intervalOf(sample: Sample, options: HeuristicOptions): Interval {
  const interval = grownInterval(sample, options);
  if (!options.shrink || interval.weights) return interval;
  return { ...interval, point: shrinkingPoint(sample, interval) };
}

function grownInterval(sample: Sample, options: HeuristicOptions): Interval {
  const { lower, upper } = sample;
  switch (options.heuristic) {
    case 'quantile':
      return { lower, upper };
    case 'mse': {
      const point = needed(sample, 'point', options.heuristic);
      return { lower: point, upper: point };
    }
    case 'multiplicative': {
      const point = needed(sample, 'point', options.heuristic);
      const floor = options.weightFloor;
      return {
        lower: point,
        upper: point,
        weights: {
          lower: point.map((value, voxel) => Math.max(value - lower[voxel], floor)),
          upper: point.map((value, voxel) => Math.max(upper[voxel] - value, floor)),
        },
      };
    }
    case 'std': {
      const point = needed(sample, 'point', options.heuristic);
      const std = needed(sample, 'std', options.heuristic).map((value) =>
        Math.max(value, options.weightFloor),
      );
      return { lower: point, upper: point, weights: { lower: std, upper: std } };
    }
    case 'samples':
      return sampleInterval(sample, options);
  }
}

function needed(
  sample: Sample,
  volume: 'point' | 'std',
  heuristic: HeuristicOptions['heuristic'],
): Float32Array {
  const values = sample[volume];
  if (values) return values;
  throw new SemcrcError(
    'bad-input',
    `scan ${sample.id}: heuristic ${heuristic} needs the volume "${volume}", found none`,
    {
      data: { scan: sample.id, expected: volume },
    },
  );
}

function sampleInterval(sample: Sample, { alpha, sampleQuantiles, heuristic }: HeuristicOptions): Interval {
  const { id, samples } = sample;
  if (!samples || samples.length < 2) {
    throw new SemcrcError(
      'bad-input',
      `scan ${id}: heuristic ${heuristic} needs at least 2 samples, found ${samples?.length ?? 'none'}`,
      { data: { scan: id, expected: 2, found: samples?.length ?? 0 } },
    );
  }
  const m = samples.length;
  const levels =
    sampleQuantiles === 'plain'
      ? [alpha, 1 - alpha]
      : [Math.floor((m + 1) * alpha) / m, Math.min(1, Math.ceil((m + 1) * (1 - alpha)) / m)];
  const lower = new Float32Array(sample.truth.length);
  const upper = new Float32Array(sample.truth.length);
  const values = new Float32Array(m);
  for (let voxel = 0; voxel < lower.length; voxel++) {
    for (let draw = 0; draw < m; draw++) values[draw] = samples[draw][voxel];
    values.sort();
    lower[voxel] = quantileOfSorted(values, levels[0]);
    upper[voxel] = quantileOfSorted(values, levels[1]);
  }
  return { lower, upper };
}
