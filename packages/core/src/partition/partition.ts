import { divideGroups, type Kernels, SemcrcError } from '@semcrc/kernels';
import { type Labels, labelIds, organSlots } from '../cohort/labels.ts';
import type { Sample } from '../cohort/sample.ts';
import { leavesOf } from '../learned/regression-tree.ts';
import type { LearnedSpec, PartitionSpec, PositionSpec } from './partition-spec.ts';
import { binsOfOrgan, strataOfSample } from './strata.ts';

/**
 * A partition over one cohort's labels. Voxels are counted in *regions*, the intersections of organ and λ group, so
 * that whatever shares a λ, results can be reported by organ. Regions are numbered organ-major:
 * region = organ · regionsPerOrgan + part.
 */
export interface Partition {
  readonly spec: PartitionSpec;
  /** Published name of each λ group. */
  readonly keys: readonly string[];
  readonly regionsPerOrgan: number;
  /** Regions in all; organs run over 0..max label id, absent ids having empty regions. */
  readonly regionCount: number;
  /** λ group of each region (index into `keys`), or `NO_GROUP` for a region that cannot occur. */
  readonly groupOfRegion: Uint16Array;
  /** Label id of each λ group where a group belongs to one organ, else −1. */
  readonly organOfGroup: Int32Array;
}

export const NO_GROUP = 0xffff;

/** Builds the partition that `spec` describes over `labels`. */
export function makePartition(spec: PartitionSpec, labels: Labels): Partition {
  const ids = labelIds(labels);
  const slots = organSlots(labels);
  switch (spec.kind) {
    case 'uniform':
      return partitionOf(spec, ['all'], [-1], slots, 1, ids, () => 0);
    case 'organ': {
      const indexOf = new Map(ids.map((id, index) => [id, index]));
      return partitionOf(spec, ids.map(String), ids, slots, 1, ids, (organ) => indexOf.get(organ)!);
    }
    case 'position': {
      const keys = Array.from({ length: spec.groupCount }, (_, group) => String(group));
      return partitionOf(
        spec,
        keys,
        keys.map(() => -1),
        slots,
        spec.groupCount,
        ids,
        (_, part) => part,
      );
    }
    case 'strata':
    case 'learned': {
      const binsOf = (organ: number) =>
        spec.kind === 'strata' ? binsOfOrgan(spec, organ) : partsOfOrgan(spec, organ);
      const parts = Math.max(...ids.map(binsOf));
      checkRegions(slots * parts);
      const firstGroup = new Map<number, number>();
      const keys: string[] = [];
      const organs: number[] = [];
      for (const id of ids) {
        firstGroup.set(id, keys.length);
        for (let bin = 0; bin < binsOf(id); bin++) {
          keys.push(`${id}/${bin}`);
          organs.push(id);
        }
      }
      return partitionOf(spec, keys, organs, slots, parts, ids, (organ, part) =>
        part < binsOf(organ) ? firstGroup.get(organ)! + part : NO_GROUP,
      );
    }
  }
}

/** The parts of an organ under learned strata: what is not active, and the leaves of its tree. */
function partsOfOrgan({ trees }: LearnedSpec, organ: number): number {
  const tree = trees[organ];
  return tree ? 1 + leavesOf(tree) : 1;
}

/** Lists of voxels, two to a region, are numbered in 16 bits. */
function checkRegions(regions: number): void {
  if (2 * regions < NO_GROUP) return;
  throw new SemcrcError(
    'usage',
    `strata divide the labels into ${regions} parts, expected fewer than ${NO_GROUP / 2}: ask for fewer \`strata\``,
    { data: { options: ['strata'], regions } },
  );
}

function partitionOf(
  spec: PartitionSpec,
  keys: readonly string[],
  organs: readonly number[],
  slots: number,
  regionsPerOrgan: number,
  ids: readonly number[],
  groupOf: (organ: number, part: number) => number,
): Partition {
  const regionCount = slots * regionsPerOrgan;
  const groupOfRegion = new Uint16Array(regionCount).fill(NO_GROUP);
  for (const organ of ids) {
    for (let part = 0; part < regionsPerOrgan; part++) {
      groupOfRegion[organ * regionsPerOrgan + part] = groupOf(organ, part);
    }
  }
  return { spec, keys, regionsPerOrgan, regionCount, groupOfRegion, organOfGroup: Int32Array.from(organs) };
}

/**
 * Region of every voxel of a scan. For partitions by organ alone these are the sample's own group ids, not a copy.
 *
 * @throws SemcrcError `bad-input` when K-CRC meets a scan of another height × width than its map.
 */
export function regionsOfSample(partition: Partition, sample: Sample): Uint8Array | Uint16Array {
  const { spec, regionsPerOrgan, regionCount } = partition;
  switch (spec.kind) {
    case 'uniform':
    case 'organ':
      return sample.organs;
    case 'position': {
      checkPlane(spec, sample);
      const { organs } = sample;
      const { map } = spec;
      const regions = regionCount <= 256 ? new Uint8Array(organs.length) : new Uint16Array(organs.length);
      const plane = map.length;
      for (let start = 0; start < organs.length; start += plane) {
        for (let pixel = 0; pixel < plane; pixel++) {
          regions[start + pixel] = organs[start + pixel] * regionsPerOrgan + map[pixel];
        }
      }
      return regions;
    }
    case 'learned':
      throw new SemcrcError(
        'internal',
        'learned strata are told by placeSample, with the features of slices',
      );
    case 'strata': {
      const regions = strataOfSample(spec, sample);
      for (let voxel = 0; voxel < regions.length; voxel++)
        regions[voxel] += sample.organs[voxel] * regionsPerOrgan;
      return regions;
    }
  }
}

/**
 * As `regionsOfSample`; regions by position lie on the kernels' arena, above the mark the caller took, so that scan after
 * scan uses the same memory.
 */
export function regionsOnArena(
  kernels: Kernels,
  partition: Partition,
  sample: Sample,
): Uint8Array | Uint16Array {
  const { spec, regionCount, regionsPerOrgan } = partition;
  if (spec.kind !== 'position') return regionsOfSample(partition, sample);
  checkPlane(spec, sample);
  const { organs } = sample;
  const regions = kernels.arena.uint16(organs.length);
  divideGroups(kernels, organs, regionCount / regionsPerOrgan, spec.map, regionsPerOrgan, regions.view);
  return regions.view;
}

/** Throws unless the scan's slices have the height and width of the position map. */
export function checkPlane(
  spec: PositionSpec,
  scan: { readonly id: string; readonly shape: readonly [number, number, number] },
): void {
  const [, height, width] = scan.shape;
  if (height !== spec.height || width !== spec.width) {
    throw new SemcrcError(
      'bad-input',
      `scan ${scan.id}: K-CRC needs one height × width for all scans, expected ${spec.height} × ${spec.width}, ` +
        `found ${height} × ${width}; prepare the scans to one size or use sem-crc`,
      { data: { scan: scan.id, expected: [spec.height, spec.width], found: [height, width] } },
    );
  }
}
