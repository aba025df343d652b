import type { Samples } from '../resample.ts';
import { planSampling, type Sizes } from '../resample-plan.ts';

/** Calls `each` with every target voxel and its place in the source, null where the source does not reach. */
function forEachPlace(
  size: Sizes,
  target: Sizes,
  toSource: readonly number[],
  each: (index: number, place: readonly number[] | null) => void,
): void {
  const { toSource: t, reach, alongAxes } = planSampling(size, target, toSource);
  let index = 0;
  for (let z = 0; z < target[2]; z++) {
    for (let y = 0; y < target[1]; y++) {
      for (let x = 0; x < target[0]; x++, index++) {
        const at = [x, y, z];
        const place = [0, 1, 2].map((row) => {
          if (alongAxes) return t[row * 5] * at[row] + t[row * 4 + 3];
          return t[row * 4 + 1] * y + t[row * 4 + 2] * z + t[row * 4 + 3] + x * t[row * 4];
        });
        const inside = place.every((p, axis) => p >= -reach[axis] && p <= size[axis] - 1 + reach[axis]);
        each(index, inside ? place.map((p, axis) => Math.min(Math.max(p, 0), size[axis] - 1)) : null);
      }
    }
  }
}

/** Scalar twin of `resampleLinear`: eight voxels weighted by their opposite volumes. */
export function resampleLinear(
  { data, size }: Samples<Float32Array>,
  target: Sizes,
  toSource: readonly number[],
  outside: number,
): Float32Array {
  const out = new Float32Array(target[0] * target[1] * target[2]);
  forEachPlace(size, target, toSource, (index, place) => {
    if (place === null) {
      out[index] = outside;
      return;
    }
    let sum = 0;
    for (let corner = 0; corner < 8; corner++) {
      let weight = 1;
      let at = 0;
      for (let axis = 2; axis >= 0; axis--) {
        const below = Math.floor(place[axis]);
        const share = place[axis] - below;
        const upper = (corner >> axis) & 1;
        weight *= upper ? share : 1 - share;
        at = at * size[axis] + Math.min(below + upper, size[axis] - 1);
      }
      if (weight > 0) sum += weight * data[at];
    }
    out[index] = sum;
  });
  return out;
}

/** Scalar twin of `resampleNearest`. */
export function resampleNearest(
  { data, size }: Samples<Uint16Array>,
  target: Sizes,
  toSource: readonly number[],
  outside: number,
): Uint16Array {
  const out = new Uint16Array(target[0] * target[1] * target[2]);
  forEachPlace(size, target, toSource, (index, place) => {
    if (place === null) {
      out[index] = outside;
      return;
    }
    const [x, y, z] = place.map((p, axis) => Math.min(Math.floor(p + 0.5), size[axis] - 1));
    out[index] = data[x + size[0] * (y + size[1] * z)];
  });
  return out;
}
