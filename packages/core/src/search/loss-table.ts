import { NO_GROUP, type Partition } from '../partition/partition.ts';
import { firstMissed } from '../profile/first-missed.ts';
import type { Profile } from '../profile/profile.ts';
import { numberAt, type SortedNumbers } from '../profile/sorted-numbers.ts';
import type { Sides } from '../profile/sorted-scores.ts';

/** The share whose loss is counted: of the whole scan (eq. 2), or of one organ (eq. 11). */
export type LossScope = 'scan' | { readonly organ: number };

/**
 * Mean: a unit's loss is its own share of voxels missed. Pooled: losses add up to n times the misses of all units over
 * the voxels of all units, as the authors' code averages; such losses may exceed 1 and carry no guarantee.
 */
export type LossAverage = 'mean' | 'pooled';

export interface LossTableOptions {
  readonly scope?: LossScope;
  readonly average?: LossAverage;
  /** 1: λ holds one value per group, whatever sides the profiles tell apart. 2: the groups' below, then above. */
  readonly sides?: Sides;
}

/** One ascending list of a scan's scores: scores[start] up to, excluding, scores[end], all decided by one λ. */
interface ScoreList {
  readonly scores: SortedNumbers;
  readonly start: number;
  readonly end: number;
  /** Component of λ that decides on the list. */
  readonly component: number;
  /** Index of the scan. */
  readonly scan: number;
}

/**
 * The losses of calibration units as functions of a vector λ, read off sorted profiles.
 *
 * A unit is a patient; its loss is the mean over its scans, and for an organ over those of its scans that contain it.
 * Units without the organ do not take part. What λ misses of a list follows from the index of the first score above λ, and
 * the losses from these indices, one per list.
 */
export class LossTable {
  /** Patient of each unit, in order of first appearance. */
  readonly units: readonly string[];
  readonly lists: readonly ScoreList[];
  /** Largest score that counts; 0 if no voxel is ever missed. */
  readonly largestScore: number;
  readonly #unitOfScan: Uint32Array;
  readonly #scansOfUnit: Uint32Array;
  /** Voxels that each scan's misses are a share of. */
  readonly #voxels: Float64Array;
  readonly #misses: Float64Array;
  /** Where each list starts and ends: a λ below every score misses all from the start on, one that covers them from the end on. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;

  constructor(profiles: readonly Profile[], partition: Partition, options: LossTableOptions = {}) {
    const { scope = 'scan', average = 'mean', sides = 1 } = options;
    const members = scope === 'scan' ? profiles : profiles.filter((p) => p.organVoxels[scope.organ] > 0);
    this.units = [...new Set(members.map(({ patient }) => patient))];
    this.lists = members.flatMap((profile, scan) => listsOf(profile, scan, partition, scope, sides));
    this.largestScore = this.lists.reduce(
      (most, { scores, end }) => Math.max(most, numberAt(scores, end - 1)),
      0,
    );
    const unitOf = new Map(this.units.map((patient, unit) => [patient, unit]));
    this.#unitOfScan = Uint32Array.from(members, ({ patient }) => unitOf.get(patient)!);
    this.#scansOfUnit = new Uint32Array(this.units.length);
    for (const unit of this.#unitOfScan) this.#scansOfUnit[unit]++;
    this.#voxels = Float64Array.from(members, ({ dimension, organVoxels }) =>
      scope === 'scan' ? dimension : organVoxels[scope.organ],
    );
    if (average === 'pooled') {
      const all = this.#voxels.reduce((sum, voxels) => sum + voxels, 0);
      this.#voxels = Float64Array.from(
        this.#unitOfScan,
        (unit) => all / (this.units.length * this.#scansOfUnit[unit]),
      );
    }
    this.#misses = new Float64Array(members.length);
    this.starts = Uint32Array.from(this.lists, ({ start }) => start);
    this.ends = Uint32Array.from(this.lists, ({ end }) => end);
  }

  /**
   * Writes for each list the index of the first score that λ misses.
   *
   * @param lambda one f32 per λ group and side
   * @param from least index it can be, by list
   * @param to largest index it can be, by list
   */
  firstMissed(lambda: Float32Array, from: Uint32Array, to: Uint32Array, out: Uint32Array): void {
    const { lists } = this;
    for (let at = 0; at < lists.length; at++) {
      const { scores, component } = lists[at];
      out[at] = firstMissed(scores, from[at], to[at], lambda[component]);
    }
  }

  /** Writes the loss of each unit, where every list is missed from an index on, to `losses` and returns it. */
  losses(first: Uint32Array, losses: Float64Array): Float64Array {
    const misses = this.#misses.fill(0);
    for (let at = 0; at < first.length; at++) misses[this.lists[at].scan] += this.ends[at] - first[at];
    losses.fill(0);
    for (let scan = 0; scan < misses.length; scan++) {
      if (this.#voxels[scan] > 0) losses[this.#unitOfScan[scan]] += misses[scan] / this.#voxels[scan];
    }
    for (let unit = 0; unit < losses.length; unit++) {
      if (this.#scansOfUnit[unit] > 1) losses[unit] /= this.#scansOfUnit[unit];
    }
    return losses;
  }

  /** Loss of each unit at λ. */
  evaluate(lambda: Float32Array): Float64Array {
    const first = new Uint32Array(this.lists.length);
    this.firstMissed(lambda, this.starts, this.ends, first);
    return this.losses(first, new Float64Array(this.units.length));
  }
}

/** The lists of one scan that hold any scores; one per side where one λ decides on every voxel and scores are kept merged. */
function listsOf(
  profile: Profile,
  scan: number,
  { regionCount, regionsPerOrgan, groupOfRegion, keys }: Partition,
  scope: LossScope,
  sides: Sides,
): ScoreList[] {
  const lists: ScoreList[] = [];
  const add = (scores: SortedNumbers, offsets: Uint32Array, list: number, component: number): void => {
    const [start, end] = [offsets[list], offsets[list + 1]];
    if (start < end) lists.push({ scores, start, end, component, scan });
  };
  const merged = scope === 'scan' && keys.length * sides === 1 ? profile.merged : null;
  const firstRegion = scope === 'scan' ? 0 : scope.organ * regionsPerOrgan;
  const endRegion = scope === 'scan' ? regionCount : firstRegion + regionsPerOrgan;
  for (let side = 0; side < profile.sides; side++) {
    if (merged) {
      add(merged.scores, merged.offsets, side, 0);
      continue;
    }
    for (let region = firstRegion; region < endRegion; region++) {
      const group = groupOfRegion[region];
      // Background does not count within the body, though a profile that was read from a file has its scores.
      if (group === NO_GROUP || profile.organVoxels[Math.floor(region / regionsPerOrgan)] === 0) continue;
      const component = (sides === 2 ? side * keys.length : 0) + group;
      add(profile.scores, profile.offsets, side * regionCount + region, component);
    }
  }
  return lists;
}
