import type { Intervals } from './columns.ts';
import type { Kernels } from './instance.ts';
import * as twin from './scalar/length.ts';

export function clampedLength(
  _k: Kernels,
  columns: Intervals,
  offsets: Uint32Array,
  lambdaBelow: Float64Array,
  lambdaAbove: Float64Array,
): Float64Array {
  return twin.clampedLength(columns, offsets, lambdaBelow, lambdaAbove);
}
