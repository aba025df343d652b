import type { Kernels } from '@semcrc/kernels';
import type { Sample } from '../cohort/sample.ts';
import type { Profile, ProfileOptions } from '../profile/profile.ts';
import type { CalibratedLambda } from './calibrated-lambda.ts';
import { type OrganSums, sumsOfScan } from './organ-sums.ts';

/** Loss and mean interval length of one scan or one organ of it. */
export interface LossAndLength {
  readonly risk: number;
  readonly length: number;
}

/** How a calibrated λ does on one labelled scan. */
export interface ScanEvaluation extends LossAndLength {
  readonly scan: string;
  readonly patient: string;
  /** By label id, for organs that the scan contains: share of the organ's voxels missed and mean length over them. */
  readonly organs: Readonly<Record<string, LossAndLength>>;
}

/** Mean loss and length over units (patients), how many there are, and the sample standard deviation of their losses. */
export interface MeanLossAndLength extends LossAndLength {
  readonly units: number;
  /** Null for a single unit. */
  readonly sd: number | null;
}

/** Means over units (patients) of `ScanEvaluation`s. */
export interface Evaluation extends MeanLossAndLength {
  /** By label id, for organs that some scan contains; means over the units whose scans contain the organ. */
  readonly organs: Readonly<Record<string, MeanLossAndLength & { readonly scans: number }>>;
  /** Loss and length of every scan, in the order they were evaluated in. */
  readonly perScan: { readonly risk: readonly number[]; readonly length: readonly number[] };
}

/**
 * Evaluates several calibrated λ on one labelled scan.
 *
 * @param profile of the same scan over the organs; with pixels where a λ is divided by position
 * @param options that the profile was built with
 * @returns one evaluation per λ, in their order
 */
export function evaluateScan(
  kernels: Kernels,
  sample: Sample,
  profile: Profile,
  calibrated: readonly CalibratedLambda[],
  options: ProfileOptions = {},
): ScanEvaluation[] {
  return sumsOfScan(kernels, sample, profile, calibrated, options).map((sums) => evaluationOf(profile, sums));
}

/** Shares and means from the sums of one λ. */
export function evaluationOf(
  { scan, patient, organVoxels, dimension }: Profile,
  { missed, length }: OrganSums,
): ScanEvaluation {
  const organs: Record<string, LossAndLength> = {};
  let allMissed = 0;
  let allLength = 0;
  for (let organ = 0; organ < organVoxels.length; organ++) {
    const voxels = organVoxels[organ];
    if (voxels === 0) continue;
    organs[organ] = { risk: missed[organ] / voxels, length: length[organ] / voxels };
    allMissed += missed[organ];
    allLength += length[organ];
  }
  return {
    scan,
    patient,
    risk: dimension > 0 ? allMissed / dimension : 0,
    length: dimension > 0 ? allLength / dimension : 0,
    organs,
  };
}
