import { type CalibratedLambda, checkSides, lambdaOfLists, type ScanSums } from './evaluate.ts';
import { firstMissedOfAll } from './first-missed.ts';
import { growths, lengthIsKnown } from './length-profile.ts';
import type { Profile } from './profile.ts';

/** λ's that decide on one list of scores, ascending. */
interface Ascending {
  readonly lambda: Float32Array;
  /** Which calibrated λ each belongs to. */
  readonly fit: Uint32Array;
}

/**
 * What several calibrated λ do on scan after scan, without the scans' voxels: for λ given by organ, on profiles that keep
 * lengths. The λ are sorted once; each list of a scan is then walked once for all of them.
 */
export class ProfileSums {
  readonly #calibrated: readonly CalibratedLambda[];
  /** λ of every (side, organ) list, by calibrated λ; empty for those not given by organ. */
  readonly #lists: readonly Float32Array[];
  /** Whether lengths are known at a calibrated λ whatever organs a scan has. */
  readonly #always: readonly boolean[];
  readonly #slots: number;
  /** The sides that a profile must tell apart to tell all that every calibrated λ does; infinite where none does. */
  readonly #enoughSides: number;
  /** By list, once a scan has it. */
  readonly #ascending: Ascending[] = [];
  /** The calibrated λ given by organ, as they ascend on the list looked at last. */
  #order: readonly number[];
  readonly #missed: Float64Array;
  readonly #length: Float64Array;
  /** Of the λ on one list. */
  readonly #first: Uint32Array;
  readonly #growth: Float64Array;

  /** `slots`: one more than the largest label id. */
  constructor(calibrated: readonly CalibratedLambda[], slots: number) {
    const lists = calibrated.map((one) =>
      one.partition.cellsPerOrgan === 1 ? lambdaOfLists(one) : new Float32Array(0),
    );
    this.#calibrated = calibrated;
    this.#order = [...lists.keys()].filter((fit) => lists[fit].length > 0);
    this.#lists = lists;
    this.#always = lists.map((own) => {
      const above = own.subarray(own.length / 2);
      return own.length === 2 * slots && above.every((lambda, organ) => lengthIsKnown(own[organ], lambda));
    });
    this.#slots = slots;
    this.#enoughSides = this.#always.every((known) => known)
      ? Math.max(...calibrated.map(({ sides }) => sides))
      : Number.POSITIVE_INFINITY;
    this.#missed = new Float64Array(slots * calibrated.length);
    this.#length = new Float64Array(slots * calibrated.length);
    this.#first = new Uint32Array(calibrated.length);
    this.#growth = new Float64Array(calibrated.length);
  }

  /** Sums on one scan, and which λ need its voxels instead. The sums are good until the next scan is asked for. */
  of(profile: Profile): { readonly sums: ScanSums; readonly unknown: number[] } {
    const fits = this.#calibrated.length;
    const unknown = this.#unknownIn(profile);
    const { organVoxels, sides, cellCount } = profile;
    for (let organ = 0; organ < organVoxels.length && unknown.length < fits; organ++) {
      if (organVoxels[organ] === 0) continue;
      this.#missed.fill(0, organ * fits, (organ + 1) * fits);
      for (let side = 0; side < sides; side++) this.#countMisses(profile, organ, side * cellCount + organ);
      this.#sumLengths(profile, organ);
    }
    return { sums: { profile, fits, missed: this.#missed, length: this.#length }, unknown };
  }

  /** The calibrated λ of which a profile does not tell all that they do. */
  #unknownIn(profile: Profile): number[] {
    const { lengths, cellCount, sides } = profile;
    if (lengths && cellCount === this.#slots && sides >= this.#enoughSides) return [];
    return [...this.#calibrated.keys()].filter((fit) => !this.#isKnown(profile, fit));
  }

  /** Whether a profile tells all that a calibrated λ does. */
  #isKnown(profile: Profile, fit: number): boolean {
    const { lengths, cellCount, organVoxels } = profile;
    const lists = this.#lists[fit];
    if (!lengths || lists.length !== 2 * cellCount) return false;
    checkSides(profile, this.#calibrated[fit]);
    if (this.#always[fit]) return true;
    for (let organ = 0; organ < cellCount; organ++) {
      if (organVoxels[organ] > 0 && !lengthIsKnown(lists[organ], lists[cellCount + organ])) return false;
    }
    return true;
  }

  #countMisses({ offsets, scores }: Profile, organ: number, list: number): void {
    const end = offsets[list + 1];
    if (offsets[list] === end) return;
    const { fit, lambda } = this.#ascendingOn(list);
    const first = this.#first;
    const missed = this.#missed;
    const row = organ * this.#calibrated.length;
    firstMissedOfAll(scores, offsets[list], end, lambda, first);
    for (let i = 0; i < fit.length; i++) missed[row + fit[i]] += end - first[i];
  }

  #sumLengths({ lengths, organVoxels, cellCount }: Profile, organ: number): void {
    if (!lengths) return;
    const fits = this.#calibrated.length;
    const length = this.#length;
    const growth = this.#growth;
    const row = organ * fits;
    length.fill(lengths.width[organ], row, row + fits);
    for (const side of ['below', 'above'] as const) {
      const { fit, lambda } = this.#ascendingOn(side === 'below' ? organ : cellCount + organ);
      growths(lengths[side], organ, lambda, this.#first, growth);
      for (let i = 0; i < fit.length; i++) {
        // An interval widened without end is the whole range.
        if (lambda[i] === Number.POSITIVE_INFINITY) length[row + fit[i]] = organVoxels[organ];
        else length[row + fit[i]] += growth[i];
      }
    }
  }

  #ascendingOn(list: number): Ascending {
    const known = this.#ascending[list];
    if (known) return known;
    const lists = this.#lists;
    // Most lists have their λ in the order of another.
    let ascends = true;
    for (let i = 1; ascends && i < this.#order.length; i++) {
      ascends = lists[this.#order[i - 1]][list] <= lists[this.#order[i]][list];
    }
    if (!ascends) this.#order = this.#order.toSorted((a, b) => lists[a][list] - lists[b][list]);
    const ascending = {
      fit: Uint32Array.from(this.#order),
      lambda: Float32Array.from(this.#order, (fit) => lists[fit][list]),
    };
    this.#ascending[list] = ascending;
    return ascending;
  }
}
