import type { LengthProblem } from '@semcrc/anchor';
import { gather, type Kernels } from '@semcrc/kernels';
import type { ReadSample } from '../cohort/sample.ts';
import type { Centre } from '../learned/centre.ts';
import { placeSample } from '../learned/placement.ts';
import type { HeuristicOptions } from '../options/procedure-options.ts';
import { NO_GROUP, type Partition, regionsOnArena } from '../partition/partition.ts';
import { intervalOf, weighted } from '../profile/interval.ts';
import { type Profile, restrictToBody, type Within } from '../profile/profile.ts';
import type { Sides } from '../profile/sorted-scores.ts';

export interface LengthProblemOptions {
  readonly sides: Sides;
  readonly within: Within;
  readonly heuristic: HeuristicOptions;
  readonly centre?: Centre | null;
  /** Whether a voxel counts as its share of its scan, or of its organ in the scan, over the scans that contain it. */
  readonly weigh?: 'scan' | 'organ';
}

/**
 * Gathers every voxel of the opt scans by λ group, each with its weight in the mean: 1/d of its scan, a patient's scans
 * sharing the patient's weight. The arrays lie on the kernels' arena, above the mark the caller took.
 *
 * @param profiles of the opt scans, in split order: they tell sizes before voxels are read
 */
export async function gatherLengthProblem(
  kernels: Kernels,
  profiles: readonly Profile[],
  read: ReadSample,
  partition: Partition,
  options: LengthProblemOptions,
): Promise<LengthProblem> {
  const { regionCount, groupOfRegion, keys } = partition;
  let capacity = 0;
  for (const { shape } of profiles) capacity += shape[0] * shape[1] * shape[2];
  const column = () => kernels.arena.float32(capacity);
  const truth = column();
  const lower = column();
  const upper = column();
  const point = options.heuristic.shrink ? column() : null;
  const widths = weighted(options.heuristic) ? { lower: column(), upper: column() } : null;
  const offsets: number[] = [0];
  const groups: number[] = [];
  const weights: number[] = [];
  let filled = 0;
  const weightOf = options.weigh === 'organ' ? weightInOrgan(profiles) : weightInScan(profiles);
  for (const profile of profiles) {
    const sample = await read(profile.scan);
    const mark = kernels.arena.mark();
    const { interval, regions: placed } =
      partition.spec.kind === 'position'
        ? {
            interval: intervalOf(sample, options.heuristic),
            regions: regionsOnArena(kernels, partition, sample),
          }
        : placeSample(sample, partition, options.heuristic, options.centre);
    const regions = restrictToBody(placed, sample, regionCount, options.within);
    const from = [sample.truth, interval.lower, interval.upper];
    const to = [truth, lower, upper];
    if (widths && interval.weights) {
      from.push(interval.weights.lower, interval.weights.upper);
      to.push(widths.lower, widths.upper);
    }
    if (point && interval.point) {
      from.push(interval.point);
      to.push(point);
    }
    // One region past the last takes the voxels that do not count; the next scan overwrites them.
    const ends = gather(
      kernels,
      regions,
      regionCount + 1,
      from,
      to.map(({ view }) => view.subarray(filled, filled + sample.truth.length)),
    );
    kernels.arena.release(mark);
    for (let region = 0; region < regionCount; region++) {
      if (ends[region + 1] === ends[region] || groupOfRegion[region] === NO_GROUP) continue;
      offsets.push(filled + ends[region + 1]);
      groups.push(groupOfRegion[region]);
      weights.push(weightOf(profile, Math.floor(region / partition.regionsPerOrgan)));
    }
    filled += ends[regionCount];
  }
  return {
    kernels,
    // Read anew at each use: memory that grows would leave a kept view detached.
    voxels: {
      get truth() {
        return truth.view.subarray(0, filled);
      },
      get lower() {
        return lower.view.subarray(0, filled);
      },
      get upper() {
        return upper.view.subarray(0, filled);
      },
      get point() {
        return point?.view.subarray(0, filled);
      },
      get lowerWeight() {
        return widths?.lower.view.subarray(0, filled);
      },
      get upperWeight() {
        return widths?.upper.view.subarray(0, filled);
      },
    },
    offsets: Uint32Array.from(offsets),
    groupOfSegment: Uint16Array.from(groups),
    weightOfSegment: Float64Array.from(weights),
    groupCount: keys.length,
    sides: options.sides,
  };
}

/** The λ groups of a problem on its voxels, one value a group. */
export interface GroupFacts {
  /** Number of voxels. */
  readonly voxels: Float64Array;
  /** Mean of point − lower and of upper − point: what a negative λ can take away; 0 where intervals do not shrink. */
  readonly below: Float64Array;
  readonly above: Float64Array;
}

/** What a problem's voxels tell of its λ groups. */
export function factsOfGroups({ voxels, offsets, groupOfSegment, groupCount }: LengthProblem): GroupFacts {
  const { lower, upper, point } = voxels;
  const counts = new Float64Array(groupCount);
  const below = new Float64Array(groupCount);
  const above = new Float64Array(groupCount);
  groupOfSegment.forEach((group, s) => {
    counts[group] += offsets[s + 1] - offsets[s];
    if (!point) return;
    for (let voxel = offsets[s]; voxel < offsets[s + 1]; voxel++) {
      below[group] += point[voxel] - lower[voxel];
      above[group] += upper[voxel] - point[voxel];
    }
  });
  const mean = (sum: number, group: number) => (counts[group] > 0 ? sum / counts[group] : 0);
  return { voxels: counts, below: below.map(mean), above: above.map(mean) };
}

/** Weight of a voxel of a scan's organ in a mean. */
type WeightOf = (profile: Profile, organ: number) => number;

/** 1/d, a patient's scans sharing the patient's weight. */
function weightInScan(profiles: readonly Profile[]): WeightOf {
  const scansOf = countScans(profiles);
  return ({ patient, dimension }) => 1 / (dimension * scansOf.get(patient)! * scansOf.size);
}

/** 1 over the organ's voxels in the scan, over the scans that contain it. */
function weightInOrgan(profiles: readonly Profile[]): WeightOf {
  const scansOf = new Map<number, ReadonlyMap<string, number>>();
  return ({ patient, organVoxels }, organ) => {
    let own = scansOf.get(organ);
    if (!own) {
      own = countScans(profiles.filter((profile) => profile.organVoxels[organ] > 0));
      scansOf.set(organ, own);
    }
    return 1 / (organVoxels[organ] * own.get(patient)! * own.size);
  };
}

/** How many scans each patient has. */
function countScans(profiles: readonly Profile[]): ReadonlyMap<string, number> {
  const scansOf = new Map<string, number>();
  for (const { patient } of profiles) scansOf.set(patient, (scansOf.get(patient) ?? 0) + 1);
  return scansOf;
}
