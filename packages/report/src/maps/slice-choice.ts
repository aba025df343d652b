import type { ExampleScan } from './example.ts';

/** First id that names an organ; background and body come before. */
const FIRST_ORGAN = 2;

/** The slice of an example with the most organ voxels, the first of equals. */
export function fullestSlice({ groups, shape: [slices, height, width] }: ExampleScan): number {
  let best = 0;
  let most = -1;
  for (let slice = 0; slice < slices; slice++) {
    let count = 0;
    for (let at = slice * height * width; at < (slice + 1) * height * width; at++) {
      if (groups[at] >= FIRST_ORGAN) count++;
    }
    if (count > most) {
      most = count;
      best = slice;
    }
  }
  return best;
}

/** Organs of a slice by label id, ascending. */
export function organsIn(groups: Uint8Array | Uint16Array): number[] {
  return [...new Set(groups)].filter((id) => id >= FIRST_ORGAN).sort((a, b) => a - b);
}
