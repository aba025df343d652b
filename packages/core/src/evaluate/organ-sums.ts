import { clampedLength, clampedLengthByPixel, gather, type Kernels } from '@semcrc/kernels';
import type { Sample } from '../cohort/sample.ts';
import { placeSample } from '../learned/placement.ts';
import { PAPER_OPTIONS } from '../options/procedure-options.ts';
import { type Partition, regionsOfSample } from '../partition/partition.ts';
import { firstMissed } from '../profile/first-missed.ts';
import { type Interval, intervalOf } from '../profile/interval.ts';
import { missesByPosition } from '../profile/position-profile.ts';
import { buildProfile, type Profile, type ProfileOptions, restrictToBody } from '../profile/profile.ts';
import { type CalibratedLambda, checkSides, lambdaOfLists, lambdaOfSides } from './calibrated-lambda.ts';

/** What one λ does on one scan, in voxels, by organ slot. */
export interface OrganSums {
  /** Missed voxels. */
  readonly missed: Float64Array;
  /** Σ of interval lengths. */
  readonly length: Float64Array;
}

/**
 * Sums of several calibrated λ on one scan, whose voxels are read once.
 *
 * Misses are counted in the scan's profile; lengths Σ clamp(upper + λ) − clamp(lower − λ) are taken over the voxels,
 * clamped to [0, 1], in f64.
 */
export function sumsOfScan(
  kernels: Kernels,
  sample: Sample,
  profile: Profile,
  calibrated: readonly CalibratedLambda[],
  options: ProfileOptions,
): OrganSums[] {
  const heuristic = options.heuristic ?? PAPER_OPTIONS;
  const interval = intervalOf(sample, { ...heuristic, shrink: false });
  const sums = new Map<CalibratedLambda, OrganSums>();
  const read = calibrated.filter(isReadByVoxel);
  for (const one of read) {
    const { partition, centre, shrink = false } = one;
    const { interval: own, regions } = placeSample(sample, partition, { ...heuristic, shrink }, centre);
    const inside = restrictToBody(regions, sample, partition.regionCount, options.within ?? 'scan');
    sums.set(one, sumsByVoxel(sample, own, inside, one));
  }
  for (const [partition, lambdas] of byDivision(calibrated.filter((one) => !read.includes(one)))) {
    for (const one of lambdas) checkSides(profile, one);
    const missed = missesOfOrgans(kernels, sample, profile, partition, lambdas, options);
    const length = lengthsOfOrgans(kernels, sample, interval, partition, lambdas);
    for (const [at, one] of lambdas.entries()) sums.set(one, { missed: missed[at], length: length[at] });
  }
  return calibrated.map((one) => sums.get(one)!);
}

/** Missed voxels of each organ at several λ, all on one partition. */
function missesOfOrgans(
  kernels: Kernels,
  sample: Sample,
  profile: Profile,
  partition: Partition,
  calibrated: readonly CalibratedLambda[],
  options: ProfileOptions,
): Float64Array[] {
  const { spec, regionsPerOrgan } = partition;
  if (spec.kind === 'position') {
    return calibrated.map((one) => missesByPosition(profile, spec, lambdaOfSides(one)));
  }
  const divided =
    spec.kind === 'strata'
      ? buildProfile(kernels, sample, partition, { ...options, merged: false, pixels: false, lengths: false })
      : profile;
  return calibrated.map((one) => byOrgan(missesOfRegions(divided, lambdaOfLists(one)), regionsPerOrgan));
}

/** Σ of interval lengths over each organ at several λ, all on one partition; voxels are gathered by region once. */
function lengthsOfOrgans(
  kernels: Kernels,
  sample: Sample,
  interval: Interval,
  partition: Partition,
  calibrated: readonly CalibratedLambda[],
): Float64Array[] {
  const { spec, regionCount, regionsPerOrgan } = partition;
  const { lower, upper, weights } = interval;
  if (spec.kind === 'position' && !weights) {
    const slots = regionCount / regionsPerOrgan;
    return calibrated.map((one) => {
      const [below, above] = lambdaOfSides(one).map((side) => Float64Array.from(side));
      return clampedLengthByPixel(kernels, { lower, upper }, sample.organs, slots, spec.map, below, above);
    });
  }
  const regions = regionsOfSample(partition, sample);
  const levels = calibrated.map((one) => {
    const lists = Float64Array.from(lambdaOfLists(one));
    return [lists.subarray(0, regionCount), lists.subarray(regionCount)] as const;
  });
  if (weights) {
    return levels.map(([below, above]) =>
      byOrgan(scaledLengths(interval, weights, regions, below, above), regionsPerOrgan),
    );
  }
  const mark = kernels.arena.mark();
  try {
    const gathered = [lower, upper].map(({ length }) => kernels.arena.float32(length));
    const offsets = gather(
      kernels,
      regions,
      regionCount,
      [lower, upper],
      gathered.map(({ view }) => view),
    );
    return levels.map(([below, above]) => {
      const columns = { lower: gathered[0].view, upper: gathered[1].view };
      return byOrgan(clampedLength(kernels, columns, offsets, below, above), regionsPerOrgan);
    });
  } finally {
    kernels.arena.release(mark);
  }
}

