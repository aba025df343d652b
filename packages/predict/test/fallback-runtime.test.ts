import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fallbackRuntime, type InferenceRuntime, type NetworkOutput } from '../src/index.ts';
import { nodeRuntime } from '../src/node.ts';

const shifted = readFileSync(new URL('goldens/networks/shifted.onnx', import.meta.url));
const names = { input: 'image', output: 'values' };
const dims = [1, 1, 2, 2, 2];
const image = (value: number): Float32Array => new Float32Array(8).fill(value);

/** WebAssembly's, with something done to what it gives in its run number `run`, from 1. */
async function altered(
  change: (output: NetworkOutput, run: number) => NetworkOutput,
): Promise<InferenceRuntime> {
  const real = await nodeRuntime('wasm');
  return {
    name: 'preferred',
    async open(model) {
      const session = await real.open(model);
      let run = 0;
      return {
        runtime: 'preferred',
        run: async (...given) => {
          run += 1;
          return change(await session.run(...given), run);
        },
        close: () => session.close(),
      };
    },
  };
}

const moved =
  (by: number) =>
  ({ data, dims }: NetworkOutput): NetworkOutput => ({ data: data.map((value) => value + by), dims });

/** Runs two windows. */
async function twoWindows(preferred: InferenceRuntime | null) {
  const reasons: string[] = [];
  const session = await fallbackRuntime(preferred, await nodeRuntime('wasm'), (reason) =>
    reasons.push(reason),
  ).open(shifted);
  const outputs = [];
  for (const value of [0.5, 0.25]) outputs.push((await session.run(image(value), dims, names)).data[8]);
  const { runtime } = session;
  await session.close();
  return { outputs, runtime, reasons };
}

describe('a preferred runtime', () => {
  const sure = 'onnxruntime-web (WebAssembly)';

  it('runs the network where it agrees within 1e-4', async () => {
    const found = await twoWindows(await altered(moved(5e-5)));
    // The first window is computed by both, and taken from the sure one.
    expect(found).toEqual({ outputs: [0.5, Math.fround(0.25 + 5e-5)], runtime: 'preferred', reasons: [] });
  });

  it('gives way where it is farther off, and every value is the other one’s', async () => {
    const { outputs, runtime, reasons } = await twoWindows(await altered(moved(2e-4)));
    expect({ outputs, runtime }).toEqual({ outputs: [0.5, 0.25], runtime: sure });
    expect(reasons).toEqual([`preferred is 0.00020 from ${sure}`]);
  });

  it.each([
    ['gives no number', (one: NetworkOutput) => ({ ...one, data: one.data.map(() => Number.NaN) })],
    ['gives another shape', (one: NetworkOutput) => ({ data: one.data, dims: [24] })],
  ])('gives way where it %s', async (_, change) => {
    const { outputs, runtime, reasons } = await twoWindows(await altered(change));
    expect({ outputs, runtime }).toEqual({ outputs: [0.5, 0.25], runtime: sure });
    expect(reasons).toEqual([`preferred is Infinity from ${sure}`]);
  });

  it.each([1, 2])('gives way where it fails on window %i, which is run again', async (failing) => {
    const preferred = await altered((output, run) => {
      if (run === failing) throw new Error('ConvTranspose is not there\n    at a shader');
      return output;
    });
    const { outputs, runtime, reasons } = await twoWindows(preferred);
    expect({ outputs, runtime }).toEqual({ outputs: [0.5, 0.25], runtime: sure });
    expect(reasons).toEqual(['preferred fails: ConvTranspose is not there']);
  });

  it('gives way where it does not load, or is not there', async () => {
    const none: InferenceRuntime = {
      name: 'preferred',
      open: async () => {
        throw new Error('no adapter');
      },
    };
    const unloaded = await twoWindows(none);
    expect(unloaded).toEqual({
      outputs: [0.5, 0.25],
      runtime: sure,
      reasons: ['preferred cannot load it: no adapter'],
    });
    expect(await twoWindows(null)).toEqual({ outputs: [0.5, 0.25], runtime: sure, reasons: [] });
  });
});
