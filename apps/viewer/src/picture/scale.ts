// Where colour scales end.
import type { Scale } from './picture.ts';

const BINS = 4096;

/**
 * A round end for a scale of widths, in the unit that people read: at least the 99.5% quantile, so that one outlier does not
 * flatten the rest.
 *
 * @param values windowed intensities in [0, 1]
 * @param unit HU per unit of them
 */
export function scaleEnd(values: Float32Array, unit: number): number {
  const counts = new Uint32Array(BINS + 1);
  for (const value of values) counts[Math.min(BINS, Math.max(0, Math.floor(value * BINS)))]++;
  const wanted = 0.995 * values.length;
  let seen = 0;
  let bin = 0;
  while (bin < BINS && seen + counts[bin] < wanted) seen += counts[bin++];
  return roundUp(((bin + 1) / BINS) * unit) / unit;
}

/** Ends whose quarters are round, too. */
const ENDS = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10];

/** The next round end: 80, 100, 120, 160, … */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-6)));
  const end = ENDS.find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return Number((end * power).toPrecision(6));
}

/** Five values from the one end to the other, as text. */
export function ticks({ low, high }: Scale, unit: number): readonly string[] {
  return [0, 0.25, 0.5, 0.75, 1].map((share) =>
    String(Number(((low + share * (high - low)) * unit).toPrecision(3))).replace('-', '−'),
  );
}
