import type { Bounds, IntervalColumns, SanitizeReport, ScaledBounds } from './columns.ts';
import type { Kernels } from './instance.ts';
import * as twin from './scalar/score.ts';

export function computeScores(_k: Kernels, columns: Bounds, out: Float32Array): void {
  return twin.computeScores(columns, out);
}

export function computeScaledScores(_k: Kernels, columns: ScaledBounds, out: Float32Array): void {
  return twin.computeScaledScores(columns, out);
}

export function sanitizeIntervals(_k: Kernels, columns: IntervalColumns): SanitizeReport {
  return twin.sanitizeIntervals(columns);
}

export function firstNaN(_k: Kernels, values: Float32Array): number {
  return twin.firstNaN(values);
}
