import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { addNoise, largestIntegral, type Noise } from '../src/index.ts';
import { poisson } from '../src/poisson.ts';

function momentsOf(values: ArrayLike<number>): { mean: number; variance: number } {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, variance: squares / (values.length - 1) };
}

/** Chances of 0, 1, 2, … of a Poisson distribution, by its recurrence from the mode outwards. */
function chancesOf(mean: number, from: number, to: number): number[] {
  const mode = Math.floor(mean);
  const weights = new Map([[mode, 1]]);
  for (let k = mode + 1; k <= to + 400; k++) weights.set(k, (weights.get(k - 1)! * mean) / k);
  for (let k = mode - 1; k >= Math.max(0, from - 400); k--)
    weights.set(k, (weights.get(k + 1)! * (k + 1)) / mean);
  const all = [...weights.values()].reduce((a, b) => a + b, 0);
  return Array.from({ length: to - from + 1 }, (_, i) => weights.get(from + i)! / all);
}

describe('the Poisson sampler', () => {
  const draws = 200_000;
  const sample = (mean: number) => {
    const generator = xoroshiro128plus(Math.round(mean * 1000) + 17);
    generator.jump();
    return Float64Array.from({ length: draws }, () => poisson(generator, mean));
  };

  // Fixed seeds, so a pass is a pass for ever. Were seeds free, each line would fail by chance once in a million: its
  // statistics lie within 4.9 standard errors.
  it.each([0.01, 0.7, 3, 9.99, 10, 12.5, 31, 100, 1000, 123_456.7, 1e9])(
    'has the mean, the variance and the dispersion of its distribution at a mean of %d',
    (mean) => {
      const { mean: found, variance } = momentsOf(sample(mean));
      expect(Math.abs(found - mean)).toBeLessThan(4.9 * Math.sqrt(mean / draws));
      // The variance of a sample variance of n Poisson draws: (m + 2m²)/n.
      expect(Math.abs(variance - mean)).toBeLessThan(4.9 * Math.sqrt((mean + 2 * mean * mean) / draws));
      // Dispersion: variance over mean is 1; given the mean it varies by √(2/n).
      expect(Math.abs(variance / found - 1)).toBeLessThan(4.9 * Math.sqrt(2 / draws + 1 / (mean * draws)));
    },
  );

  it.each([0.3, 4, 9.9, 10, 11, 25, 300, 1000])(
    'has every count as often as it must at a mean of %d',
    (mean) => {
      const counts = sample(mean);
      const spread = Math.ceil(4 * Math.sqrt(mean)) + 4;
      const from = Math.max(0, Math.floor(mean) - spread);
      const to = Math.floor(mean) + spread;
      const seen = new Float64Array(to - from + 1);
      for (const count of counts) if (count >= from && count <= to) seen[count - from]++;
      let [chiSquare, cells, pooledSeen, pooled] = [0, -1, 0, 0];
      chancesOf(mean, from, to).forEach((chance, i) => {
        pooled += chance * draws;
        pooledSeen += seen[i];
        if (pooled < 20) return;
        chiSquare += (pooledSeen - pooled) ** 2 / pooled;
        [cells, pooled, pooledSeen] = [cells + 1, 0, 0];
      });
      expect(cells).toBeGreaterThanOrEqual(2);
      // Wilson and Hilferty: 4.9 standard deviations of a χ² with that many degrees of freedom.
      const cube = 2 / (9 * cells);
      expect(chiSquare).toBeLessThan(cells * (1 - cube + 4.9 * Math.sqrt(cube)) ** 3);
    },
  );

  it('draws nothing at a mean of 0', () => {
    const generator = xoroshiro128plus(1);
    expect(Array.from({ length: 10 }, () => poisson(generator, 0))).toEqual(new Array(10).fill(0));
  });
});

