import { readFileSync } from 'node:fs';
import { identityAffine, makeVolume, type Shape } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import { openNetwork, parseModelRecord } from '../src/index.ts';
import { planWindows } from '../src/networks/sliding-window.ts';
import { nodeRuntime } from '../src/node.ts';

const folder = new URL('goldens/networks/', import.meta.url);
const { cases, digests } = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8')) as {
  digests: Record<string, string>;
  cases: {
    network: string;
    axes: string;
    shape: Shape;
    patch: number[];
    overlap: number;
    channels: number;
  }[];
};

function floats(name: string): Float32Array {
  const bytes = readFileSync(new URL(name, folder));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

describe.each(['native', 'wasm'] as const)("windows blended by %s agree with MONAI's", (choice) => {
  it.each(cases.map((one, number) => ({ number, ...one })))(
    '$number: $network, axes $axes, volume $shape, window $patch, overlap $overlap',
    async ({ number, network: name, axes, shape, patch, overlap, channels }) => {
      const common = {
        ...{ schema: 'semcrc/model@1', name, digest: digests[name], axes, patch, overlap },
        ...{ dimensions: patch.length === 3 ? 3 : 2.5, ...(patch.length === 2 ? { context: 1 } : {}) },
        ...{
          spacing: null,
          window: [-175, 250],
          clip: false,
          input: 'image',
          output: 'values',
          training: {},
        },
      };
      const record = parseModelRecord(
        channels === 3
          ? { ...common, task: 'denoising', channels: ['lower', 'point', 'upper'], alpha: 0.1 }
          : { ...common, task: 'segmentation', scheme: 'suprem', labels: [0, 1, 2, 3], threshold: null },
        'record',
      );
      const model = readFileSync(new URL(`${name}.onnx`, folder));
      const network = await openNetwork({ record, model, file: name }, await nodeRuntime(choice));
      const volume = makeVolume(floats(`${number}.volume.bin`), shape, identityAffine);
      const area = shape[1] * shape[2];
      const found = new Float32Array(channels * volume.data.length);
      await network.sweep(volume, (slices) => {
        for (const [channel, values] of slices.channels.entries())
          found.set(values, channel * volume.data.length + slices.first * area);
      });
      await network.close();
      const expected = floats(`${number}.values.bin`);
      expect(found.length).toBe(expected.length);
      // Values lie within ±4; both sides sum in f32, in other orders.
      const off = found.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0);
      expect(off).toBeLessThan(2e-5);
    },
  );
});

describe('windows', () => {
  it('end at the edge, step by whole voxels and at least one', () => {
    expect(planWindows([20, 10, 4], { patch: [8, 8, 4], overlap: 0.25 }).starts).toEqual([
      [0, 6, 12],
      [0, 2],
      [0],
    ]);
    expect(planWindows([4, 1, 1], { patch: [2, 1, 1], overlap: 0.9 }).starts[0]).toEqual([0, 1, 2]);
  });

  it('of a volume too small lie on one padded around its middle, the odd voxel behind', () => {
    const { before, padded } = planWindows([3, 8, 5], { patch: [8, 8, 8], overlap: 0.25 });
    expect(before).toEqual([2, 0, 1]);
    expect(padded).toEqual([8, 8, 8]);
  });
});
