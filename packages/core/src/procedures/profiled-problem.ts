import type { LengthProblem, SortedEdges, SortedProblem, SortedRun, SortedSegment } from '@semcrc/anchor';
import { type Kernels, SemcrcError } from '@semcrc/kernels';
import { NO_GROUP, type Partition } from '../partition/partition.ts';
import { firstMissed } from '../profile/first-missed.ts';
import { tailBin } from '../profile/kept-profile.ts';
import type { EdgeSums } from '../profile/length-profile.ts';
import type { Profile } from '../profile/profile.ts';
import { RESIDUAL_GRID } from '../profile/residual-cells.ts';
import { bitsOf, roundedDown, roundedUp } from '../profile/rounding.ts';
import { numbersBetween, type SortedNumbers } from '../profile/sorted-numbers.ts';
import type { Sides } from '../profile/sorted-scores.ts';
import { weightInScan } from './length-problem.ts';

/**
 * The length problem of opt scans whose voxels are not at hand, as sorted numbers: what the envelope anchor solves.
 *
 * @param profiles of the opt scans over the organs, with two sides and lengths, in split order
 * @param partition by organ
 */
export function sortedProblemOf(
  kernels: Kernels,
  profiles: readonly Profile[],
  partition: Partition,
  sides: Sides,
): SortedProblem {
  const weightOf = weightInScan(profiles);
  const segments = profiles.flatMap((profile): SortedSegment[] => {
    const { scan, lengths, organVoxels, offsets, scores, regionCount } = profile;
    if (lengths === null || profile.sides !== 2) throw lacking(scan, 'distances to the edges of the range');
    return groupsPresent(profile, partition).map(({ organ, group }) => {
      const run = (side: 0 | 1) => {
        const list = side * regionCount + organ;
        return runOf(scores, offsets[list], offsets[list + 1]);
      };
      const edges = (own: EdgeSums) => edgesOf(own, lengths.reach, organ);
      return {
        group,
        weight: weightOf(profile, organ),
        voxels: organVoxels[organ],
        scores: [run(0), run(1)],
        edges: [edges(lengths.below), edges(lengths.above)],
      };
    });
  });
  return { kernels, segments, groupCount: partition.keys.length, sides };
}

/** A stretch of sorted numbers on its own. */
function runOf(numbers: SortedNumbers, from: number, to: number): SortedRun {
  return {
    length: to - from,
    countUpTo: (limit) => firstMissed(numbers, from, to, limit) - from,
    read: (start, end) => numbersBetween(numbers, from + start, from + end),
  };
}

function edgesOf({ beyond, offsets, values, tail }: EdgeSums, reach: number, organ: number): SortedEdges {
  const near = runOf(values, offsets[organ], offsets[organ + 1]);
  const bins: { distance: number; voxels: number }[] = [];
  if (tail !== null) {
    for (let bin = tail.offsets[organ]; bin < tail.offsets[organ + 1]; bin++) {
      bins.push(...endsOf(tail.amounts[bin], tail.sums[bin]));
    }
  }
  return { near, reach, moving: near.length + beyond[organ], tail: bins };
}

/** A bin's voxels moved to its two ends, their number and mean kept: Σ min(λ, ·) is never above theirs, as it is concave. */
function endsOf(voxels: number, sum: number): { distance: number; voxels: number }[] {
  const mean = sum / voxels;
  const [low, high] = tailBin(mean);
  if (!(low < high)) return [{ distance: low, voxels }];
  const above = Math.min(Math.max((sum - voxels * low) / (high - low), 0), voxels);
  return [
    { distance: low, voxels: voxels - above },
    { distance: high, voxels: above },
  ];
}

/** The groups of a partition by organ that a scan has voxels of. */
function groupsPresent(
  { organVoxels, regionCount }: Profile,
  { groupOfRegion }: Partition,
): { organ: number; group: number }[] {
  return Array.from({ length: regionCount }, (_, organ) => ({ organ, group: groupOfRegion[organ] })).filter(
    ({ organ, group }) => organVoxels[organ] > 0 && group !== NO_GROUP,
  );
}

