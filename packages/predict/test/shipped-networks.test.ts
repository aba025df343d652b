import { readFileSync, statSync } from 'node:fs';
import { identityAffine, makeVolume } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import { openNetwork, SHIPPED_NETWORKS, type ShippedNetwork } from '../src/index.ts';
import { nodeRuntime, readShippedNetwork } from '../src/node.ts';

const goldens = new URL('goldens/shipped/', import.meta.url);
const networks = Object.keys(SHIPPED_NETWORKS) as ShippedNetwork[];

function floats(name: string): Float32Array {
  const bytes = readFileSync(new URL(name, goldens));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

describe.each(networks)('the network %s that ships', (name) => {
  it('is small, says how it was trained, and has its record', async () => {
    expect(statSync(new URL(`../models/networks/${name}.onnx`, import.meta.url)).size).toBeLessThan(
      2 * 2 ** 20,
    );
    const { record, file } = await readShippedNetwork(name);
    expect(record.name).toBe(name);
    expect(file).toBe(name);
    expect(record.training).toMatchObject({
      cohorts: expect.any(Array),
      settings: expect.any(Object),
      heldOut: expect.any(Object),
    });
  });

  it.each(['native', 'wasm'] as const)('gives on %s what it gives in Python, within 1e-4', async (choice) => {
    const network = await openNetwork(await readShippedNetwork(name), await nodeRuntime(choice));
    const volume = makeVolume(floats('volume.bin'), [3, 20, 26], identityAffine);
    const expected = floats(`${name}.bin`);
    const found = new Float32Array(expected.length);
    await network.sweep(volume, ({ first, channels }) => {
      for (const [channel, values] of channels.entries())
        found.set(values, channel * volume.data.length + first * values.length);
    });
    await network.close();
    const off = found.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0);
    expect(off).toBeLessThan(1e-4);
  });
});
