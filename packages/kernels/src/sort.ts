import { checkColumns, refuseNaN } from './arguments.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { firstNaN } from './score.ts';

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
