import { checkColumns, checkGroups, refuseNaN } from './arguments.ts';
import type { Groups, ScoreProfile } from './columns.ts';
import { offsetsOf } from './gather.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { RADIX_COUNTS } from './sort.ts';
import { CHUNK, GroupOperand, Operand } from './staging.ts';

/**
 * The profile of one scan: its positive scores, contiguous by group and ascending inside each group (ties by voxel
 * index). A voxel with score ≤ 0 is covered by every λ ≥ 0, so this with the voxel counts is all that λ's order
 * statistics need.
 *
 * @param groups one per score.
 * @param positions also return the voxel index of each entry.
 * @returns arrays of the caller's own, none on kernel memory.
 * @throws SemcrcError `bad-input` on wrong types or lengths, a NaN score or a group out of range (with its index).
 */
export function profileScores(
  k: Kernels,
  scores: Float32Array,
  groups: Groups,
  groupCount: number,
  { positions }: { readonly positions: boolean },
): ScoreProfile {
  const n = checkColumns('Float32Array', { scores });
  checkGroups(groups, groupCount, n);
  const instance = instanceOf(k);
  const { raw, memory } = instance;
  const scope = instance.open();
  try {
    const values = new Operand(instance, scores);
    const labels = new GroupOperand(instance, groups, groupCount);

    const counters = instance.takeZeroed(groupCount * 8);
    const countPositive = labels.wide ? raw.countPositive16 : raw.countPositive8;
    for (let start = 0; start < n; start += CHUNK) {
      const count = Math.min(CHUNK, n - start);
      const group = labels.load(start, count);
      const score = values.load(start, count);
      const nan = raw.firstNaN(score, count);
      if (nan >= 0) refuseNaN('scores', start + nan);
      countPositive(score, group, count, counters);
    }
    const counts = instance.uint32(counters, groupCount * 2);
    const positives = Uint32Array.from({ length: groupCount }, (_, g) => counts[2 * g + 1]);
    const voxels = positives.map((positive, g) => positive + counts[2 * g]);
    const offsets = offsetsOf(positives);
    const total = offsets[groupCount];
    const largest = positives.reduce((a, b) => Math.max(a, b), 0);

    const borders = instance.takeCopy(offsets);
    const cursors = instance.takeCopy(offsets);
    const digits = instance.take(RADIX_COUNTS);
    if (!positions) {
      const sorted = instance.take(total * 4);
      const spare = instance.take(largest * 4);
      const takeScores = labels.wide ? raw.takePositiveScores16 : raw.takePositiveScores8;
      for (let start = 0; start < n; start += CHUNK) {
        const count = Math.min(CHUNK, n - start);
        takeScores(values.load(start, count), labels.reload(start, count), count, cursors, sorted);
      }
      raw.sortScores(sorted, spare, borders, groupCount, digits);
      return { voxels, offsets, scores: new Float32Array(memory.buffer, sorted, total).slice() };
    }
    const pairs = instance.take(total * 8);
    const spare = instance.take(largest * 8);
    const sorted = instance.take(total * 4);
    const indices = instance.take(total * 4);
    const takePairs = labels.wide ? raw.takePositive16 : raw.takePositive8;
    for (let start = 0; start < n; start += CHUNK) {
      const count = Math.min(CHUNK, n - start);
      takePairs(values.load(start, count), labels.reload(start, count), count, start, cursors, pairs);
    }
    raw.sortPairs(pairs, spare, borders, groupCount, digits, sorted, indices);
    return {
      voxels,
      offsets,
      scores: new Float32Array(memory.buffer, sorted, total).slice(),
      positions: instance.uint32(indices, total).slice(),
    };
  } finally {
    instance.close(scope);
  }
}
