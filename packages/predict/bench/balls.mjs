// A volume to predict: two balls and noise.
import { makeVolume } from '@semcrc/imaging';

/** @param {readonly [slices: number, height: number, width: number]} shape */
export function ballsOf([slices, height, width]) {
  const data = new Float32Array(slices * height * width);
  let state = 7;
  for (let z = 0, at = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const [u, v] = [x / width - 0.5, y / height - 0.5];
        const inside = u * u + v * v < 0.2 ? (u * u + (v - 0.1) ** 2 < 0.03 ? 0.7 : 0.45) : 0;
        data[at] = inside + 0.3 * (state / 2 ** 32 - 0.5);
      }
    }
  }
  return makeVolume(data, [slices, height, width], [3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]);
}
