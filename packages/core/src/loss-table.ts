import { NO_GROUP, type Partition } from './partition.ts';
import { firstMissed, type Profile, type Sides } from './profile.ts';

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
    const scoresOfList: Float32Array[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    const parameters: number[] = [];
    const scans: number[] = [];
    let largest = 0;
    members.forEach(({ offsets, scores, sides: told }, scan) => {
      for (let side = 0; side < told; side++) {
        for (let cell = cells[0]; cell < cells[1]; cell++) {
          const start = offsets[side * cellCount + cell];
          const end = offsets[side * cellCount + cell + 1];
          if (start === end || groupOfCell[cell] === NO_GROUP) continue;
          scoresOfList.push(scores);
          starts.push(start);
          ends.push(end);
          parameters.push((sides === 2 ? side * keys.length : 0) + groupOfCell[cell]);
          scans.push(scan);
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
    const lists: ScoreLists = {
      scores: scoresOfList,
      end: Uint32Array.from(ends),
      parameter: Uint16Array.from(parameters),
      scan: Uint32Array.from(scans),
      unitOfScan,
      scansOfUnit,
      denominators,
    };
    const all = Uint32Array.from(ends.keys());
    const settled = new Float64Array(members.length);
    this.#whole = new LossSearch(lists, all, Uint32Array.from(starts), lists.end, settled);
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

/** Sorted scores of the calibration scans, one list for each λ that decides on some of a scan's voxels. */
interface ScoreLists {
  /** Where a list lies; it ends before `end`. */
  readonly scores: readonly Float32Array[];
  readonly end: Uint32Array;
  /** Component of λ that decides on a list, and its scan. */
  readonly parameter: Uint16Array;
  readonly scan: Uint32Array;
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
  readonly #lists: ScoreLists;
  /** Lists still open, and bounds on the index of the first score that is missed. */
  readonly #open: Uint32Array;
  readonly #least: Uint32Array;
  readonly #most: Uint32Array;
  /** Misses of each scan in lists that are settled. */
  readonly #settled: Float64Array;
  /** First missed score of the open lists at the λ evaluated last. */
  readonly #found: Uint32Array;

  constructor(
    lists: ScoreLists,
    open: Uint32Array,
    least: Uint32Array,
    most: Uint32Array,
    settled: Float64Array,
  ) {
    this.#lists = lists;
    this.#open = open;
    this.#least = least;
    this.#most = most;
    this.#settled = settled;
    this.#found = new Uint32Array(open.length);
  }

  /** Loss of each unit at λ. */
  evaluate(lambda: Float32Array): Float64Array {
    const { scores, end, parameter, scan } = this.#lists;
    const open = this.#open;
    const least = this.#least;
    const most = this.#most;
    const found = this.#found;
    const misses = this.#settled.slice();
    for (let at = 0; at < open.length; at++) {
      const list = open[at];
      const first = firstMissed(scores[list], least[at], most[at], lambda[parameter[list]]);
      found[at] = first;
      misses[scan[list]] += end[list] - first;
    }
    return this.#average(misses);
  }

  /** The search on one side of the λ evaluated last: before it, where it is the accepted end, or after it. */
  narrow(end: 'accepted' | 'rejected'): LossSearch {
    const lists = this.#lists;
    const least = end === 'rejected' ? this.#found : this.#least;
    const most = end === 'accepted' ? this.#found : this.#most;
    const settled = this.#settled.slice();
    const open = new Uint32Array(this.#open.length);
    const openLeast = new Uint32Array(open.length);
    const openMost = new Uint32Array(open.length);
    let kept = 0;
    for (let at = 0; at < open.length; at++) {
      const list = this.#open[at];
      if (least[at] === most[at]) {
        settled[lists.scan[list]] += lists.end[list] - least[at];
        continue;
      }
      open[kept] = list;
      openLeast[kept] = least[at];
      openMost[kept++] = most[at];
    }
    return new LossSearch(
      lists,
      open.slice(0, kept),
      openLeast.slice(0, kept),
      openMost.slice(0, kept),
      settled,
    );
  }

  #average(misses: Float64Array): Float64Array {
    const { unitOfScan, scansOfUnit, denominators } = this.#lists;
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
