import { binEdges, type Kernels, profileEdges } from '@semcrc/kernels';
import { type Labels, organSlots } from '../cohort/labels.ts';
import type { Sample } from '../cohort/sample.ts';
import type { HeuristicOptions } from '../options/procedure-options.ts';
import { makePartition } from '../partition/partition.ts';
import { type Interval, intervalOf, weighted } from './interval.ts';
import { type EdgeTail, type LengthProfile, withSums } from './length-profile.ts';
import { type BuiltProfile, buildProfile, type Profile } from './profile.ts';
import { condenseResiduals, type ResidualCells } from './residual-cells.ts';
import { bitsOf, floatOf, roundedDown, roundedUp, roundedUpTo } from './rounding.ts';

/** How scans are profiled for a file. */
export interface Profiling {
  readonly heuristic: Omit<HeuristicOptions, 'shrink'>;
  /** Distances of bounds to the edge of the range are kept one by one below it; an f32 above 0 and at most 1/2. */
  readonly reach: number;
  /** Scores and distances are rounded up to multiples of it, in windowed intensity; null: kept as they are. */
  readonly round: number | null;
}

/** A profile that stands in for a scan's voxels: with two sides, lengths for every λ, and cells where widths are uniform. */
export type KeptProfile = BuiltProfile & { readonly lengths: LengthProfile };

/**
 * Profiles a scan over the organs so that its voxels need not be read again. Whatever `round` is, scores are never below
 * the voxels' own, so that losses, and the λ that controls them, only grow.
 *
 * @throws SemcrcError as `buildProfile`
 */
export function profileToKeep(
  kernels: Kernels,
  sample: Sample,
  labels: Labels,
  { heuristic: given, reach, round }: Profiling,
): KeptProfile {
  const heuristic = { ...given, shrink: false };
  const slots = organSlots(labels);
  const interval = intervalOf(sample, heuristic);
  const profile = buildProfile(kernels, sample, makePartition({ kind: 'organ' }, labels), {
    sides: 2,
    heuristic,
  });
  const lengths = weighted(heuristic)
    ? weightedLengths(sample, interval, slots)
    : edgeLengths(kernels, sample, interval, slots, reach, round);
  const scores = round === null ? profile.scores : roundedNumbers(profile.scores, round);
  if (weighted(heuristic)) return { ...profile, scores, lengths, cells: null };
  const found = condenseResiduals(kernels, sample, interval, slots);
  const cells = round === null ? found : coarserCells(found, round);
  return { ...profile, scores, lengths, cells: () => cells };
}

/** The same profile with the loss taken within the body: background counts no more. */
export function insideBody(profile: Profile): Profile {
  const organVoxels = profile.organVoxels.slice();
  organVoxels[0] = 0;
  return { ...profile, organVoxels, dimension: organVoxels.reduce((sum, voxels) => sum + voxels, 0) };
}

function edgeLengths(
  kernels: Kernels,
  { organs }: Sample,
  interval: Interval,
  slots: number,
  reach: number,
  round: number | null,
): LengthProfile {
  const { width, below, above } = profileEdges(kernels, interval, organs, slots, reach);
  const tails = binEdges(kernels, interval, organs, slots, { reach, shift: TAIL_SHIFT });
  const coarse = (values: Float32Array) => (round === null ? values : roundedNumbers(values, round, reach));
  return {
    width,
    reach,
    below: withSums({ ...below, values: coarse(below.values) }, packed(tails.below, slots, tails.bins)),
    above: withSums({ ...above, values: coarse(above.values) }, packed(tails.above, slots, tails.bins)),
  };
}

/** 16 bins for each doubling of the distance. */
const TAIL_SHIFT = 19;
const LAST_BIN = bitsOf(2 ** 16) >>> TAIL_SHIFT;

