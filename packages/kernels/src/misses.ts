import { checkColumns, checkGroups, checkLevels, checkOffsets } from './arguments.ts';
import type { Groups } from './columns.ts';
import { FEW_GROUPS } from './gather.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { forEachChunk, forEachPiece, GroupOperand, Operand } from './staging.ts';

/** Bytes of scratch for one tile of marks (TILE of assembly/gather.ts). */
const TILE = 4080;

/**
 * Misses per group, voxels in any order: how many voxels of group g have score > lambda[g] (the 0-1 loss before
 * division by the voxel count, eq. 3). A NaN score counts as missed.
 *
 * @param groups one per score.
 * @param lambda f32, one per group, +Infinity allowed.
 * @returns counts, length groupCount.
 * @throws SemcrcError `bad-input` on wrong types or lengths, a NaN λ, or a group out of range (with its index).
 */
export function missesByGroup(
  k: Kernels,
  scores: Float32Array,
  groups: Groups,
  groupCount: number,
  lambda: Float32Array,
): Uint32Array {
  const n = checkColumns('Float32Array', { scores });
  checkGroups(groups, groupCount, n);
  checkLevels('Float32Array', 'lambda', lambda, groupCount);
  const instance = instanceOf(k);
  const { raw } = instance;
  return instance.scoped(() => {
    const values = new Operand(instance, scores);
    const labels = new GroupOperand(instance, groups, groupCount);
    const levels = instance.takeCopy(lambda);
    const counts = instance.takeZeroed(groupCount * 4);
    if (!labels.wide && groupCount <= FEW_GROUPS) {
      const planes = instance.takeCopy(bytePlanes(lambda));
      const marks = instance.take(TILE);
      forEachChunk(n, (start, count) => {
        const group = labels.load(start, count);
        raw.missesByFewGroups8(values.load(start, count), group, count, planes, marks, groupCount, counts);
      });
    } else {
      const countMisses = labels.wide ? raw.missesByGroup16 : raw.missesByGroup8;
      forEachChunk(n, (start, count) => {
        const group = labels.load(start, count);
        countMisses(values.load(start, count), group, count, levels, counts);
      });
    }
    return instance.uint32(counts, groupCount).slice();
  });
}

/** Byte b of lambda[g] at 16·b + g. */
function bytePlanes(lambda: Float32Array): Uint8Array {
  const bytes = new Uint8Array(lambda.slice().buffer);
  const planes = new Uint8Array(4 * FEW_GROUPS);
  for (let g = 0; g < lambda.length; g++) {
    for (let b = 0; b < 4; b++) planes[FEW_GROUPS * b + g] = bytes[4 * g + b];
  }
  return planes;
}

/**
 * Misses per segment, voxels contiguous by segment: how many voxels of segment s have score > lambda[s]. A NaN score
 * counts as missed.
 *
 * @param offsets segment s owns offsets[s] (inclusive) to offsets[s + 1] (exclusive); never decreasing.
 * @param lambda f32, one per segment, +Infinity allowed.
 * @returns counts, one per segment.
 * @throws SemcrcError `bad-input` on wrong types or lengths, offsets out of order or range, or a NaN λ.
 */
export function missesBySegment(
  k: Kernels,
  scores: Float32Array,
  offsets: Uint32Array,
  lambda: Float32Array,
): Uint32Array {
  const segments = checkOffsets(offsets, checkColumns('Float32Array', { scores }));
  checkLevels('Float32Array', 'lambda', lambda, segments);
  const instance = instanceOf(k);
  const misses = new Uint32Array(segments);
  instance.scoped(() => {
    const values = new Operand(instance, scores);
    forEachPiece(offsets, (s, start, count) => {
      misses[s] += instance.raw.misses(values.load(start, count), count, lambda[s]);
    });
  });
  return misses;
}
