import { SemcrcError } from './error.ts';
import type { Samples } from './resample.ts';

/** Sizes of a voxel along x, y, z in the unit that lengths of rays come in. */
export type VoxelSize = readonly [number, number, number];

/**
 * Views of a cone beam with a flat detector whose rows run along z. Places are voxel indices, voxel i standing at i.
 * `records` has nine numbers a view: source x, y, z; pixel of column 0 and row 0 x, y, z; from column to column x, y;
 * from row to row z.
 */
export interface ConeViews {
  readonly records: Float64Array;
  readonly columns: number;
  readonly rows: number;
}

/**
 * Views of a beam within the plane, the same for every slice. `records` has seven numbers a view: x, y, 1 of the source,
 * or x, y, 0 of the direction that all rays share; a point x, y on the ray of column 0; from column to column x, y.
 */
export interface StackViews {
  readonly records: Float64Array;
  readonly columns: number;
}

/** Numbers of one record. */
export const CONE_RECORD = 9;
export const STACK_RECORD = 7;

/** The number of views in `records`. @throws SemcrcError `usage` for an incomplete record or numbers that are not finite. */
export function viewCount(records: Float64Array, numbers: number): number {
  const views = records.length / numbers;
  if (!Number.isInteger(views)) {
    throw new SemcrcError(
      'usage',
      `records: ${numbers} numbers a view expected, found ${records.length} in all`,
    );
  }
  const index = records.findIndex((value) => !Number.isFinite(value));
  if (index >= 0)
    throw new SemcrcError('usage', `records[${index}] is ${records[index]}, expected a finite number`);
  return views;
}

/** @throws SemcrcError `usage` when sizes are no whole numbers from 1. */
export function checkCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isSafeInteger(count) && count >= 1) continue;
    throw new SemcrcError('usage', `${name}: expected a whole number from 1, found ${count}`);
  }
}

/** @throws SemcrcError `usage` when an array has another length than expected. */
export function checkLength(name: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new SemcrcError('usage', `${name} has ${found} values, expected ${expected}`);
}

/** @throws SemcrcError `usage` when the data do not fill the sizes. */
export function checkSamples({ data, size: [x, y, z] }: Samples<Float32Array>): void {
  checkCounts({ width: x, height: y, slices: z });
  checkLength(`a volume of ${x} × ${y} × ${z}`, data.length, x * y * z);
}
