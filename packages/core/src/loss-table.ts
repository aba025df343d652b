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
 * Units without the organ do not take part. Searches remember what earlier ones have ruled out: after
 * `narrow`, every later λ must lie between the last rejected and the last accepted one, component by component.
 */
export class LossTable {
  /** Patient of each unit, in order of first appearance. */
  readonly units: readonly string[];
  /** Largest score that counts; 0 if no voxel is ever missed. */
  readonly largestScore: number;
  private readonly listScores: Float32Array[] = [];
  private readonly listEnd: Uint32Array;
  private readonly listParameter: Uint16Array;
  private readonly listScan: Uint32Array;
  private readonly scanDenominator: Float64Array;
  private readonly scanUnit: Uint32Array;
  private readonly scansOfUnit: Uint32Array;
  /** First missed score of each list: no smaller than `least`, no larger than `most`, `found` by the last evaluation. */
  private readonly least: Uint32Array;
  private readonly most: Uint32Array;
  private readonly found: Uint32Array;
  private readonly misses: Float64Array;
  private readonly losses: Float64Array;

  constructor(profiles: readonly Profile[], partition: Partition, options: LossTableOptions = {}) {
    const { scope = 'scan', average = 'mean', sides = 1 } = options;
    const { cellCount, cellsPerOrgan, groupOfCell, keys } = partition;
    const members = scope === 'scan' ? profiles : profiles.filter((p) => p.organVoxels[scope.organ] > 0);
    const units = [...new Set(members.map((profile) => profile.patient))];
    const unitOf = new Map(units.map((patient, unit) => [patient, unit]));
    const cells =
      scope === 'scan' ? [0, cellCount] : [scope.organ * cellsPerOrgan, (scope.organ + 1) * cellsPerOrgan];
    const ends: number[] = [];
    const starts: number[] = [];
    const parameters: number[] = [];
    const scans: number[] = [];
    let largest = 0;
    members.forEach((profile, scan) => {
      for (let side = 0; side < profile.sides; side++) {
        for (let cell = cells[0]; cell < cells[1]; cell++) {
          const list = side * cellCount + cell;
          const start = profile.offsets[list];
          const end = profile.offsets[list + 1];
          if (start === end || groupOfCell[cell] === NO_GROUP) continue;
          this.listScores.push(profile.scores);
          starts.push(start);
          ends.push(end);
          parameters.push((sides === 2 ? side * keys.length : 0) + groupOfCell[cell]);
          scans.push(scan);
          largest = Math.max(largest, profile.scores[end - 1]);
        }
      }
    });
    this.units = units;
    this.largestScore = largest;
    this.listEnd = Uint32Array.from(ends);
    this.listParameter = Uint16Array.from(parameters);
    this.listScan = Uint32Array.from(scans);
    this.scanDenominator = Float64Array.from(members, (profile) =>
      scope === 'scan' ? profile.dimension : profile.organVoxels[scope.organ],
    );
    this.scanUnit = Uint32Array.from(members, (profile) => unitOf.get(profile.patient)!);
    this.scansOfUnit = new Uint32Array(units.length);
    for (const unit of this.scanUnit) this.scansOfUnit[unit]++;
    if (average === 'pooled') {
      const voxels = this.scanDenominator.reduce((sum, count) => sum + count, 0);
      this.scanUnit.forEach((unit, scan) => {
        this.scanDenominator[scan] = voxels / (units.length * this.scansOfUnit[unit]);
      });
    }
    this.least = Uint32Array.from(starts);
    this.most = Uint32Array.from(ends);
    this.found = new Uint32Array(ends.length);
    this.misses = new Float64Array(members.length);
    this.losses = new Float64Array(units.length);
  }

  /** Loss of each unit at λ (one f32 per λ group and side). The array returned is overwritten by the next call. */
  evaluate(lambda: Float32Array): Float64Array {
    const { listScores, listEnd, listParameter, listScan, least, most, found, misses, losses } = this;
    misses.fill(0);
    for (let list = 0; list < listEnd.length; list++) {
      const scores = listScores[list];
      const bound = lambda[listParameter[list]];
      let low = least[list];
      let high = most[list];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (scores[middle] > bound) high = middle;
        else low = middle + 1;
      }
      found[list] = low;
      misses[listScan[list]] += listEnd[list] - low;
    }
    losses.fill(0);
    for (let scan = 0; scan < misses.length; scan++) {
      const voxels = this.scanDenominator[scan];
      if (voxels > 0) losses[this.scanUnit[scan]] += misses[scan] / voxels;
    }
    for (let unit = 0; unit < losses.length; unit++) {
      if (this.scansOfUnit[unit] > 1) losses[unit] /= this.scansOfUnit[unit];
    }
    return losses;
  }

  /** Takes the λ of the last evaluation as the accepted or the rejected end of all further searches. */
  narrow(end: 'accepted' | 'rejected'): void {
    if (end === 'accepted') this.most.set(this.found);
    else this.least.set(this.found);
  }
}
