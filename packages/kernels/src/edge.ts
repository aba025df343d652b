import { checkColumns, checkGroups } from './arguments.ts';
import type { EdgeDistances, EdgeProfile, Groups, Intervals } from './columns.ts';
import { SemcrcError } from './error.ts';
import { offsetsOf } from './gather.ts';
import { type Instance, instanceOf, type Kernels } from './instance.ts';
import { RADIX_COUNTS } from './sort.ts';
import { forEachChunk, GroupOperand, Operand } from './staging.ts';

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
  if (!(reach > 0 && Math.fround(reach) === reach)) {
    throw new SemcrcError('bad-input', `reach must be an f32 above 0, found ${reach}`, {
      data: { argument: 'reach', found: reach },
    });
  }
  const instance = instanceOf(k);
  const { raw, memory } = instance;
  return instance.scoped(() => {
    const low = new Operand(instance, lower);
    const high = new Operand(instance, upper);
    const labels = new GroupOperand(instance, groups, groupCount);

    const widths = instance.takeZeroed(groupCount * 8);
    const cells = instance.takeZeroed(groupCount * 16);
    const countEdges = labels.wide ? raw.countEdges16 : raw.countEdges8;
    forEachChunk(n, (start, count) => {
      const group = labels.load(start, count);
      countEdges(low.load(start, count), high.load(start, count), group, count, reach, widths, cells);
    });
    const counts = instance.uint32(cells, groupCount * 4);
    const countsOf = (kind: number) =>
      Uint32Array.from({ length: groupCount }, (_, g) => counts[4 * g + kind]);
    const [near, beyond] = [
      [countsOf(0), countsOf(1)],
      [countsOf(2), countsOf(3)],
    ];
    const sides = near.map((own) => takeSide(instance, own));
    const [below, above] = sides;
    const takeEdges = labels.wide ? raw.takeEdges16 : raw.takeEdges8;
    forEachChunk(n, (start, count) => {
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
    });
    const digits = instance.take(RADIX_COUNTS);
    const [sortedBelow, sortedAbove] = sides.map(
      ({ offsets, borders, values, spare }, side): EdgeDistances => {
        raw.sortScores(values, spare, borders, groupCount, digits);
        const sorted = new Float32Array(memory.buffer, values, offsets[groupCount]).slice();
        return { beyond: beyond[side], offsets, values: sorted };
      },
    );
    const width = new Float64Array(memory.buffer, widths, groupCount).slice();
    return { width, below: sortedBelow, above: sortedAbove };
  });
}

/** Room for the near distances of one side, given how many each group has. */
function takeSide(instance: Instance, near: Uint32Array) {
  const offsets = offsetsOf(near);
  return {
    offsets,
    borders: instance.takeCopy(offsets),
    cursors: instance.takeCopy(offsets),
    values: instance.take(offsets[near.length] * 4),
    spare: instance.take(near.reduce((a, b) => Math.max(a, b), 0) * 4),
  };
}
