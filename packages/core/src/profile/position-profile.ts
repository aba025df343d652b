import { divideByPixel, type Kernels } from '@semcrc/kernels';
import { checkPlane, makePartition, type Partition } from '../partition/partition.ts';
import type { PositionSpec } from '../partition/partition-spec.ts';
import { firstMissed } from './first-missed.ts';
import { type Profile, placesOf } from './profile.ts';
import type { MergedScores, ScorePlaces } from './sorted-scores.ts';

/** Scores of all scans together that are put on kernel memory: 2 GiB of its 4. */
const MOST_PLACED = 2 ** 29;

/** A position map's groups as regions of one organ, the scan: what losses of whole scans are counted in. */
export function positionsOfScan(spec: PositionSpec): Partition {
  return makePartition(spec, { 0: 'scan' });
}

/**
 * Profiles of scans over `positionsOfScan`: a stable partition of their merged scores, so nothing is sorted again.
 *
 * A run divides hundreds of scans, so their scores lie in one block on the kernels' arena, above the mark the caller
 * took: they are gone when it is released or memory grows. Where they are more than `most`, every scan gets an array.
 *
 * @param profiles over the organs, with pixels
 * @throws SemcrcError `bad-input` when a scan's height × width is not the map's.
 */
export function divideByPosition(
  kernels: Kernels,
  profiles: readonly Profile[],
  spec: PositionSpec,
  most = MOST_PLACED,
): Profile[] {
  const starts = [0];
  for (const { scores } of profiles) starts.push(starts[starts.length - 1] + scores.length);
  const total = starts[profiles.length];
  const block = total <= most ? kernels.arena.float32(total) : null;
  const scoresOf = (i: number) => block?.view.subarray(starts[i], starts[i + 1]);
  const divided = profiles.map((profile, i) =>
    divideProfile(kernels, profile, spec, scoresOf(i) ?? new Float32Array(profile.scores.length)),
  );
  // Views anew: dividing a large scan may have made memory grow.
  return divided.map((profile, i) => ({ ...profile, scores: scoresOf(i) ?? profile.scores }));
}

/** One scan's profile over `positionsOfScan`, its scores put into `scores`. */
function divideProfile(
  kernels: Kernels,
  profile: Profile,
  spec: PositionSpec,
  scores: Float32Array,
): Profile {
  const { merged, places } = placed(profile, spec);
  const { map, groupCount } = spec;
  return {
    ...profile,
    regionCount: groupCount,
    organVoxels: Uint32Array.of(profile.dimension),
    offsets: divideByPixel(kernels, merged.scores, places.pixels, merged.offsets, map, groupCount, scores),
    scores,
    merged: null,
    lengths: null,
  };
}

/**
 * Missed voxels of each organ, both sides together, with one λ per position group, without dividing the profile. Every
 * group has its first missed score among the merged ones; only scores between the first of these and the last need
 * their pixel looked up.
 *
 * @param profile over the organs, with pixels
 * @param sides λ of each group, on each side of the profile: below, above
 * @throws SemcrcError `bad-input` when the scan's height × width is not the map's.
 */
export function missesByPosition(
  profile: Profile,
  spec: PositionSpec,
  sides: readonly [below: Float32Array, above: Float32Array],
): Float64Array {
  const { regionCount, offsets, scores } = profile;
  const { merged, places } = placed(profile, spec);
  const { map, groupCount } = spec;
  const misses = new Float64Array(regionCount);
  const between = new Uint32Array(regionCount);
  const firstOf = new Int32Array(groupCount);
  for (let side = 0; side < profile.sides; side++) {
    const lambda = sides[side];
    const start = merged.offsets[side];
    const end = merged.offsets[side + 1];
    let first = end;
    let last = start;
    let most = 0;
    for (let group = 0; group < groupCount; group++) {
      const missed = firstMissed(merged.scores, start, end, lambda[group]);
      firstOf[group] = missed;
      first = Math.min(first, missed);
      last = Math.max(last, missed);
      most = Math.max(most, lambda[group]);
    }
    for (let organ = 0; organ < regionCount; organ++) {
      const list = side * regionCount + organ;
      misses[organ] += offsets[list + 1] - firstMissed(scores, offsets[list], offsets[list + 1], most);
    }
    countBetween(first, last, places, map, firstOf, between);
  }
  for (let organ = 0; organ < regionCount; organ++) misses[organ] += between[organ];
  return misses;
}

/** Adds to each organ the scores of a stretch that come after the first missed one of their group. */
function countBetween(
  first: number,
  last: number,
  { pixels, organs }: ScorePlaces,
  map: Uint8Array,
  firstOf: Int32Array,
  counts: Uint32Array,
): void {
  // 1 from a group's first missed score on: the sign of a difference, for a branch here is a coin's toss.
  for (let i = first; i < last; i++) counts[organs[i]] += (firstOf[map[pixels[i]]] - i - 1) >>> 31;
}

function placed(profile: Profile, spec: PositionSpec): { merged: MergedScores; places: ScorePlaces } {
  checkPlane(spec, { id: profile.scan, shape: profile.shape });
  const places = placesOf(profile);
  return { merged: profile.merged!, places };
}
