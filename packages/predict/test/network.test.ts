import { readFileSync } from 'node:fs';
import { identityAffine, makeVolume, type Volume } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import { type ModelRecord, openNetwork } from '../src/index.ts';
import { nodeRuntime } from '../src/node.ts';
import { imageRecord, oneOperator, organRecord, plainOnnx, THREEFOLD } from './plain-onnx.ts';

const shifted = readFileSync(new URL('goldens/networks/shifted.onnx', import.meta.url));
const ramp = readFileSync(new URL('goldens/networks/ramp.onnx', import.meta.url));

async function open(model: Uint8Array, record: ModelRecord = imageRecord(model)) {
  return openNetwork({ record, model, file: 'unet.onnx' }, await nodeRuntime('wasm'));
}

function volumeOf(value: (at: number) => number, shape: readonly [number, number, number]): Volume {
  const data = Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, at) => value(at));
  return makeVolume(data, shape, identityAffine);
}

describe('a network is refused', () => {
  const any = ['n', 'c', 'z', 'y', 'x'] as const;
  const image = { name: 'image', shape: any };
  const values = { name: 'values', shape: any };
  const copy = { operator: 'Identity', inputs: ['image'], output: 'values' };

  it.each([
    ['text', new TextEncoder().encode('this is no network, but a long enough text')],
    ['an empty file', new Uint8Array()],
    ['a file cut off', shifted.subarray(0, 200)],
    ['a JSON document', new TextEncoder().encode('{"schema": "semcrc/model@1"}')],
  ])('when the file is no ONNX model: %s', async (_, model) => {
    await expect(open(model)).rejects.toThrow(
      'unet.onnx: expected an ONNX model, found another or a damaged file',
    );
  });

  it('when weights are kept in another file, which is named with the tensor', async () => {
    const model = plainOnnx({ nodes: [copy], inputs: [image], outputs: [values], external: 'conv.weight' });
    await expect(open(model)).rejects.toThrow('conv.weight is kept in weights.bin');
  });

  it('when it needs operators that onnxruntime does not have, each by name', async () => {
    const nodes = [
      { ...copy, operator: 'DeformConv3d', domain: 'com.example', output: 'between' },
      { ...copy, inputs: ['between'], operator: 'Snake', domain: 'ai.other' },
    ];
    const model = plainOnnx({ nodes, inputs: [image], outputs: [values] });
    await expect(open(model)).rejects.toThrow('ai.other::Snake, com.example::DeformConv3d');
  });

  it('when an operator of a standard domain is none that onnxruntime knows', async () => {
    const model = plainOnnx({ nodes: [{ ...copy, operator: 'Blur' }], inputs: [image], outputs: [values] });
    await expect(open(model)).rejects.toThrow(
      /unet\.onnx: onnxruntime-web \(WebAssembly\) cannot load it: .*Blur/,
    );
  });

  it('when the record was made for another file', async () => {
    await expect(open(shifted, imageRecord(ramp))).rejects.toThrow(
      'expected the file its record was made for',
    );
  });

  it('when the record names tensors that it does not have', async () => {
    await expect(open(shifted, imageRecord(shifted, { input: 'x' }))).rejects.toThrow(
      'expected the input x that its record names, found image',
    );
    await expect(open(shifted, imageRecord(shifted, { output: 'y' }))).rejects.toThrow(
      'expected the output y that its record names, found values',
    );
  });

  it('when it takes another number of channels than the record says', async () => {
    const model = plainOnnx({
      nodes: [copy],
      inputs: [{ name: 'image', shape: ['n', 5, 'y', 'x'] }],
      outputs: [{ name: 'values', shape: ['n', 'c', 'y', 'x'] }],
    });
    const record = imageRecord(model, { dimensions: 2.5, context: 1, axes: 'yx', patch: [8, 8] });
    await expect(open(model, record)).rejects.toThrow(
      'expected image of n × 3 × 8 × 8, as its record says, found n × 5 × n × n',
    );
  });

  it('when it gives another number of channels than the record says', async () => {
    const four = { name: 'values', shape: ['n', 4, 'z', 'y', 'x'] };
    const model = plainOnnx({ nodes: [copy], inputs: [image], outputs: [four] });
    await expect(open(model)).rejects.toThrow('expected values of n × 3 × 8 × 8 × 8');
  });

  it('when its sizes are fixed to another window', async () => {
    await expect(open(ramp)).rejects.toThrow(
      'expected image of n × 1 × 8 × 8 × 8, as its record says, found 1 × 1 × 6 × 5 × 4',
    );
  });

  it('when it takes half floats', async () => {
    const model = plainOnnx({ nodes: [copy], inputs: [{ ...image, type: 10 }], outputs: [values] });
    await expect(open(model)).rejects.toThrow('expected image of float32, found element type 10');
  });

  it('when its channels show to be others only as it runs', async () => {
    const model = oneOperator('Identity');
    const network = await open(model, imageRecord(model));
    await expect(
      network.sweep(
        volumeOf(() => 0, [8, 8, 8]),
        () => {},
      ),
    ).rejects.toThrow('expected output of 1 × 3 × 8 × 8 × 8, as its record says, found 1 × 1 × 8 × 8 × 8');
    await network.close();
  });
});

