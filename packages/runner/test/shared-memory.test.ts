import { describe, expect, it } from 'vitest';
import { arrayBytes, toSharedMemory } from '../src/shared-memory.ts';

const value = {
  scan: 's',
  shape: [1, 3, 5],
  organs: Uint8Array.of(1, 2, 3, 4, 5),
  scores: Float32Array.of(0.25, Number.NaN, Number.NEGATIVE_INFINITY, -0),
  pixels: Uint16Array.of(65_535, 0, 7),
  offsets: Uint32Array.of(4_294_967_295),
  empty: new Float32Array(0),
  samples: [Float32Array.of(1), Float32Array.of(2, 3)],
  nothing: null,
  missing: undefined,
};

describe('a value in shared memory', () => {
  it('equals the one it was made from, its arrays in one shared block, types and order kept', () => {
    const shared = toSharedMemory(value);
    expect(shared).toEqual(value);
    expect(Object.is(shared.scores[3], -0)).toBe(true);
    const arrays = [
      shared.organs,
      shared.scores,
      shared.pixels,
      shared.offsets,
      shared.empty,
      ...shared.samples,
    ];
    const [{ buffer }] = arrays;
    expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    for (const array of arrays) expect(array.buffer).toBe(buffer);
    expect(shared.pixels).toBeInstanceOf(Uint16Array);
  });

  it('is a copy: writing into the original does not change it', () => {
    const original = { scores: Float32Array.of(1, 2) };
    const shared = toSharedMemory(original);
    original.scores[0] = 9;
    expect(Array.from(shared.scores)).toEqual([1, 2]);
  });

  it('knows how many bytes of voxels it holds', () => {
    expect(arrayBytes(value)).toBe(5 + 16 + 6 + 4 + 0 + 4 + 8);
    expect(arrayBytes({ nothing: null })).toBe(0);
  });
});
