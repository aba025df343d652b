import type { Kernels } from './instance.ts';
import * as twin from './scalar/sort.ts';

export function radixSort(_k: Kernels, values: Float32Array): void {
  return twin.radixSort(values);
}

export function radixSelect(_k: Kernels, values: Float32Array, rank: number): number {
  return twin.radixSelect(values, rank);
}
