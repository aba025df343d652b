import type { Shape } from '@semcrc/imaging';

/** PSNR in dB with a peak of 1, leaving slices out at each end. */
export function psnrOf(
  found: Float32Array,
  truth: Float32Array,
  [slices, height, width]: Shape,
  ends = 3,
): number {
  const area = height * width;
  let [squares, count] = [0, 0];
  for (let i = ends * area; i < (slices - ends) * area; i++) {
    squares += (found[i] - truth[i]) ** 2;
    count += 1;
  }
  return 10 * Math.log10(count / squares);
}

/**
 * Error in the flat part of the head: voxels whose neighbourhood of 11 × 11 × 5 voxels all have their value, not 0.
 */
export function flatRegion(
  found: Float32Array,
  truth: Float32Array,
  [slices, height, width]: Shape,
): { readonly rmse: number; readonly bias: number; readonly voxels: number } {
  let [squares, sum, voxels] = [0, 0, 0];
  const flat = (x: number, y: number, z: number) => {
    const value = truth[x + width * (y + height * z)];
    if (value < 0.05) return false;
    for (let c = -2; c <= 2; c++) {
      for (let b = -5; b <= 5; b++) {
        for (let a = -5; a <= 5; a++) {
          if (Math.abs(truth[x + a + width * (y + b + height * (z + c))] - value) > 1e-6) return false;
        }
      }
    }
    return true;
  };
  for (let z = 8; z < slices - 8; z += 2) {
    for (let y = 5; y < height - 5; y++) {
      for (let x = 5; x < width - 5; x++) {
        if (!flat(x, y, z)) continue;
        const i = x + width * (y + height * z);
        squares += (found[i] - truth[i]) ** 2;
        sum += found[i] - truth[i];
        voxels += 1;
      }
    }
  }
  return { rmse: Math.sqrt(squares / voxels), bias: sum / voxels, voxels };
}