/** The ends of the bin that a distance beyond the reach lies in. No distance exceeds 1. */
export function tailBin(distance: number): readonly [low: number, high: number] {
  const bin = bitsOf(distance) >>> TAIL_SHIFT;
  return [Math.min(floatOf(bin << TAIL_SHIFT), distance), Math.min(floatOf((bin + 1) << TAIL_SHIFT), 1)];
}

/** Lengths of intervals whose bounds move at speeds of their own: all in bins, by the λ at which a bound meets the edge. */
function weightedLengths(
  { organs }: Sample,
  { lower, upper, weights }: Interval,
  slots: number,
): LengthProfile {
  const width = new Float64Array(slots);
  for (let voxel = 0; voxel < lower.length; voxel++) width[organs[voxel]] += upper[voxel] - lower[voxel];
  const bins = LAST_BIN + 1;
  const side = (distanceOf: (voxel: number) => number, weightOf: Float32Array) => {
    const pairs = new Float64Array(2 * slots * bins);
    for (let voxel = 0; voxel < lower.length; voxel++) {
      const distance = distanceOf(voxel);
      if (!(distance > 0)) continue;
      const bin =
        organs[voxel] * bins + Math.min(bitsOf(distance / weightOf[voxel]) >>> TAIL_SHIFT, LAST_BIN);
      pairs[2 * bin] += weightOf[voxel];
      pairs[2 * bin + 1] += distance;
    }
    const none = {
      beyond: new Uint32Array(slots),
      offsets: new Uint32Array(slots + 1),
      values: new Float32Array(0),
    };
    return withSums(none, packed(pairs, slots, bins));
  };
  return {
    width,
    reach: 0,
    below: side((voxel) => lower[voxel], weights?.lower ?? lower),
    above: side((voxel) => 1 - upper[voxel], weights?.upper ?? upper),
  };
}

/** Bins that hold anything, by organ. @param pairs amount and sum of each bin */
function packed(pairs: Float64Array, slots: number, bins: number): EdgeTail {
  const offsets = new Uint32Array(slots + 1);
  const [amounts, sums]: [number[], number[]] = [[], []];
  for (let organ = 0; organ < slots; organ++) {
    for (let at = 2 * organ * bins; at < 2 * (organ + 1) * bins; at += 2) {
      if (pairs[at] === 0) continue;
      amounts.push(pairs[at]);
      sums.push(pairs[at + 1]);
    }
    offsets[organ + 1] = amounts.length;
  }
  return { offsets, amounts: new Float64Array(amounts), sums: new Float64Array(sums) };
}

/** Numbers rounded up to multiples of a step, none beyond `most`. */
function roundedNumbers(numbers: Float32Array, step: number, most = Number.POSITIVE_INFINITY): Float32Array {
  return numbers.map((value) => Math.max(value, Math.min(roundedUpTo(step, value), most)));
}

/** Cells at multiples of a step: of smaller residual and larger width, so that they still bound the loss from below. */
function coarserCells({ offsets, voxels, residual, width }: ResidualCells, step: number): ResidualCells {
  const merged = new Uint32Array(offsets.length);
  const kept: { voxels: number; residual: number; width: number }[] = [];
  for (let list = 0; list + 1 < offsets.length; list++) {
    const places = new Map<string, { voxels: number; residual: number; width: number }>();
    for (let c = offsets[list]; c < offsets[list + 1]; c++) {
      const down = roundedDown(Math.floor(residual[c] / step) * step);
      if (!(down > 0 && down <= residual[c])) continue;
      const up = roundedUpTo(step, width[c]);
      const place = places.get(`${down} ${up}`) ?? { voxels: 0, residual: down, width: up };
      place.voxels += voxels[c];
      places.set(`${down} ${up}`, place);
    }
    kept.push(...places.values());
    merged[list + 1] = kept.length;
  }
  return {
    offsets: merged,
    voxels: Uint32Array.from(kept, (cell) => cell.voxels),
    residual: Float32Array.from(kept, (cell) => cell.residual),
    width: Float32Array.from(kept, (cell) => roundedUp(cell.width)),
  };
}