describe('noise', () => {
  const views = 40;
  const perView = 2500;
  const linear: Noise = { kind: 'poisson', photons: 1000, seed: 5 };
  const exponential: Noise = { kind: 'beer-lambert', photons: 1000, attenuation: 0.02, seed: 5 };
  const flat = (value: number) => new Float32Array(views * perView).fill(value);

  it('of the authors’ model has mean p and variance p·max/photons, and none behind air', () => {
    for (const value of [0, 0.5, 20, 80]) {
      const data = flat(value);
      addNoise({ from: 0, to: views, data }, linear, 80);
      const { mean, variance } = momentsOf(data);
      const expected = (value * 80) / 1000;
      // 1e5 draws, 4.9 standard errors: one false alarm in a million, were the seed free.
      expect(Math.abs(mean - value)).toBeLessThanOrEqual(4.9 * Math.sqrt(expected / 1e5) + 1e-9);
      expect(Math.abs(variance - expected)).toBeLessThanOrEqual(
        expected * 4.9 * Math.sqrt(2.1 / 1e5) + (value ? expected / 20 : 0),
      );
      if (value === 0) expect(data.every((v) => v === 0)).toBe(true);
    }
  });

  it('of Beer and Lambert has nearly mean p and variance exp(μp)/(photons·μ²), and stays finite where no photon is left', () => {
    for (const value of [0, 20, 60]) {
      const data = flat(value);
      addNoise({ from: 0, to: views, data }, exponential, 60);
      const { mean, variance } = momentsOf(data);
      const photons = 1000 * Math.exp(-0.02 * value);
      // The logarithm of N is biased by −1/(2N) and its variance 1/N larger by a share of about 3/(2N).
      expect(mean - value).toBeCloseTo(1 / (2 * photons) / 0.02, 0);
      expect(variance * 0.02 ** 2 * photons).toBeGreaterThan(0.97);
      expect(variance * 0.02 ** 2 * photons).toBeLessThan(1.04);
    }
    const dark = flat(1000);
    addNoise({ from: 0, to: views, data: dark }, exponential, 1000);
    // One photon is the least that is counted.
    expect(new Set(dark)).toEqual(new Set([Math.fround(Math.log(1000) / 0.02)]));
  });

  it.each([linear, exponential])('has the same bits however views are shared out ($kind)', (noise) => {
    const clean = Float32Array.from({ length: views * 60 }, (_, i) => (i % 60) + 0.5);
    const all = clean.slice();
    addNoise({ from: 0, to: views, data: all }, noise, 60);
    for (const cuts of [
      [0, 1, 7, 8, views],
      [0, 23, views],
    ]) {
      const parts = clean.slice();
      for (let i = 0; i + 1 < cuts.length; i++) {
        const [from, to] = [cuts[i], cuts[i + 1]];
        addNoise({ from, to, data: parts.subarray(from * 60, to * 60) }, noise, 60);
      }
      expect(parts).toEqual(all);
    }
    const other = clean.slice();
    addNoise({ from: 0, to: views, data: other }, { ...noise, seed: 6 }, 60);
    expect(other).not.toEqual(all);
  });

  it('is independent from view to view', () => {
    const data = flat(30);
    addNoise({ from: 0, to: views, data }, linear, 60);
    let product = 0;
    for (let i = 0; i < perView * (views - 1); i++) product += (data[i] - 30) * (data[i + perView] - 30);
    const correlation = product / (perView * (views - 1)) / ((30 * 60) / 1000);
    // 97,500 pairs: 4.9 standard errors.
    expect(Math.abs(correlation)).toBeLessThan(4.9 / Math.sqrt(97_500));
  });

  it('finds the largest integral, scales nothing by nothing, and refuses what cannot be', () => {
    expect(largestIntegral(Float32Array.of(-3, 2, 1))).toBe(2);
    const empty = new Float32Array(4);
    addNoise({ from: 0, to: 1, data: empty }, linear, 0);
    expect(empty).toEqual(new Float32Array(4));
    // A detector behind air counts photons, too: Beer and Lambert's noise is there in an empty scan.
    const air = new Float32Array(1000);
    addNoise({ from: 0, to: 1, data: air }, exponential, 0);
    expect(new Set(air).size).toBeGreaterThan(20);
    const refused = (noise: object) => () =>
      addNoise({ from: 0, to: 1, data: empty }, { ...exponential, ...noise } as Noise, 1);
    expect(refused({ photons: 0 })).toThrow(/`photons`: expected a number above 0/);
    expect(refused({ attenuation: 0 })).toThrow(/`attenuation`: expected a number above 0/);
    expect(refused({ seed: 0.5 })).toThrow(/`seed`: expected a whole number/);
  });
});
