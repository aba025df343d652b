// Voxels copied into another order.
import type { Shape } from './affine.ts';

/** Reverses the order of `count` spans of `length` values, each kept as it is. */
export function reverseSpans(data: Float32Array | Uint16Array, count: number, length: number): void {
  const held = data.slice(0, length);
  for (let low = 0, high = count - 1; low < high; low++, high--) {
    const span = data.subarray(low * length, (low + 1) * length);
    held.set(span);
    data.copyWithin(low * length, high * length, (high + 1) * length);
    data.set(held, high * length);
  }
}

/** Rows stay rows: each is copied whole and turned round where x is flipped. */
export function copyRows(
  from: Float32Array | Uint16Array,
  to: Float32Array | Uint16Array,
  [slices, height, width]: Shape,
  start: number,
  [stepX, stepY, stepZ]: readonly number[],
): void {
  let position = 0;
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < height; y++, position += width) {
      const source = start + y * stepY + z * stepZ + (stepX < 0 ? 1 - width : 0);
      const row = to.subarray(position, position + width);
      row.set(from.subarray(source, source + width));
      if (stepX < 0) row.reverse();
    }
  }
}

// Rows become columns. Two copies of one loop, so that each sees a single kind of array and stays fast.
export function copyStrided(
  from: Float32Array,
  to: Float32Array,
  [slices, height, width]: Shape,
  start: number,
  [stepX, stepY, stepZ]: readonly number[],
): void {
  let position = 0;
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      let source = start + y * stepY + z * stepZ;
      for (let x = 0; x < width; x++, source += stepX) to[position++] = from[source];
    }
  }
}

export function copyStrided16(
  from: Uint16Array,
  to: Uint16Array,
  [slices, height, width]: Shape,
  start: number,
  [stepX, stepY, stepZ]: readonly number[],
): void {
  let position = 0;
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      let source = start + y * stepY + z * stepZ;
      for (let x = 0; x < width; x++, source += stepX) to[position++] = from[source];
    }
  }
}
