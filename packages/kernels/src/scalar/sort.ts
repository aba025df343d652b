/** Twin of `radixSort`: ascending, −0 before +0. */
export function radixSort(values: Float32Array): void {
  values.sort();
}

/** Twin of `radixSelect`: the value of 0-based `rank` in ascending order. */
export function radixSelect(values: Float32Array, rank: number): number {
  return values.slice().sort()[rank];
}