/** λ's by the way they divide voxels into regions: one λ for all and one per organ count the same regions. */
function byDivision(calibrated: readonly CalibratedLambda[]): Map<Partition, CalibratedLambda[]> {
  const members = new Map<Partition, CalibratedLambda[]>();
  const partitionOf = new Map<unknown, Partition>();
  for (const one of calibrated) {
    const { partition } = one;
    const division = partition.regionsPerOrgan === 1 ? 'organ' : partition.spec;
    const representative = partitionOf.get(division) ?? partition;
    partitionOf.set(division, representative);
    members.set(representative, [...(members.get(representative) ?? []), one]);
  }
  return members;
}

/** Sums over organs of sums over their regions. */
function byOrgan(regions: Float64Array, regionsPerOrgan: number): Float64Array {
  const organs = new Float64Array(regions.length / regionsPerOrgan);
  for (let region = 0; region < regions.length; region++)
    organs[Math.floor(region / regionsPerOrgan)] += regions[region];
  return organs;
}

/** Σ clamp(upper + λ·w) − clamp(lower − λ·w) of each region, for intervals whose weights differ from voxel to voxel. */
function scaledLengths(
  { lower, upper }: Interval,
  weights: NonNullable<Interval['weights']>,
  regions: Uint8Array | Uint16Array,
  below: Float64Array,
  above: Float64Array,
): Float64Array {
  const lengths = new Float64Array(below.length);
  for (let voxel = 0; voxel < regions.length; voxel++) {
    const region = regions[voxel];
    const high = Math.min(Math.max(upper[voxel] + above[region] * weights.upper[voxel], 0), 1);
    const low = Math.min(Math.max(lower[voxel] - below[region] * weights.lower[voxel], 0), 1);
    lengths[region] += high - low;
  }
  return lengths;
}

/** Whether a λ is evaluated voxel by voxel, without a profile: intervals shrink, or lie around what was learned. */
export function isReadByVoxel({ shrink = false, centre = null, partition }: CalibratedLambda): boolean {
  return shrink || centre !== null || partition.spec.kind === 'learned';
}

/**
 * Misses and Σ of lengths by organ, voxel by voxel.
 *
 * @param regions of the voxels, `regionCount` for those that do not count
 */
function sumsByVoxel(
  { truth }: Sample,
  { lower, upper, point }: Interval,
  regions: Uint8Array | Uint16Array,
  calibrated: CalibratedLambda,
): OrganSums {
  const { regionCount, regionsPerOrgan } = calibrated.partition;
  const lists = lambdaOfLists(calibrated);
  const missed = new Float64Array(regionCount);
  const length = new Float64Array(regionCount);
  for (let voxel = 0; voxel < truth.length; voxel++) {
    const region = regions[voxel];
    if (region === regionCount) continue;
    const below = lists[region];
    const above = lists[regionCount + region];
    const x = truth[voxel];
    const low = lower[voxel];
    const high = upper[voxel];
    // Without a point λ is not negative: the truth is outside on one side at most.
    const from = point ? point[voxel] : high;
    const to = point ? point[voxel] : low;
    if (x > from ? Math.fround(x - high) > above : x < to && Math.fround(low - x) > below) missed[region]++;
    length[region] += Math.min(Math.max(from, high + above), 1) - Math.max(Math.min(to, low - below), 0);
  }
  return { missed: byOrgan(missed, regionsPerOrgan), length: byOrgan(length, regionsPerOrgan) };
}

/** Missed voxels of each region, both sides together. */
export function missesOfRegions(profile: Profile, lambda: Float32Array): Float64Array {
  const { regionCount, sides, offsets, scores } = profile;
  const misses = new Float64Array(regionCount);
  for (let list = 0; list < sides * regionCount; list++) {
    const end = offsets[list + 1];
    const first = firstMissed(scores, offsets[list], end, lambda[list]);
    misses[list % regionCount] += end - first;
  }
  return misses;
}
