import { SemcrcError } from '@semcrc/kernels';
import type { Centre } from '../learned/centre.ts';
import { NO_GROUP, type Partition } from '../partition/partition.ts';
import type { Profile } from '../profile/profile.ts';
import type { Sides } from '../profile/sorted-scores.ts';

/** What evaluation needs of a calibrated λ. */
export interface CalibratedLambda {
  readonly partition: Partition;
  readonly sides: Sides;
  /** One f32 per (side, λ group), below first: index side · groups + group. Infinite where nothing could be calibrated. */
  readonly lambda: Float32Array;
  /** Whether λ may be negative; see `Interval.point`. False where it is not given. */
  readonly shrink?: boolean;
  /** Corrected centre that intervals grow from in place of the heuristic's. None where it is not given. */
  readonly centre?: Centre | null;
}

/** λ of every (side, region) list, as f32: what a profile's lists are searched with. */
export function lambdaOfLists({ partition, sides, lambda }: CalibratedLambda): Float32Array {
  const { regionCount, groupOfRegion, keys } = partition;
  const lists = new Float32Array(2 * regionCount);
  for (let side = 0; side < 2; side++) {
    for (let region = 0; region < regionCount; region++) {
      const group = groupOfRegion[region];
      if (group !== NO_GROUP)
        lists[side * regionCount + region] = lambda[(sides === 2 ? side * keys.length : 0) + group];
    }
  }
  return lists;
}

/** λ of each λ group on each side; the same on both where one λ widens both ends. */
export function lambdaOfSides({ partition, sides, lambda }: CalibratedLambda): [Float32Array, Float32Array] {
  const { length } = partition.keys;
  return [lambda.subarray(0, length), sides === 2 ? lambda.subarray(length) : lambda];
}

/** Throws `usage` where a λ tells sides apart that the profile does not. */
export function checkSides(profile: Profile, { sides }: CalibratedLambda): void {
  if (sides <= profile.sides) return;
  throw new SemcrcError(
    'usage',
    `scan ${profile.scan}: λ below and above must be evaluated on a profile with 2 sides, found one with 1`,
    { data: { scan: profile.scan } },
  );
}
