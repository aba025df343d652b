import { readFileSync } from 'node:fs';
import { makeVolume } from '@semcrc/imaging';
import { loadBaselineKernels, SemcrcError } from '@semcrc/kernels';
import { describe, expect, it } from 'vitest';
import { document as baselineModule } from '../src/generated/baseline.ts';
import { document as standInModule } from '../src/generated/stand-in.ts';
import { baselinePredictor, DenseNetwork, parseBaseline, parseStandIn } from '../src/index.ts';

const modelOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`../models/${name}.json`, import.meta.url), 'utf8'));

/** A measurement with edges and noise, from arithmetic alone. */
function measurement(slices: number, height: number, width: number) {
  let state = 1;
  const data = Float32Array.from({ length: slices * height * width }, (_, at) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const x = at % width;
    const y = Math.floor(at / width) % height;
    const truth = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (width / 3) ** 2 ? 0.6 : 0;
    return truth + (state / 0x7fffffff - 0.5) * 0.6;
  });
  return makeVolume(data, [slices, height, width], [3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]);
}

describe('the shipped models', () => {
  it('are the same as JSON and as modules', () => {
    expect(baselineModule).toEqual(modelOf('baseline'));
    expect(standInModule).toEqual(modelOf('stand-in'));
  });

  it('say what they were trained on and what they reach on patients held out', () => {
    const { alpha, training } = modelOf('baseline');
    expect(alpha).toBe(0.1);
    expect(training.heldOut.seed).not.toBe(training.seed);
    expect(training.heldOut.psnr).toBeGreaterThan(22);
    expect(Math.abs(training.heldOut.coverage.measured - 0.8)).toBeLessThan(0.04);
    const standIn = modelOf('stand-in').training;
    expect(standIn.heldOut.meanF1).toBeGreaterThan(0.8);
    expect(standIn.heldOut.meanF1).toBeLessThan(0.95);
  });
});

describe('the baseline predictor', () => {
  it('keeps 0 ≤ lower ≤ point ≤ upper ≤ 1', async () => {
    const { lower, point, upper } = await baselinePredictor().predict(measurement(3, 40, 48));
    for (let at = 0; at < point.length; at++) {
      expect(0 <= lower[at] && lower[at] <= point[at] && point[at] <= upper[at] && upper[at] <= 1).toBe(true);
    }
  });

  it('predicts a slice alone as it does among all', async () => {
    const volume = measurement(5, 33, 40);
    const all = await baselinePredictor().predict(volume);
    for (const slice of [0, 2, 4]) {
      const one = await baselinePredictor().predict(volume, [slice]);
      expect(one.upper).toEqual(all.upper.subarray(slice * 33 * 40, (slice + 1) * 33 * 40));
    }
  });

  it('removes most of the noise', async () => {
    const volume = measurement(3, 64, 64);
    const { point } = await baselinePredictor().predict(volume, [1]);
    const middle = Array.from({ length: 10 }, (_, k) => 32 * 64 + 27 + k);
    const worst = Math.max(...middle.map((at) => Math.abs(point[at] - 0.6)));
    expect(worst).toBeLessThan(0.15);
  });

  it('refuses slices and documents that are not there', async () => {
    const volume = measurement(2, 20, 20);
    await expect(baselinePredictor().predict(volume, [2])).rejects.toThrow(/slice 2.*0 … 1/);
    expect(() => parseBaseline({}, 'model.json')).toThrow(SemcrcError);
    expect(() => parseBaseline({}, 'model.json')).toThrow(/model\.json.*semcrc\/baseline@1/);
    expect(() => parseBaseline({ ...modelOf('baseline'), features: ['x'] }, 'model.json')).toThrow(
      /features/,
    );
    expect(() => parseStandIn(modelOf('baseline'), 'model.json')).toThrow(/stand-in@1/);
  });
});

describe('a dense network', () => {
  it('is its layers multiplied out, with hidden values below 0 cut off', async () => {
    const network = new DenseNetwork({
      mean: [1, 2],
      scale: [2, 0.5],
      layers: [
        {
          weights: [
            [1, -1],
            [0.5, 3],
            [-2, 1],
            [1, 1],
            [0, 2],
          ],
          bias: [0.1, -0.2, 0.3, 0, 1],
        },
        {
          weights: [
            [1, 2, 3, 4, 5],
            [-1, 0, 1, 0, -1],
          ],
          bias: [0.5, -0.5],
        },
      ],
    });
    const input = [3, -4];
    const normal = [(input[0] - 1) * 2, (input[1] - 2) * 0.5];
    const hidden = [
      [1, -1, 0.1],
      [0.5, 3, -0.2],
      [-2, 1, 0.3],
      [1, 1, 0],
      [0, 2, 1],
    ].map(([a, b, c]) => Math.max(0, a * normal[0] + b * normal[1] + c));
    const expected = [
      [1, 2, 3, 4, 5],
      [-1, 0, 1, 0, -1],
    ].map((row, k) => row.reduce((sum, w, i) => sum + w * hidden[i], [0.5, -0.5][k]));
    const found = new Float64Array(2);
    network.evaluate(await loadBaselineKernels(), Float64Array.from(input), found);
    for (const k of [0, 1]) expect(found[k]).toBeCloseTo(expected[k], 12);
  });

  it('refuses layers that do not fit', () => {
    const layers = [{ weights: [[1, 2, 3]], bias: [0] }];
    expect(() => new DenseNetwork({ mean: [0, 0], scale: [1, 1], layers })).toThrow(/layer 1.*rows of 2/);
  });
});
