/** Twin of `radixSort`: ascending, −0 before +0. */
export function radixSort(values: Float32Array): void {
  values.sort();
}
