import { SemcrcError } from '@semcrc/kernels';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { poisson } from './poisson.ts';
import type { Views } from './reconstruct.ts';

/** What the photons do to line integrals. */
export type Noise =
  | { readonly kind: 'none' }
  | {
      /**
       * The paper's authors' model: counts with mean photons · integral / maximum, scaled back. The variance grows with
       * tissue and is zero behind air; no scanner does this.
       */
      readonly kind: 'poisson';
      /** Photons at the largest integral of the scan. */
      readonly photons: number;
      readonly seed: number;
    }
  | {
      /** Beer and Lambert: counts with mean photons · exp(−attenuation · integral), at least 1, and their logarithm. */
      readonly kind: 'beer-lambert';
      /** Photons of a ray that meets nothing. */
      readonly photons: number;
      /** What a voxel of value 1 takes away per unit of length. */
      readonly attenuation: number;
      readonly seed: number;
    };

/** The largest line integral of some views; the maximum over all views is that of the scan. */
export function largestIntegral(data: Float32Array): number {
  let largest = 0;
  for (const value of data) if (value > largest) largest = value;
  return largest;
}

/**
 * The generator of a view: the seed's own, jumped ahead by 2^64 draws for every view, so that views never share draws.
 */
function viewGenerator(seed: number, view: number): JumpableRandomGenerator {
  const generator = xoroshiro128plus(seed);
  for (let jumps = 0; jumps <= view; jumps++) generator.jump();
  return generator;
}

/** @throws SemcrcError `usage`, naming the option. */
export function checkNoise(noise: Noise): void {
  if (noise.kind === 'none') return;
  const wanted: Record<string, [value: number, fits: boolean, expected: string]> = {
    photons: [noise.photons, noise.photons > 0 && noise.photons <= 1e12, 'a number above 0, at most 1e12'],
    seed: [
      noise.seed,
      Number.isInteger(noise.seed) && Math.abs(noise.seed) <= 2 ** 31,
      'a whole number of 32 bits',
    ],
  };
  if (noise.kind === 'beer-lambert') {
    const { attenuation } = noise;
    wanted.attenuation = [attenuation, attenuation > 0 && Number.isFinite(attenuation), 'a number above 0'];
  }
  for (const [option, [value, fits, expected]] of Object.entries(wanted)) {
    if (fits) continue;
    throw new SemcrcError('usage', `\`${option}\`: expected ${expected}, found ${value}`, {
      data: { options: [option] },
    });
  }
}

/**
 * Adds noise to line integrals, in place. Each view draws from a stream of its own, so that the same seed gives the same
 * bits however views are shared out.
 *
 * @param maximum of the integrals over the whole scan; the `poisson` model scales by it.
 * @throws SemcrcError `usage` for photons, seed or attenuation that cannot be.
 */
export function addNoise({ from, to, data }: Views, noise: Noise, maximum: number): void {
  checkNoise(noise);
  // Nothing to scale by; behind air alone the linear model has no variance. Beer and Lambert's counts vary there, too.
  if (noise.kind === 'none' || (noise.kind === 'poisson' && maximum <= 0)) return;
  const perView = data.length / (to - from);
  const generator = viewGenerator(noise.seed, from);
  const { photons } = noise;
  for (let view = from; view < to; view++) {
    const draws = generator.clone();
    const values = data.subarray((view - from) * perView, (view - from + 1) * perView);
    if (noise.kind === 'poisson') {
      for (let i = 0; i < perView; i++) {
        values[i] = (poisson(draws, Math.max((photons * values[i]) / maximum, 0)) / photons) * maximum;
      }
    } else {
      const { attenuation } = noise;
      for (let i = 0; i < perView; i++) {
        const counts = Math.max(poisson(draws, photons * Math.exp(-attenuation * values[i])), 1);
        values[i] = -Math.log(counts / photons) / attenuation;
      }
    }
    generator.jump();
  }
}
