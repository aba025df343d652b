import type { LossScope } from './loss-units.ts';
import { NO_GROUP, type Partition } from './partition.ts';
import type { Profile } from './profile.ts';
import type { Sides } from './sorted-scores.ts';

/** Sorted scores of the calibration scans, one list for each λ that decides on some of a scan's voxels. */
export interface ScoreLists {
  /** What holds a list: from its start up to, excluding, its end. */
  readonly scores: readonly Float32Array[];
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** Component of λ that decides on a list, and its scan. */
  readonly parameter: Uint16Array;
  readonly scan: Uint32Array;
}

/** The lists of all scans that hold any scores. */
export function listsOf(
  members: readonly Profile[],
  partition: Partition,
  scope: LossScope,
  sides: Sides,
): ScoreLists {
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
  members.forEach((profile, scan) => {
    const { offsets, scores, sides: told } = profile;
    const merged = mergedFor(profile, partition, scope, sides);
    for (let side = 0; side < told; side++) {
      if (merged) {
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
  return {
    scores: scoresOfList,
    start: Uint32Array.from(starts),
    end: Uint32Array.from(ends),
    parameter: Uint16Array.from(parameters),
    scan: Uint32Array.from(scans),
  };
}

/** What holds a scan's lists. */
export function scoresOf(
  profile: Profile,
  partition: Partition,
  scope: LossScope,
  sides: Sides,
): Float32Array {
  return (mergedFor(profile, partition, scope, sides) ?? profile).scores;
}

/** The scores of a scan whatever their cell, where one λ decides on them all; null where it does not, or they are not kept. */
function mergedFor(
  { merged }: Profile,
  { keys }: Partition,
  scope: LossScope,
  sides: Sides,
): Profile['merged'] {
  return scope === 'scan' && keys.length * sides === 1 ? merged : null;
}

/** The largest score of any list: each has its own last. 0 without lists. */
export function largestOf({ scores, end }: ScoreLists): number {
  let largest = 0;
  for (let list = 0; list < scores.length; list++) largest = Math.max(largest, scores[list][end[list] - 1]);
  return largest;
}
