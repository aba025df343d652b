import { divideByPixel, type Kernels, SemcrcError } from '@semcrc/kernels';
import { firstMissed } from './first-missed.ts';
import { checkPlane, type Partition } from './partition.ts';
import type { PositionSpec } from './partition-spec.ts';
import type { Profile } from './profile.ts';

/** Scores of all scans together that are put on kernel memory: 2 GiB of its 4. */
const MOST_PLACED = 2 ** 29;

/**
 * Profiles of scans when each organ is divided by a position map: a stable partition of the lists they have, so nothing
 * is sorted again.
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
  partition: Partition,
  spec: PositionSpec,
  most = MOST_PLACED,
): Profile[] {
  const starts = [0];
  for (const { scores } of profiles) starts.push(starts[starts.length - 1] + scores.length);
  const total = starts[profiles.length];
  const block = total <= most ? kernels.arena.float32(total) : null;
  const scoresOf = (i: number) => block?.view.subarray(starts[i], starts[i + 1]);
  const divided = profiles.map((profile, i): Profile => {
    const scores = scoresOf(i) ?? new Float32Array(profile.scores.length);
    const offsets = divideByPixel(
      kernels,
      profile.scores,
      pixelsOf(profile, spec),
      profile.offsets,
      spec.map,
      spec.groupCount,
      scores,
    );
    return {
      ...profile,
      cellCount: partition.cellCount,
      offsets,
      scores,
      merged: null,
      pixels: null,
      lengths: null,
    };
  });
  // Views anew: dividing a large scan may have made memory grow.
  return divided.map((profile, i) => ({ ...profile, scores: scoresOf(i) ?? profile.scores }));
}

/**
 * Missed voxels of each organ, both sides together, with one λ per position group, without dividing the profile. Every
 * group has its first missed score in a list; only scores between the first of these and the last need their pixel
 * looked up.
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
  const { cellCount, offsets, scores } = profile;
  const pixels = pixelsOf(profile, spec);
  const { map, groupCount } = spec;
  const misses = new Float64Array(cellCount);
  const firstOf = new Int32Array(groupCount);
  for (let list = 0; list < profile.sides * cellCount; list++) {
    const start = offsets[list];
    const end = offsets[list + 1];
    if (start === end) continue;
    const lambda = sides[list < cellCount ? 0 : 1];
    let first = end;
    let last = start;
    for (let group = 0; group < groupCount; group++) {
      const missed = firstMissed(scores, start, end, lambda[group]);
      firstOf[group] = missed;
      first = Math.min(first, missed);
      last = Math.max(last, missed);
    }
    let count = end - last;
    // 1 from a group's first missed score on: the sign of a difference, for a branch here is a coin's toss.
    for (let i = first; i < last; i++) count += (firstOf[map[pixels[i]]] - i - 1) >>> 31;
    misses[list % cellCount] += count;
  }
  return misses;
}

function pixelsOf(profile: Profile, spec: PositionSpec): Uint16Array | Uint32Array {
  checkPlane(spec, { id: profile.scan, shape: profile.shape });
  if (!profile.pixels) throw new SemcrcError('internal', `profile of scan ${profile.scan} keeps no pixels`);
  return profile.pixels;
}
