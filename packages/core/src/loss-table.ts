import { LossSearch, type LossUnits, type ScoreLists } from './loss-search.ts';
import { NO_GROUP, type Partition } from './partition.ts';
import type { Profile } from './profile.ts';
import type { Sides } from './sorted-scores.ts';

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
 * Where one λ decides on every voxel and profiles keep their scores merged, these are searched: fewer lists.
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
    const members = scope === 'scan' ? profiles : profiles.filter((p) => p.organVoxels[scope.organ] > 0);
    this.units = [...new Set(members.map((profile) => profile.patient))];
    const { lists, starts } = listsOf(members, partition, scope, sides);
    this.largestScore = largestOf(lists);
    this.#whole = LossSearch.over(lists, weighUnits(members, this.units, scope, average), starts);
  }

  /** Loss of each unit at λ: one f32 per λ group and side. */
  evaluate(lambda: Float32Array): Float64Array {
    this.#whole.look(lambda);
    return this.#whole.losses(new Float64Array(this.units.length));
  }

  /** A search over all λ. */
  search(): LossSearch {
    return this.#whole;
  }
}

/** The units of scans, and what a miss in each counts for. */
function weighUnits(
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

/** The lists of all scans that hold any scores, and where each starts. */
function listsOf(
  members: readonly Profile[],
  partition: Partition,
  scope: LossScope,
  sides: Sides,
): { readonly lists: ScoreLists; readonly starts: Uint32Array } {
  const { cellCount, cellsPerOrgan, groupOfCell, keys } = partition;
  const firstCell = scope === 'scan' ? 0 : scope.organ * cellsPerOrgan;
  const endCell = scope === 'scan' ? cellCount : firstCell + cellsPerOrgan;
  const scoresOfList: Float32Array[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const parameters: number[] = [];
  const scans: number[] = [];
  const add = (scan: number, parameter: number, scores: Float32Array, start: number, end: number): void => {
    if (start === end) return;
    scoresOfList.push(scores);
    starts.push(start);
    ends.push(end);
    parameters.push(parameter);
    scans.push(scan);
  };
  const single = scope === 'scan' && keys.length * sides === 1;
  members.forEach(({ offsets, scores, merged, sides: told }, scan) => {
    for (let side = 0; side < told; side++) {
      if (single && merged) {
        add(scan, 0, merged.scores, merged.offsets[side], merged.offsets[side + 1]);
        continue;
      }
      for (let cell = firstCell; cell < endCell; cell++) {
        if (groupOfCell[cell] === NO_GROUP) continue;
        const parameter = (sides === 2 ? side * keys.length : 0) + groupOfCell[cell];
        const list = side * cellCount + cell;
        add(scan, parameter, scores, offsets[list], offsets[list + 1]);
      }
    }
  });
  const lists = {
    scores: scoresOfList,
    end: Uint32Array.from(ends),
    parameter: Uint16Array.from(parameters),
    scan: Uint32Array.from(scans),
  };
  return { lists, starts: Uint32Array.from(starts) };
}

/** The largest score of any list: each has its own last. */
function largestOf({ scores, end }: ScoreLists): number {
  let largest = 0;
  for (let list = 0; list < scores.length; list++) largest = Math.max(largest, scores[list][end[list] - 1]);
  return largest;
}
