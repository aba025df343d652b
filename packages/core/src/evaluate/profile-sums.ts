import { growth, lengthIsKnown } from '../profile/length-profile.ts';
import type { Profile } from '../profile/profile.ts';
import { type CalibratedLambda, checkSides, lambdaOfLists } from './calibrated-lambda.ts';
import { isReadByVoxel, missesOfRegions, type OrganSums } from './organ-sums.ts';

/**
 * What a calibrated λ given by organ does on a scan, from a profile that keeps lengths: no voxel is read. Null where the
 * profile does not tell: λ goes by position or strata, may be negative, or is larger than lengths are kept for.
 */
export function sumsOfProfile(profile: Profile, calibrated: CalibratedLambda): OrganSums | null {
  const { lengths, organVoxels, regionCount } = profile;
  const { partition } = calibrated;
  if (
    !lengths ||
    isReadByVoxel(calibrated) ||
    partition.regionsPerOrgan !== 1 ||
    partition.regionCount !== regionCount
  )
    return null;
  checkSides(profile, calibrated);
  const lambda = lambdaOfLists(calibrated);
  const length = new Float64Array(regionCount);
  for (let organ = 0; organ < regionCount; organ++) {
    if (organVoxels[organ] === 0) continue;
    const [below, above] = [lambda[organ], lambda[regionCount + organ]];
    if (!lengthIsKnown(lengths, below, above)) return null;
    length[organ] =
      below === Number.POSITIVE_INFINITY
        ? organVoxels[organ] // An interval widened without end is the whole range.
        : lengths.width[organ] +
          growth(lengths.below, lengths.reach, organ, below) +
          growth(lengths.above, lengths.reach, organ, above);
  }
  return { missed: missesOfRegions(profile, lambda), length };
}