describe('a record is refused', () => {
  const record = (changes: Readonly<Record<string, unknown>>) => () => imageRecord(shifted, changes);

  it.each([
    ['no task', { task: 'guessing' }, /semcrc\/model@1.*task/],
    ['a window in two dimensions for a network in three', { patch: [8, 8] }, /`patch` of 3 sides/],
    ['axes that are not those of its dimensions', { axes: 'yx' }, /`axes` zyx or xyz/],
    ['context in three dimensions', { context: 1 }, /no `context`/],
    ['a channel twice', { channels: ['lower', 'lower', 'upper'] }, /channels/],
    ['an overlap of the whole window', { overlap: 1 }, /overlap/],
    ['a window from its upper end', { window: [250, -175] }, /`window` from its lower end/],
    ['what nobody reads', { spacings: [1, 1, 1] }, /semcrc\/model@1/],
  ])('with %s', (_, changes, message) => {
    expect(record(changes)).toThrow(message);
  });

  it('with labels outside its scheme, or a scheme that nobody knows', () => {
    expect(() => organRecord(shifted, { labels: [0, 33] })).toThrow(
      '`labels` of suprem (1 to 32, or 0), found 33',
    );
    expect(() => organRecord(shifted, { scheme: 'mine' })).toThrow('`scheme` of suprem');
  });
});

describe('windows that go wrong', () => {
  it('are named where a network gives what is no number', async () => {
    const model = oneOperator('Log');
    const network = await open(model, organRecord(model, { overlap: 0 }));
    // Below 0 in the last window along x alone.
    const volume = volumeOf((at) => (at % 24 === 20 ? -1 : 1), [8, 8, 24]);
    await expect(network.sweep(volume, () => {})).rejects.toThrow(
      'unet.onnx: gives NaN in window 3 of 3, at voxel 16, 0, 0 (x, y, z); expected finite numbers',
    );
    await network.close();
  });

  it('end at a signal, between two of them', async () => {
    const network = await open(THREEFOLD);
    const stop = new AbortController();
    let done = 0;
    const watch = {
      signal: stop.signal,
      onTile: () => {
        done += 1;
        stop.abort();
      },
    };
    await expect(
      network.sweep(
        volumeOf(() => 0, [8, 8, 24]),
        () => {},
        watch,
      ),
    ).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(done).toBe(1);
    await network.close();
  });
});

it('only the windows that touch the slices asked for are run, and give the same values', async () => {
  const network = await open(ramp, imageRecord(ramp, { patch: [4, 5, 6], overlap: 0.5 }));
  const volume = volumeOf((at) => (at % 7) / 7, [30, 7, 6]);
  const all: Float32Array[] = [];
  await network.sweep(volume, ({ channels }) => all.push(Float32Array.from(channels[0])));
  const some: [number, Float32Array][] = [];
  let windows = 0;
  await network.sweep(volume, ({ first, channels }) => some.push([first, Float32Array.from(channels[0])]), {
    slices: [3, 4, 20],
    onTile: ({ total }) => {
      windows = total;
    },
  });
  expect(some.map(([slice]) => slice)).toEqual([3, 4, 20]);
  for (const [slice, values] of some) expect(values).toEqual(all[slice]);
  // Layers begin at every third slice: those at 0 and 3 hold slices 3 and 4, those at 15 and 18 slice 20.
  expect(windows).toBe(4 * 2 * 2);
  await network.close();
});
