import { type CalibratedLambda, checkSides, lambdaOfLists, type OrganSums } from './evaluate.ts';
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
  readonly #ascending: readonly Ascending[];
  /** Sums by organ slot, calibrated λ by calibrated λ; and the part of each. */
  readonly #missed: Float64Array;
  readonly #length: Float64Array;
  readonly #parts: readonly { readonly missed: Float64Array; readonly length: Float64Array }[];
  /** Of the λ on one list. */
  readonly #first: Uint32Array;
  readonly #growth: Float64Array;

  constructor(calibrated: readonly CalibratedLambda[]) {
    const byOrgan = ({ partition }: CalibratedLambda): boolean => partition.cellsPerOrgan === 1;
    const slots = calibrated.find(byOrgan)?.partition.cellCount ?? 0;
    const lists = calibrated.map((one) => (byOrgan(one) ? lambdaOfLists(one) : new Float32Array(0)));
    const fits = Uint32Array.from(calibrated.keys()).filter((fit) => byOrgan(calibrated[fit]));
    this.#calibrated = calibrated;
    this.#lists = lists;
    this.#always = lists.map((own) => {
      const above = own.subarray(own.length / 2);
      return own.length > 0 && above.every((lambda, organ) => lengthIsKnown(own[organ], lambda));
    });
    this.#ascending = Array.from({ length: 2 * slots }, (_, list) => {
      const fit = fits.slice().sort((a, b) => lists[a][list] - lists[b][list]);
      return { fit, lambda: Float32Array.from(fit, (one) => lists[one][list]) };
    });
    this.#missed = new Float64Array(calibrated.length * slots);
    this.#length = new Float64Array(calibrated.length * slots);
    this.#parts = calibrated.map((_, fit) => ({
      missed: this.#missed.subarray(fit * slots, (fit + 1) * slots),
      length: this.#length.subarray(fit * slots, (fit + 1) * slots),
    }));
    this.#first = new Uint32Array(fits.length);
    this.#growth = new Float64Array(fits.length);
  }

  /**
   * Sums on one scan, one for each λ in their order; null where the scan's voxels are needed. They are good until the
   * next scan is asked for.
   */
  of(profile: Profile): (OrganSums | null)[] {
    const known = this.#calibrated.map((one, fit) => this.#isKnown(profile, one, fit));
    if (known.includes(true)) {
      this.#missed.fill(0);
      for (let list = 0; list < profile.sides * profile.cellCount; list++) this.#countMisses(profile, list);
      for (let organ = 0; organ < profile.cellCount; organ++) this.#sumLengths(profile, organ);
    }
    return known.map((is, fit) => {
      const { missed, length } = this.#parts[fit];
      return is ? { profile, missed, length } : null;
    });
  }

  /** Whether the profile tells all that this λ does. */
  #isKnown(profile: Profile, calibrated: CalibratedLambda, fit: number): boolean {
    const { lengths, cellCount, organVoxels } = profile;
    const lists = this.#lists[fit];
    if (!lengths || lists.length !== 2 * cellCount) return false;
    checkSides(profile, calibrated);
    if (this.#always[fit]) return true;
    for (let organ = 0; organ < cellCount; organ++) {
      if (organVoxels[organ] > 0 && !lengthIsKnown(lists[organ], lists[cellCount + organ])) return false;
    }
    return true;
  }

  #countMisses({ offsets, scores, cellCount }: Profile, list: number): void {
    const organ = list % cellCount;
    const end = offsets[list + 1];
    const { fit, lambda } = this.#ascending[list];
    const missed = this.#missed;
    const first = this.#first;
    if (offsets[list] === end) return;
    firstMissedOfAll(scores, offsets[list], end, lambda, first);
    for (let i = 0; i < fit.length; i++) missed[fit[i] * cellCount + organ] += end - first[i];
  }

  #sumLengths({ lengths, organVoxels, cellCount }: Profile, organ: number): void {
    const voxels = organVoxels[organ];
    if (!lengths || voxels === 0) return;
    const length = this.#length;
    const growth = this.#growth;
    for (let at = organ; at < length.length; at += cellCount) length[at] = lengths.width[organ];
    for (const side of ['below', 'above'] as const) {
      const { fit, lambda } = this.#ascending[side === 'below' ? organ : cellCount + organ];
      growths(lengths[side], organ, lambda, this.#first, growth);
      for (let i = 0; i < fit.length; i++) {
        const at = fit[i] * cellCount + organ;
        // An interval widened without end is the whole range.
        if (lambda[i] === Number.POSITIVE_INFINITY) length[at] = voxels;
        else length[at] += growth[i];
      }
    }
  }
}
