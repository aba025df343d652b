import type { TaperedWindow } from '@semcrc/kernels';
import { columnSizeOf, type HelixGeometry } from './geometry.ts';

/** Width of the taper at each edge, over the height of the window: the paper's authors' setting. */
export const SMOOTHING = 0.05;
/** The taper ends where its error function does, to 1e-8. */
const END = 4;
const STEPS = 1024;

/** How far beyond its edges the tapered window reaches, over its height. */
export const TAPER_REACH = (END * SMOOTHING) / Math.SQRT2;

/**
 * The edges of the Tam–Danielson window at a column: the next turn of the source path above and below, seen from the
 * source. What lies between them is exactly the data that every point inside the helix needs once.
 *
 * @param column u of the column, scaled to the axis.
 * @returns v above the source, scaled to the axis.
 */
export function windowEdges(
  { pitch, sourceRadius }: Pick<HelixGeometry, 'pitch' | 'sourceRadius'>,
  column: number,
): { readonly lower: number; readonly upper: number } {
  const scale = (pitch / (2 * Math.PI)) * (1 + (column / sourceRadius) ** 2);
  const bend = Math.atan(column / sourceRadius);
  return { lower: -scale * (Math.PI / 2 + bend), upper: scale * (Math.PI / 2 - bend) };
}

/** Pairs of ½(1 + erf e) and its derivative by d, e = d·√2/smoothing, from −reach to reach. */
function taper(): Float32Array {
  const scale = Math.SQRT2 / SMOOTHING;
  const slope = (d: number) => (scale * Math.exp(-((d * scale) ** 2))) / Math.sqrt(Math.PI);
  const width = (2 * TAPER_REACH) / STEPS;
  const pairs = new Float32Array(2 * (STEPS + 1));
  let weight = 0;
  for (let step = 1; step < STEPS; step++) {
    const d = -TAPER_REACH + step * width;
    // Simpson's rule: the error of a step is of the order of width⁵.
    weight += (width / 6) * (slope(d - width) + 4 * slope(d - width / 2) + slope(d));
    if (step > 1) pairs.set([weight, slope(d)], 2 * step);
  }
  pairs[2 * STEPS] = 1;
  return pairs;
}

/** The window of a helix by detector column, tapered. */
export function taperedWindow(geometry: HelixGeometry): TaperedWindow {
  const { columns } = geometry;
  const size = columnSizeOf(geometry);
  const edges = new Float64Array(2 * columns);
  for (let column = 0; column < columns; column++) {
    const { lower, upper } = windowEdges(geometry, (column - (columns - 1) / 2) * size);
    edges.set([lower, upper], 2 * column);
  }
  return { edges, taper: taper(), reach: TAPER_REACH };
}

/**
 * The weight of a tapered window at a place (u, v), scaled to the axis.
 *
 * @returns 0 outside, 1 inside, between them at the edges.
 */
export function windowWeight(geometry: HelixGeometry, window: TaperedWindow, u: number, v: number): number {
  const { lower, upper } = windowEdges(geometry, u);
  const between = (v - lower) / (upper - lower);
  const inward = Math.min(between, 1 - between);
  const place =
    ((Math.min(Math.max(inward, -window.reach), window.reach) + window.reach) / (2 * window.reach)) * STEPS;
  const step = Math.min(Math.floor(place), STEPS - 1);
  const share = place - step;
  return window.taper[2 * step] * (1 - share) + window.taper[2 * step + 2] * share;
}
