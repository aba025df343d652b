import type { Shape } from '@semcrc/imaging';

/** How a cylinder of value 1 came back, over its inner 80 %. */
export interface Uniformity {
  readonly mean: number;
  /** Standard deviation between voxels. */
  readonly sd: number;
  /** Largest difference of a slice's halves over their mean: left and right, front and back. */
  readonly tilt: number;
  /** Largest difference between the means of slices. */
  readonly between: number;
}

/** A cylinder of value 1 along all slices, its edge averaged over each voxel; radius in voxels. */
export function cylinder([slices, height, width]: Shape, radius: number): Float32Array {
  const slice = new Float32Array(height * width);
  for (let i = 0; i < slice.length; i++) {
    const x = (i % width) - (width - 1) / 2;
    const y = Math.floor(i / width) - (height - 1) / 2;
    for (let a = 0; a < 8; a++) {
      for (let b = 0; b < 8; b++) {
        if (Math.hypot(x + a / 8 - 0.4375, y + b / 8 - 0.4375) < radius) slice[i] += 1 / 64;
      }
    }
  }
  const data = new Float32Array(slices * slice.length);
  for (let z = 0; z < slices; z++) data.set(slice, z * slice.length);
  return data;
}

/** Measures slices `from` … `to` of a volume. */
export function uniformity(
  data: Float32Array,
  [, height, width]: Shape,
  radius: number,
  from: number,
  to: number,
): Uniformity {
  let [sum, squares, count, tilt, low, high] = [0, 0, 0, 0, Number.POSITIVE_INFINITY, 0];
  for (let z = from; z < to; z++) {
    // Sums and counts of the four halves, the middle line left out.
    const halves = { left: [0, 0], right: [0, 0], back: [0, 0], front: [0, 0] };
    let [total, voxels] = [0, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dx, dy] = [x - (width - 1) / 2, y - (height - 1) / 2];
        if (Math.hypot(dx, dy) > 0.8 * radius) continue;
        const value = data[x + width * (y + height * z)];
        const add = (half: number[]) => {
          half[0] += value;
          half[1] += 1;
        };
        if (dx !== 0) add(dx < 0 ? halves.left : halves.right);
        if (dy !== 0) add(dy < 0 ? halves.back : halves.front);
        total += value;
        squares += value * value;
        voxels += 1;
      }
    }
    const meanOf = ([total, count]: number[]) => total / count;
    const { left, right, back, front } = halves;
    for (const [one, other] of [
      [left, right],
      [back, front],
    ]) {
      tilt = Math.max(tilt, (Math.abs(meanOf(one) - meanOf(other)) * voxels) / total);
    }
    low = Math.min(low, total / voxels);
    high = Math.max(high, total / voxels);
    sum += total;
    count += voxels;
  }
  const mean = sum / count;
  return { mean, sd: Math.sqrt(squares / count - mean * mean), tilt, between: (high - low) / mean };
}
