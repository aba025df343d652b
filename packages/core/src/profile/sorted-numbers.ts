/** Ascending f32 numbers that need not lie in memory: they are read by page where they are looked at. */
export interface PagedNumbers {
  readonly length: number;
  /** The number at an index. */
  at(index: number): number;
  /** Index, from `low` up to `high`, of the first number above `limit`; `high` if there is none. */
  firstAbove(low: number, high: number, limit: number): number;
  /** Sum of the numbers before an index, added one after the other in f64. */
  sumBefore(index: number): number;
  /** Those from one index up to another, in an array of their own. */
  read(from: number, to: number): Float32Array;
}

/** Ascending f32 numbers, in memory or by page. Several ascending lists may follow each other in them. */
export type SortedNumbers = Float32Array | PagedNumbers;

/** The number at an index. */
export function numberAt(numbers: SortedNumbers, index: number): number {
  return numbers instanceof Float32Array ? numbers[index] : numbers.at(index);
}

/** The numbers from one index up to another; not to be written to. */
export function numbersBetween(numbers: SortedNumbers, from: number, to: number): Float32Array {
  return numbers instanceof Float32Array ? numbers.subarray(from, to) : numbers.read(from, to);
}