/**
 * The length problem of opt scans whose voxels are not at hand, as one voxel for each cell of a group: its surrogate loss is
 * never above that of the voxels the cells stand for, so what bounds it from below bounds theirs.
 *
 * @param profiles of the opt scans over the organs, with cells, in split order
 * @param partition by organ
 */
export function cellProblemOf(
  kernels: Kernels,
  profiles: readonly Profile[],
  partition: Partition,
  sides: Sides,
): LengthProblem {
  const groupCount = partition.keys.length;
  const shares = new Float64Array(groupCount);
  const tables = Array.from({ length: sides * groupCount }, () => new Map<number, Float64Array>());
  const weightOf = weightInScan(profiles);
  for (const profile of profiles) {
    const { scan, regionCount, organVoxels } = profile;
    const cells = profile.cells?.();
    if (!cells) throw lacking(scan, 'cells for the gamma anchor');
    for (const { organ, group } of groupsPresent(profile, partition)) {
      const weight = weightOf(profile, organ);
      shares[group] += organVoxels[organ] * weight;
      for (let side = 0; side < 2; side++) {
        const table = tables[(sides === 2 ? side * groupCount : 0) + group];
        const list = side * regionCount + organ;
        for (let c = cells.offsets[list]; c < cells.offsets[list + 1]; c++) {
          addCell(table, weight * cells.voxels[c], cells.residual[c], cells.width[c]);
        }
      }
    }
  }
  const count = tables.reduce((sum, { size }) => sum + size, 0);
  const truth = new Float32Array(count);
  const upper = new Float32Array(count);
  const groups = new Uint16Array(count);
  const weights = new Float64Array(count);
  let voxel = 0;
  for (const [at, table] of tables.entries()) {
    const below = sides === 2 && at < groupCount;
    for (const key of [...table.keys()].sort((a, b) => a - b)) {
      const [weight, residual, moment] = table.get(key) as Float64Array;
      const width = roundedUp(moment / residual);
      const offset = residual / weight;
      upper[voxel] = width;
      // Rounded towards the centre: the loss of this voxel is not above the cell's.
      truth[voxel] = below ? roundedUp((width - offset) / 2) : roundedDown((width + offset) / 2);
      groups[voxel] = at % groupCount;
      weights[voxel++] = weight;
    }
  }
  return {
    kernels,
    voxels: { truth, lower: new Float32Array(count), upper },
    offsets: Uint32Array.from({ length: count + 1 }, (_, at) => at),
    groupOfSegment: groups,
    weightOfSegment: weights,
    groupCount,
    sides,
    shares,
  };
}

/** Adds a cell to those of other scans at the same place of the grid: Σ weight, Σ weight·a, Σ weight·a·i. */
function addCell(table: Map<number, Float64Array>, weight: number, residual: number, width: number): void {
  const { shift, offset } = RESIDUAL_GRID;
  const key = 2 ** 12 * (bitsOf(width + offset) >>> shift) + (bitsOf(residual) >>> shift);
  const sums = table.get(key) ?? new Float64Array(3);
  table.set(key, sums);
  sums[0] += weight;
  sums[1] += weight * residual;
  sums[2] += weight * residual * width;
}

const lacking = (scan: string, what: string) =>
  new SemcrcError('internal', `the profile of scan ${scan} keeps no ${what}`, { data: { scan } });

/** Number of voxels of each λ group in some scans. @param partition by organ */
export function profiledVoxels(profiles: readonly Profile[], partition: Partition): Float64Array {
  const voxels = new Float64Array(partition.keys.length);
  for (const profile of profiles) {
    for (const { organ, group } of groupsPresent(profile, partition))
      voxels[group] += profile.organVoxels[organ];
  }
  return voxels;
}
