import { mix } from '@semcrc/core';
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { skipN } from 'pure-rand/utils/skipN';

// Everything here and in the files that draw with it uses only +, −, ×, ÷, square roots, rounding (to integers, to f32)
// and 32-bit integer operations. ECMAScript fixes the bits of the first four; engines compile square roots to the
// processor's instruction, which IEEE 754 fixes. exp, log, sin and pow differ between engines and are not used, so a scan
// has the same bits in every engine and on every machine.

/** The generator of scan `index` under `seed` (both 32-bit): a stream of its own, whatever else was drawn. */
export function generatorOf(seed: number, index: number): RandomGenerator {
  const generator = xoroshiro128plus(mix(mix(seed) + index));
  // The library seeds half of the state with constants; let the seed reach all of it first.
  skipN(generator, 32);
  return generator;
}

/** A stream for one part of a scan (a slice's noise, say), apart from the scan's own and from those of other parts. */
export function streamOf(seed: number, index: number, part: number): RandomGenerator {
  return generatorOf(mix(seed ^ 0x5bd1e995) ^ mix(part + 0x2545f491), index);
}

/** Uniform in [low, high). */
export function uniform(generator: RandomGenerator, low: number, high: number): number {
  return low + (high - low) * uniformFloat32(generator);
}

/** Natural logarithm of u in (0, 1] to about 1e-15, from operations whose bits the language fixes. */
export function portableLog(u: number): number {
  let mantissa = u;
  let halvings = 0;
  while (mantissa < 0.7) {
    mantissa *= 2;
    halvings += 1;
  }
  // log m = 2 artanh((m − 1)/(m + 1)); |s| ≤ 0.18, so the first term left out is below 1e-16.
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let odd = 21; odd >= 1; odd -= 2) sum = sum * square + 1 / odd;
  return 2 * s * sum - halvings * Math.LN2;
}

/**
 * Replaces every x by e to its power, to about 1e-15 relative, from operations whose bits the language fixes; by 0 below −708.
 */
export function exponentiate(values: Float64Array): void {
  const rests = new Float64Array(values.length);
  const powers = new Int32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    // x = k · ln 2 + r with |r| ≤ ln 2 / 2, so that 14 terms of the series do.
    powers[at] = Math.min(1024, Math.max(leastPower, Math.round(values[at] / Math.LN2)));
    rests[at] = values[at] - powers[at] * Math.LN2;
  }
  const sums = new Float64Array(values.length).fill(1);
  // Term by term for all of them, so that no division waits for the one before.
  for (let term = 14; term >= 1; term--) {
    for (let at = 0; at < sums.length; at++) sums[at] = 1 + (sums[at] * rests[at]) / term;
  }
  for (let at = 0; at < values.length; at++) {
    values[at] = values[at] < -708 ? 0 : sums[at] * powersOfTwo[powers[at] - leastPower];
  }
}

const leastPower = -1022;
/** 2 to the powers from −1022 to 1024, the last of which is infinite. */
const powersOfTwo = new Float64Array(2047);
for (let k = 0; k <= 1024; k++)
  powersOfTwo[k - leastPower] = k === 0 ? 1 : 2 * powersOfTwo[k - leastPower - 1];
for (let k = -1; k >= leastPower; k--) powersOfTwo[k - leastPower] = powersOfTwo[k - leastPower + 1] / 2;

/**
 * One draw from the standard normal distribution: ratio of uniforms with Leva's quadratic bounds (ACM TOMS 18, 1992,
 * algorithm 712). The bounds decide about 99 % of the draws without the logarithm.
 */
export function standardNormal(generator: RandomGenerator): number {
  for (;;) {
    const u = 1 - uniformFloat32(generator);
    const v = 1.7156 * (uniformFloat32(generator) - 0.5);
    const x = u - 0.449871;
    const y = Math.abs(v) + 0.386595;
    const q = x * x + y * (0.196 * y - 0.25472 * x);
    if (q < 0.27597) return v / u;
    if (q <= 0.27846 && v * v <= -4 * portableLog(u) * u * u) return v / u;
  }
}
