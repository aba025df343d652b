import type { Bounds, LossSums } from './columns.ts';
import type { Kernels } from './instance.ts';
import * as twin from './scalar/loss.ts';

export function lossSweep(
  _k: Kernels,
  columns: Bounds,
  offsets: Uint32Array,
  lambda: Float64Array,
  gamma: number,
): LossSums {
  return twin.lossSweep(columns, offsets, lambda, gamma);
}
