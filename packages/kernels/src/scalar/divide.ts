import type { Groups, Pixels } from '../columns.ts';

/** Twin of `divideGroups`. */
export function divideGroups(groups: Groups, parts: Uint8Array, partCount: number, out: Uint16Array): void {
  for (let j = 0; j < groups.length; j++) out[j] = groups[j] * partCount + parts[j % parts.length];
}

/** Twin of `divideSides`. */
export function divideSides(
  groups: Groups,
  groupCount: number,
  truth: Float32Array,
  border: Float32Array,
  out: Uint16Array,
): void {
  for (let j = 0; j < groups.length; j++) {
    const moved = truth[j] > border[j] || groups[j] === groupCount;
    out[j] = moved ? groups[j] + groupCount : groups[j];
  }
}

/** Twin of `divideByPixel`: a counting sort of each segment. */
export function divideByPixel(
  values: Float32Array,
  pixels: Pixels,
  offsets: Uint32Array,
  parts: Uint8Array,
  partCount: number,
  out: Float32Array,
): Uint32Array {
  const divided = new Uint32Array((offsets.length - 1) * partCount + 1);
  divided[0] = offsets[0];
  for (let s = 0; s + 1 < offsets.length; s++) {
    const counts = new Uint32Array(partCount);
    for (let j = offsets[s]; j < offsets[s + 1]; j++) counts[parts[pixels[j]]]++;
    const first = s * partCount;
    for (let part = 0; part < partCount; part++)
      divided[first + part + 1] = divided[first + part] + counts[part];
    const cursor = divided.slice(first, first + partCount);
    for (let j = offsets[s]; j < offsets[s + 1]; j++) out[cursor[parts[pixels[j]]]++] = values[j];
  }
  return divided;
}
