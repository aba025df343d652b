import type { Profile } from './profile.ts';

/** The share whose loss is counted: of the whole scan (eq. 2), or of one organ (eq. 11). */
export type LossScope = 'scan' | { readonly organ: number };

/**
 * Mean: a unit's loss is its own share of voxels missed. Pooled: losses add up to n times the misses of all units over
 * the voxels of all units, as the authors' code averages; such losses may exceed 1 and carry no guarantee.
 */
export type LossAverage = 'mean' | 'pooled';

/** The calibration units, and what misses in each of their scans count for. */
export interface LossUnits {
  readonly unitOfScan: Uint32Array;
  readonly scansOfUnit: Uint32Array;
  /** What a scan's misses are divided by; and what one of them adds to the mean loss. */
  readonly denominators: Float64Array;
  readonly weights: Float64Array;
}

/** The units of scans, and what a miss in each counts for. */
export function weighUnits(
  members: readonly Profile[],
  units: readonly string[],
  scope: LossScope,
  average: LossAverage,
): LossUnits {
  const unitOf = new Map(units.map((patient, unit) => [patient, unit]));
  const unitOfScan = Uint32Array.from(members, (profile) => unitOf.get(profile.patient)!);
  const scansOfUnit = new Uint32Array(units.length);
  for (const unit of unitOfScan) scansOfUnit[unit]++;
  const denominators = Float64Array.from(members, (profile) =>
    scope === 'scan' ? profile.dimension : profile.organVoxels[scope.organ],
  );
  if (average === 'pooled') {
    const voxels = denominators.reduce((sum, count) => sum + count, 0);
    unitOfScan.forEach((unit, scan) => {
      denominators[scan] = voxels / (units.length * scansOfUnit[unit]);
    });
  }
  const weights = Float64Array.from(unitOfScan, (unit, scan) =>
    denominators[scan] > 0 ? 1 / (denominators[scan] * scansOfUnit[unit] * units.length) : 0,
  );
  return { unitOfScan, scansOfUnit, denominators, weights };
}

/** Writes the loss of each unit to `losses` and returns it: the mean over its scans of the share of voxels missed. */
export function lossesOfUnits(
  { unitOfScan, scansOfUnit, denominators }: LossUnits,
  misses: Float64Array,
  losses: Float64Array,
): Float64Array {
  losses.fill(0);
  for (let scan = 0; scan < misses.length; scan++) {
    if (denominators[scan] > 0) losses[unitOfScan[scan]] += misses[scan] / denominators[scan];
  }
  for (let unit = 0; unit < losses.length; unit++) {
    if (scansOfUnit[unit] > 1) losses[unit] /= scansOfUnit[unit];
  }
  return losses;
}
