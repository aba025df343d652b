import { NO_GROUP, type Partition } from './partition.ts';
import type { Profile, Sides } from './profile.ts';

/** The share whose loss is counted: of the whole scan (eq. 2), or of one organ (eq. 11). */
export type LossScope = 'scan' | { readonly organ: number };

export interface LossTableOptions {
  readonly scope?: LossScope;
  readonly average?: LossAverage;
  /** 1: λ holds one value per group, whatever sides the profiles tell apart. 2: the groups' below, then above. */
  readonly sides?: Sides;
}

/**
 * Mean: a unit's loss is its own share of voxels missed. Pooled: losses add up to n times the misses of all units over
 * the voxels of all units, as the authors' code averages; such losses may exceed 1 and carry no guarantee.
 */
export type LossAverage = 'mean' | 'pooled';

/**
 * The losses of calibration units as functions of a vector λ, read off sorted profiles by binary search.
 *
 * A unit is a patient; its loss is the mean over its scans, and for an organ over those of its scans that contain it.
 * Units without the organ do not take part.
 */
export class LossTable {
  /** Patient of each unit, in order of first appearance. */
  readonly units: readonly string[];
  /** Largest score that counts; 0 if no voxel is ever missed. */
  readonly largestScore: number;
  readonly #whole: LossSearch;

  constructor(profiles: readonly Profile[], partition: Partition, options: LossTableOptions = {}) {
    const { scope = 'scan', average = 'mean', sides = 1 } = options;
    const { cellCount, cellsPerOrgan, groupOfCell, keys } = partition;
    const members = scope === 'scan' ? profiles : profiles.filter((p) => p.organVoxels[scope.organ] > 0);
    const units = [...new Set(members.map((profile) => profile.patient))];
    const unitOf = new Map(units.map((patient, unit) => [patient, unit]));
    const cells =
      scope === 'scan' ? [0, cellCount] : [scope.organ * cellsPerOrgan, (scope.organ + 1) * cellsPerOrgan];
    const lists: ScoreList[] = [];
    let largest = 0;
    members.forEach(({ offsets, scores, sides: told }, scan) => {
      for (let side = 0; side < told; side++) {
        for (let cell = cells[0]; cell < cells[1]; cell++) {
          const start = offsets[side * cellCount + cell];
          const end = offsets[side * cellCount + cell + 1];
          if (start === end || groupOfCell[cell] === NO_GROUP) continue;
          const parameter = (sides === 2 ? side * keys.length : 0) + groupOfCell[cell];
          lists.push({ scores, end, parameter, scan, least: start, most: end });
          largest = Math.max(largest, scores[end - 1]);
        }
      }
    });
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
    this.units = units;
    this.largestScore = largest;
    const averaging = { unitOfScan, scansOfUnit, denominators };
    this.#whole = new LossSearch(averaging, lists, new Float64Array(members.length));
  }

  /** Loss of each unit at λ: one f32 per λ group and side. */
  evaluate(lambda: Float32Array): Float64Array {
    return this.#whole.evaluate(lambda);
  }

  /** A search over all λ. */
  search(): LossSearch {
    return this.#whole;
  }
}

/** Scores of one scan that one λ decides on: the first missed one lies between `least` and `most`. */
interface ScoreList {
  readonly scores: Float32Array;
  readonly end: number;
  readonly parameter: number;
  readonly scan: number;
  readonly least: number;
  readonly most: number;
}

interface Averaging {
  readonly unitOfScan: Uint32Array;
  readonly scansOfUnit: Uint32Array;
  /** What a scan's misses are divided by. */
  readonly denominators: Float64Array;
}

/**
 * Losses at λ's between a rejected one and an accepted one, component by component. What these two have settled is
 * not searched again: lists in which no score lies between them are only a count of misses.
 */
export class LossSearch {
  readonly #averaging: Averaging;
  readonly #lists: readonly ScoreList[];
  /** Misses of each scan in lists that are settled. */
  readonly #settled: Float64Array;

  constructor(averaging: Averaging, lists: readonly ScoreList[], settled: Float64Array) {
    this.#averaging = averaging;
    this.#lists = lists;
    this.#settled = settled;
  }

  /** Loss of each unit at λ. */
  evaluate(lambda: Float32Array): Float64Array {
    const misses = this.#settled.slice();
    for (const list of this.#lists) misses[list.scan] += list.end - firstMissed(list, lambda);
    return this.#average(misses);
  }

  /** The searches on either side of λ: λ as the accepted end of what lies before it, and as the rejected end of what follows. */
  narrow(lambda: Float32Array, end: 'accepted' | 'rejected'): LossSearch {
    const settled = this.#settled.slice();
    const open: ScoreList[] = [];
    for (const list of this.#lists) {
      const found = firstMissed(list, lambda);
      const least = end === 'rejected' ? found : list.least;
      const most = end === 'accepted' ? found : list.most;
      if (least === most) settled[list.scan] += list.end - least;
      else open.push({ ...list, least, most });
    }
    return new LossSearch(this.#averaging, open, settled);
  }

  #average(misses: Float64Array): Float64Array {
    const { unitOfScan, scansOfUnit, denominators } = this.#averaging;
    const losses = new Float64Array(scansOfUnit.length);
    for (let scan = 0; scan < misses.length; scan++) {
      if (denominators[scan] > 0) losses[unitOfScan[scan]] += misses[scan] / denominators[scan];
    }
    for (let unit = 0; unit < losses.length; unit++) {
      if (scansOfUnit[unit] > 1) losses[unit] /= scansOfUnit[unit];
    }
    return losses;
  }
}

/** Index of the first score of a list that exceeds its λ. */
function firstMissed({ scores, parameter, least, most }: ScoreList, lambda: Float32Array): number {
  const bound = lambda[parameter];
  let low = least;
  let high = most;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (scores[middle] > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
