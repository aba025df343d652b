import { LossSearch } from './loss-search.ts';
import { type LossAverage, type LossScope, type LossUnits, weighUnits } from './loss-units.ts';
import type { Partition } from './partition.ts';
import type { Profile } from './profile.ts';
import { largestOf, listsOf, type ScoreLists, scoresOf } from './score-lists.ts';
import type { Sides } from './sorted-scores.ts';

export interface LossTableOptions {
  readonly scope?: LossScope;
  readonly average?: LossAverage;
  /** 1: λ holds one value per group, whatever sides the profiles tell apart. 2: the groups' below, then above. */
  readonly sides?: Sides;
}

/**
 * The losses of calibration units as functions of a vector λ, read off sorted profiles by binary search.
 *
 * Where one λ decides on every voxel and profiles keep their scores merged, these are searched: fewer lists.
 * A unit is a patient; its loss is the mean over its scans, and for an organ over those of its scans that contain it.
 * Units without the organ do not take part.
 */
export class LossTable {
  readonly scope: LossScope;
  /** Patient of each unit, in order of first appearance. */
  readonly units: readonly string[];
  /** Ids of the scans that take part. */
  readonly scans: readonly string[];
  /** What misses in these scans count for. */
  readonly weights: LossUnits;
  readonly #listScores: () => ScoreLists;
  readonly #scoresOf: (scan: number) => Float32Array;
  #lists: ScoreLists | null = null;
  #largestScore: number | null = null;
  #whole: LossSearch | null = null;

  constructor(profiles: readonly Profile[], partition: Partition, options: LossTableOptions = {}) {
    const { scope = 'scan', average = 'mean', sides = 1 } = options;
    const members = scope === 'scan' ? profiles : profiles.filter((p) => p.organVoxels[scope.organ] > 0);
    this.scope = scope;
    this.units = [...new Set(members.map((profile) => profile.patient))];
    this.scans = members.map((profile) => profile.scan);
    this.weights = weighUnits(members, this.units, scope, average);
    this.#listScores = () => listsOf(members, partition, scope, sides);
    this.#scoresOf = (scan) => scoresOf(members[scan], partition, scope, sides);
  }

  get lists(): ScoreLists {
    this.#lists ??= this.#listScores();
    return this.#lists;
  }

  /** What holds the lists of one of the scans that take part, by its index. */
  scoresOf(scan: number): Float32Array {
    return this.#scoresOf(scan);
  }

  /** Largest score that counts; 0 if no voxel is ever missed. */
  get largestScore(): number {
    this.#largestScore ??= largestOf(this.lists);
    return this.#largestScore;
  }

  /** Loss of each unit at λ: one f32 per λ group and side. */
  evaluate(lambda: Float32Array): Float64Array {
    const whole = this.search();
    whole.look(lambda);
    return whole.losses(new Float64Array(this.units.length));
  }

  /** A search over all λ. */
  search(): LossSearch {
    this.#whole ??= LossSearch.over(this.lists, this.weights);
    return this.#whole;
  }
}
