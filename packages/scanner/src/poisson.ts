import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Below this mean counts are searched for from 0, above it rejected from a table-mountain hat. */
const INVERSION = 10;

const LOG_FACTORIALS = ((): Float64Array => {
  const logs = new Float64Array(16);
  for (let k = 2; k < logs.length; k++) logs[k] = logs[k - 1] + Math.log(k);
  return logs;
})();

/** log k!, by Stirling's series from 16 on, where its error is below 1e-13. */
function logFactorial(k: number): number {
  if (k < LOG_FACTORIALS.length) return LOG_FACTORIALS[k];
  const x = k + 1;
  const square = 1 / (x * x);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}

/**
 * One draw from the Poisson distribution of any mean from 0. Exact up to f64 rounding: below a mean of 10 by inversion,
 * above by Hörmann's transformed rejection (PTRS; Insurance: Mathematics and Economics 12, 1993), whose cost does not
 * grow with the mean.
 */
export function poisson(generator: RandomGenerator, mean: number): number {
  return mean < INVERSION ? inversion(generator, mean) : rejection(generator, mean);
}

function inversion(generator: RandomGenerator, mean: number): number {
  let left = uniformFloat64(generator);
  let chance = Math.exp(-mean);
  // A uniform so near 1 that rounding leaves no chance for it would search for ever.
  for (let k = 0; chance > 0; k++, chance *= mean / k) {
    if (left < chance) return k;
    left -= chance;
  }
  return 0;
}

function rejection(generator: RandomGenerator, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const certain = 0.9277 - 3.6224 / (b - 2);
  const logMean = Math.log(mean);
  const logScale = Math.log(1.1239 + 1.1328 / (b - 3.4));
  for (;;) {
    const u = uniformFloat64(generator) - 0.5;
    const v = uniformFloat64(generator);
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
    if (edge >= 0.07 && v <= certain) return k;
    if (!(k >= 0) || (edge < 0.013 && v > edge)) continue;
    const hat = Math.log(v) + logScale - Math.log(a / (edge * edge) + b);
    if (hat <= k * logMean - mean - logFactorial(k)) return k;
  }
}
