import { checkColumns, checkInteger, refuseNaN } from './arguments.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { firstNaN } from './score.ts';
import { forEachChunk, Operand } from './staging.ts';

/** Bytes of the digit counters of a three-pass radix sort. */
export const RADIX_COUNTS = 3 * 2048 * 4;

/**
 * Sorts f32 values ascending in place: three radix passes over order-preserving keys, −0 before +0, ±Infinity allowed.
 * Takes room for one more copy of values on kernel memory, two if they lie elsewhere.
 *
 * @throws SemcrcError `bad-input` on NaN (with its index).
 */
export function radixSort(k: Kernels, values: Float32Array): void {
  const n = checkColumns('Float32Array', { values });
  const instance = instanceOf(k);
  refuseNaN('values', firstNaN(instance, values));
  instance.scoped(() => {
    const inPlace = values.buffer === instance.memory.buffer;
    const address = inPlace ? values.byteOffset : instance.take(n * 4);
    const spare = instance.take(n * 4);
    const counts = instance.take(RADIX_COUNTS);
    if (!inPlace) new Float32Array(instance.memory.buffer, address, n).set(values);
    instance.raw.radixSort(address, spare, n, counts);
    if (!inPlace) values.set(new Float32Array(instance.memory.buffer, address, n));
  });
}

/**
 * The exact order statistic of f32 values: the one of 0-based `rank` in ascending order (−0 before +0). Three counting
 * passes that move nothing, so values of any number stream through.
 *
 * @throws SemcrcError `bad-input` on NaN (with its index) or a rank outside 0 … length − 1.
 */
export function radixSelect(k: Kernels, values: Float32Array, rank: number): number {
  const n = checkColumns('Float32Array', { values });
  checkInteger('rank', rank, 0, n - 1);
  const instance = instanceOf(k);
  refuseNaN('values', firstNaN(instance, values));
  return instance.scoped(() => {
    const operand = new Operand(instance, values);
    const address = instance.take(2048 * 4);
    const counts = instance.uint32(address, 2048);
    let left = rank;
    let key = 0;
    for (const [level, bits] of [11, 11, 10].entries()) {
      counts.fill(0);
      forEachChunk(n, (start, count) => {
        instance.raw.selectDigit(operand.load(start, count), count, level, key, address);
      });
      let digit = 0;
      while (left >= counts[digit]) left -= counts[digit++];
      key = ((key << bits) | digit) >>> 0;
    }
    const word = Uint32Array.of(key >>> 31 ? key ^ 0x80000000 : ~key);
    return new Float32Array(word.buffer)[0];
  });
}
