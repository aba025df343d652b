import type { Groups, GrowingIntervals, Intervals, RegionLambda } from '../columns.ts';
import { reachOf, roundDown } from '../float-neighbours.ts';

/** Twin of `widenIntervals`: reaches and bounds in f64, bounds rounded outward to f32. */
export function widenIntervals(
  { lower, upper, lowerWeight, upperWeight, point }: GrowingIntervals,
  regions: Groups,
  { below, above }: RegionLambda,
  out: Intervals,
): void {
  const last = below.length - 1;
  for (let j = 0; j < regions.length; j++) {
    const region = Math.min(regions[j], last);
    let under = reachOf(below[region]);
    let over = reachOf(above[region]);
    if (lowerWeight && upperWeight) {
      under = reachOf(under * lowerWeight[j]);
      over = reachOf(over * upperWeight[j]);
    }
    const least = Math.max(roundDown(lower[j] - under), 0);
    const most = Math.max(Math.min(-roundDown(-(upper[j] + over)), 1), 0);
    out.lower[j] = point ? Math.min(point[j], least) : least;
    out.upper[j] = point ? Math.max(point[j], most) : most;
  }
}

/** Twin of `markMissed`: differences and quotients each rounded once to f32. */
export function markMissed(
  intervals: GrowingIntervals & { readonly truth: Float32Array },
  regions: Groups,
  { below, above }: RegionLambda,
  out: Uint8Array,
): void {
  const { truth, lower, upper, lowerWeight, upperWeight, point } = intervals;
  const last = below.length - 1;
  for (let j = 0; j < regions.length; j++) {
    const region = Math.min(regions[j], last);
    const x = truth[j];
    let under = Math.fround(lower[j] - x);
    let over = Math.fround(x - upper[j]);
    if (lowerWeight && upperWeight) {
      under = Math.fround(under / lowerWeight[j]);
      over = Math.fround(over / upperWeight[j]);
    }
    const coveredBelow = under <= below[region] || (point !== undefined && x >= point[j]);
    const coveredAbove = over <= above[region] || (point !== undefined && x <= point[j]);
    out[j] = coveredBelow && coveredAbove ? 0 : 1;
  }
}
