import { checkColumns, checkGroups, checkInteger } from './arguments.ts';
import type { EdgeBins, EdgeDistances, EdgeProfile, Groups, Intervals } from './columns.ts';
import { SemcrcError } from './error.ts';
import { offsetsOf } from './gather.ts';
import { type Instance, instanceOf, type Kernels } from './instance.ts';
import { RADIX_COUNTS } from './sort.ts';
import { CHUNK, forEachChunk, GroupOperand, Operand } from './staging.ts';

/**
 * How far the bounds of one scan lie from the edges of [0, 1], by group: what its mean length needs at λ up to `reach`.
 * The distance below is `lower`, the one above 1 − `upper`, rounded to f32 (exact for upper ≥ 1/2). Those between 0 and
 * `reach`, both excluded, are kept, contiguous by group and ascending inside each group; those not below `reach` are
 * counted.
 *
 * @param bounds in [0, 1]. A NaN counts as beyond and makes its group's width NaN.
 * @param groups one per voxel.
 * @param reach an f32 above 0.
 * @returns arrays of the caller's own, none on kernel memory.
 * @throws SemcrcError `bad-input` on wrong types or lengths, a reach that is none or a group out of range (with its index).
 */
export function profileEdges(
  k: Kernels,
  { lower, upper }: Intervals,
  groups: Groups,
  groupCount: number,
  reach: number,
): EdgeProfile {
  const n = checkColumns('Float32Array', { lower, upper });
  checkGroups(groups, groupCount, n);
  checkReach(reach, reach > 0, 'above 0');
  const instance = instanceOf(k);
  const { raw, memory } = instance;
  const scope = instance.open();
  try {
    const low = new Operand(instance, lower);
    const high = new Operand(instance, upper);
    const labels = new GroupOperand(instance, groups, groupCount);

    const widths = instance.takeZeroed(groupCount * 8);
    const counters = instance.takeZeroed(groupCount * 16);
    const countEdges = labels.wide ? raw.countEdges16 : raw.countEdges8;
    for (let start = 0; start < n; start += CHUNK) {
      const count = Math.min(CHUNK, n - start);
      const group = labels.load(start, count);
      countEdges(low.load(start, count), high.load(start, count), group, count, reach, widths, counters);
    }
    const below = takeSide(instance, counters, groupCount, 0);
    const above = takeSide(instance, counters, groupCount, 1);
    const takeEdges = labels.wide ? raw.takeEdges16 : raw.takeEdges8;
    for (let start = 0; start < n; start += CHUNK) {
      const count = Math.min(CHUNK, n - start);
      takeEdges(
        low.load(start, count),
        high.load(start, count),
        labels.reload(start, count),
        count,
        reach,
        below.cursors,
        above.cursors,
        below.values,
        above.values,
      );
    }
    const digits = instance.take(RADIX_COUNTS);
    return {
      width: new Float64Array(memory.buffer, widths, groupCount).slice(),
      below: sortSide(instance, below, groupCount, digits),
      above: sortSide(instance, above, groupCount, digits),
    };
  } finally {
    instance.close(scope);
  }
}

function checkReach(reach: number, fits: boolean, expected: string): void {
  if (fits && Math.fround(reach) === reach) return;
  throw new SemcrcError('bad-input', `reach must be an f32 ${expected}, found ${reach}`, {
    data: { argument: 'reach', found: reach },
  });
}

/**
 * Counts, by group, the distances that `profileEdges` counts as beyond its reach in bins 2^(shift − 23) of a power of two wide,
 * from that of `reach` to that of 1; what lies farther counts to the last.
 *
 * @param bounds in [0, 1]. A NaN counts to the last bin, and shows in its sum.
 * @param groups one per voxel.
 * @param reach an f32 above 0, at most 1.
 * @param shift how many of the lower bits of an f32 do not matter, 0 … 23.
 * @throws SemcrcError `bad-input` on wrong types or lengths, a reach or shift that is none or a group out of range (with its index).
 */
export function binEdges(
  k: Kernels,
  { lower, upper }: Intervals,
  groups: Groups,
  groupCount: number,
  { reach, shift }: { readonly reach: number; readonly shift: number },
): EdgeBins {
  const n = checkColumns('Float32Array', { lower, upper });
  checkGroups(groups, groupCount, n);
  checkReach(reach, reach > 0 && reach <= 1, 'above 0 and at most 1');
  checkInteger('shift', shift, 0, 23);
  const [first, last] = Array.from(
    new Uint32Array(Float32Array.of(reach, 1).buffer),
    (bits) => bits >>> shift,
  );
  const bins = last - first + 1;
  const instance = instanceOf(k);
  const { raw, memory } = instance;
  return instance.scoped(() => {
    const low = new Operand(instance, lower);
    const high = new Operand(instance, upper);
    const labels = new GroupOperand(instance, groups, groupCount);
    const numbers = 2 * groupCount * bins;
    const below = instance.takeZeroed(8 * numbers);
    const above = instance.takeZeroed(8 * numbers);
    const bin = labels.wide ? raw.binEdges16 : raw.binEdges8;
    forEachChunk(n, (start, count) => {
      const group = labels.load(start, count);
      const [from, to] = [low.load(start, count), high.load(start, count)];
      bin(from, to, group, count, reach, shift, first, bins, below, above);
    });
    const copy = (address: number) => new Float64Array(memory.buffer, address, numbers).slice();
    return { bins, below: copy(below), above: copy(above) };
  });
}

/** The near distances of one side on kernel memory, by group. */
interface Side {
  readonly beyond: Uint32Array;
  readonly offsets: Uint32Array;
  /** Addresses of the offsets, of a cursor for each group, of the distances, and of room for the largest group's. */
  readonly borders: number;
  readonly cursors: number;
  readonly values: number;
  readonly spare: number;
}

/** Room for the near distances of one side, 0 below and 1 above, given the counts of each group: both near, both beyond. */
function takeSide(instance: Instance, counters: number, groupCount: number, side: 0 | 1): Side {
  const counts = instance.uint32(counters, groupCount * 4);
  const near = new Uint32Array(groupCount);
  const beyond = new Uint32Array(groupCount);
  let largest = 0;
  for (let g = 0; g < groupCount; g++) {
    near[g] = counts[4 * g + side];
    beyond[g] = counts[4 * g + 2 + side];
    largest = Math.max(largest, near[g]);
  }
  const offsets = offsetsOf(near);
  return {
    beyond,
    offsets,
    borders: instance.takeCopy(offsets),
    cursors: instance.takeCopy(offsets),
    values: instance.take(offsets[groupCount] * 4),
    spare: instance.take(largest * 4),
  };
}

function sortSide(
  { raw, memory }: Instance,
  { beyond, offsets, borders, values, spare }: Side,
  groupCount: number,
  digits: number,
): EdgeDistances {
  raw.sortScores(values, spare, borders, groupCount, digits);
  return { beyond, offsets, values: new Float32Array(memory.buffer, values, offsets[groupCount]).slice() };
}
