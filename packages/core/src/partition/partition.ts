import { divideGroups, type Kernels, SemcrcError } from '@semcrc/kernels';
import { type Labels, labelIds, organSlots } from '../cohort/labels.ts';
import type { Sample } from '../cohort/sample.ts';
import { leavesOf } from '../learned/regression-tree.ts';
import type { LearnedSpec, PartitionSpec, PositionSpec } from './partition-spec.ts';
import { binsOfOrgan, strataOfSample } from './strata.ts';

/**
 * A partition over one cohort's labels. Voxels are counted in *cells*, the intersections of organ and λ group, so
 * that whatever shares a λ, results can be reported by organ. Cells are numbered organ-major:
 * cell = organ · cellsPerOrgan + part.
 */
export interface Partition {
  readonly spec: PartitionSpec;
  /** Published name of each λ group. */
  readonly keys: readonly string[];
  readonly cellsPerOrgan: number;
  /** Cells in all; organs run over 0..max label id, absent ids having empty cells. */
  readonly cellCount: number;
  /** λ group of each cell (index into `keys`), or `NO_GROUP` for a cell that cannot occur. */
  readonly groupOfCell: Uint16Array;
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
      checkCells(slots * parts);
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

/** Lists of voxels, two to a cell, are numbered in 16 bits. */
function checkCells(cells: number): void {
  if (2 * cells < NO_GROUP) return;
  throw new SemcrcError(
    'usage',
    `strata divide the labels into ${cells} parts, expected fewer than ${NO_GROUP / 2}: ask for fewer \`strata\``,
    { data: { options: ['strata'], cells } },
  );
}

function partitionOf(
  spec: PartitionSpec,
  keys: readonly string[],
  organs: readonly number[],
  slots: number,
  cellsPerOrgan: number,
  ids: readonly number[],
  groupOf: (organ: number, part: number) => number,
): Partition {
  const cellCount = slots * cellsPerOrgan;
  const groupOfCell = new Uint16Array(cellCount).fill(NO_GROUP);
  for (const organ of ids) {
    for (let part = 0; part < cellsPerOrgan; part++) {
      groupOfCell[organ * cellsPerOrgan + part] = groupOf(organ, part);
    }
  }
  return { spec, keys, cellsPerOrgan, cellCount, groupOfCell, organOfGroup: Int32Array.from(organs) };
}

/**
 * Cell of every voxel of a scan. For partitions by organ alone these are the sample's own group ids, not a copy.
 *
 * @throws SemcrcError `bad-input` when K-CRC meets a scan of another height × width than its map.
 */
export function cellsOfSample(partition: Partition, sample: Sample): Uint8Array | Uint16Array {
  const { spec, cellsPerOrgan, cellCount } = partition;
  switch (spec.kind) {
    case 'uniform':
    case 'organ':
      return sample.organs;
    case 'position': {
      checkPlane(spec, sample);
      const { organs } = sample;
      const { map } = spec;
      const cells = cellCount <= 256 ? new Uint8Array(organs.length) : new Uint16Array(organs.length);
      const plane = map.length;
      for (let start = 0; start < organs.length; start += plane) {
        for (let pixel = 0; pixel < plane; pixel++) {
          cells[start + pixel] = organs[start + pixel] * cellsPerOrgan + map[pixel];
        }
      }
      return cells;
    }
    case 'learned':
      throw new SemcrcError(
        'internal',
        'learned strata are told by placeSample, with the features of slices',
      );
    case 'strata': {
      const cells = strataOfSample(spec, sample);
      for (let voxel = 0; voxel < cells.length; voxel++) cells[voxel] += sample.organs[voxel] * cellsPerOrgan;
      return cells;
    }
  }
}

/**
 * As `cellsOfSample`; cells by position lie on the kernels' arena, above the mark the caller took, so that scan after
 * scan uses the same memory.
 */
export function cellsOnArena(
  kernels: Kernels,
  partition: Partition,
  sample: Sample,
): Uint8Array | Uint16Array {
  const { spec, cellCount, cellsPerOrgan } = partition;
  if (spec.kind !== 'position') return cellsOfSample(partition, sample);
  checkPlane(spec, sample);
  const { organs } = sample;
  const cells = kernels.arena.uint16(organs.length);
  divideGroups(kernels, organs, cellCount / cellsPerOrgan, spec.map, cellsPerOrgan, cells.view);
  return cells.view;
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
