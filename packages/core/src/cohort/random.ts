import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded stream of numbers: integer arithmetic throughout, so the same on every platform. */
export interface RandomStream {
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Uniform f64 in [0, 1) on a grid of 2⁻⁵³. */
  uniform(): number;
}

/**
 * Stream number `stream` of `seed`: xoroshiro128+ (pure-rand 8) seeded with a 32-bit mix of the two, so that
 * neighbouring seeds and neighbouring streams share nothing visible.
 *
 * The mix is the finalizer of MurmurHash3 (Appleby, public domain), applied to the seed, then to seed and stream together.
 */
export function randomStream(seed: number, stream: number): RandomStream {
  const generator = xoroshiro128plus(mix(mix(seed | 0) ^ Math.imul(stream + 1, 0x9e3779b9)));
  return {
    below: (bound) => uniformInt(generator, 0, bound - 1),
    uniform: () => uniformFloat64(generator),
  };
}

/** A bijection of the 32-bit integers that spreads every input bit over the output (the finalizer of MurmurHash3). */
export function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Shuffles in place (Fisher and Yates, from the end). */
export function shuffle<T>(items: T[], random: RandomStream): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const pick = random.below(last + 1);
    const held = items[last];
    items[last] = items[pick];
    items[pick] = held;
  }
  return items;
}
