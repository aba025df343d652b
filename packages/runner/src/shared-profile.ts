import type { Profile } from '@semcrc/core';

type ProfileArray = Float32Array | Uint32Array | Uint16Array;

/**
 * The same profile with its arrays in one block of memory that all threads see, so that handing it on copies nothing.
 * Where memory cannot be shared (a page that is not cross-origin isolated) the block is copied once to each worker.
 */
export function shareProfile(profile: Profile): Profile {
  const { organVoxels, offsets, scores, pixels } = profile;
  const parts: ProfileArray[] = pixels
    ? [organVoxels, offsets, scores, pixels]
    : [organVoxels, offsets, scores];
  // Two-byte pixels come last, so that every part starts at a multiple of its own element size.
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const shared = globalThis.SharedArrayBuffer !== undefined;
  const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  let start = 0;
  const place = <T extends ProfileArray>(part: T): T => {
    const copy = new (part.constructor as new (b: ArrayBufferLike, at: number, n: number) => T)(
      buffer,
      start,
      part.length,
    );
    copy.set(part);
    start += part.byteLength;
    return copy;
  };
  return {
    ...profile,
    organVoxels: place(organVoxels),
    offsets: place(offsets),
    scores: place(scores),
    pixels: pixels && place(pixels),
  };
}
