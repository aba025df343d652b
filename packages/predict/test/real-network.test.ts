import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeVolume, psnr, type Volume, windowIntensity } from '@semcrc/imaging';
import { readNifti } from '@semcrc/imaging/node';
import { describe, expect, it } from 'vitest';
import {
  type ImageModel,
  openNetwork,
  type PredictedScan,
  parseModelRecord,
  predictScan,
} from '../src/index.ts';
import { nodeRuntime } from '../src/node.ts';

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const file = `${data}abdomen40-unet/denoiser-2.5d.onnx`;
const missing = existsSync(file) ? '' : ` (skipped: no ${file})`;

/** Noise of a linear congruential generator, through Box and Muller: the same on every platform up to rounding. */
function noisy(truth: Volume, sigma: number): Volume {
  let state = 7;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const values = truth.data.map(
    (value) => value + sigma * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
  return makeVolume(values, truth.shape, truth.affine);
}

describe.skipIf(missing !== '')(`a trained network, on a scan it never saw${missing}`, () => {
  it('denoises as its training record says, the same on both runtimes', async () => {
    const model = readFileSync(file);
    const record = parseModelRecord(
      {
        ...{
          schema: 'semcrc/model@1',
          name: 'abdomen40-unet',
          task: 'denoising',
          dimensions: 2.5,
          context: 1,
        },
        digest: createHash('sha256').update(model).digest('hex'),
        // It was trained on arrays as nibabel gives them, x before y.
        ...{ axes: 'xy', patch: [112, 96], overlap: 0.25, spacing: null, window: [-175, 250], clip: false },
        ...{ input: 'measurement', output: 'quantiles', channels: ['lower', 'point', 'upper'], alpha: 0.1 },
        training: {},
      },
      'record',
    ) as ImageModel;
    const { volume } = await readNifti(`${data}abdomen40/scans/s0000/ct.nii.gz`);
    const truth = windowIntensity(volume);
    const measurement = noisy(truth, 0.2);
    const predicted: PredictedScan[] = [];
    for (const choice of ['native', 'wasm'] as const) {
      const network = await openNetwork({ record, model, file }, await nodeRuntime(choice));
      predicted.push(await predictScan(network, measurement, { units: 'window', file: 's0000' }));
      await network.close();
    }
    const [{ lower, point, upper }, other] = predicted;
    // 25.9 dB over its 40 patients; one of them lies within a few tenths.
    expect(Math.abs(psnr(truth, point, 1) - 25.9)).toBeLessThan(0.3);
    const inside = truth.data.filter((value, at) => value >= lower.data[at] && value <= upper.data[at]);
    expect(Math.abs(inside.length / truth.data.length - 0.837)).toBeLessThan(0.03);
    for (const name of ['lower', 'point', 'upper'] as const) {
      const theirs = other[name].data;
      const off = predicted[0][name].data.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - theirs[at])),
        0,
      );
      expect(off).toBeLessThan(1e-4);
    }
  });
});
