import type { Profile } from '@semcrc/core';
import { describe, expect, it } from 'vitest';
import { shareProfile } from '../src/shared-profile.ts';

function profile(pixels: Uint16Array | Uint32Array | null): Profile {
  return {
    scan: 's',
    patient: 'p',
    shape: [1, 3, 5],
    dimension: 15,
    sides: 1,
    cellCount: 2,
    organVoxels: Uint32Array.of(9, 6),
    offsets: Uint32Array.of(0, 2, 3),
    scores: Float32Array.of(0.25, 0.5, 0.125),
    pixels,
  };
}

describe('a shared profile', () => {
  it.each([
    ['two-byte pixels', Uint16Array.of(14, 0, 7)],
    ['four-byte pixels', Uint32Array.of(70_000, 0, 7)],
    ['no pixels', null],
  ])('equals the profile it was made from, with %s, in one block of shared memory', (_, pixels) => {
    const own = profile(pixels);
    const shared = shareProfile(own);
    expect(shared).toEqual(own);
    const { buffer } = shared.scores;
    expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(shared.offsets.buffer).toBe(buffer);
    expect(shared.organVoxels.buffer).toBe(buffer);
    if (pixels) expect(shared.pixels?.buffer).toBe(buffer);
  });

  it('may be empty', () => {
    const own = { ...profile(new Uint16Array(0)), scores: new Float32Array(0), offsets: new Uint32Array(3) };
    expect(shareProfile(own)).toEqual(own);
  });
});
