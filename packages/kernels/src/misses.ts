import { checkColumns, checkLevels, checkOffsets } from './arguments.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { forEachPiece, Operand } from './staging.ts';

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
