import type { VoxelSize } from '../projector-views.ts';

/**
 * Calls `each` with the samples of the line from (x, y, z) on along (dx, dy, dz) by Joseph's method: voxels, and the
 * weight of each in the integral.
 */
export function forEachSample(
  size: readonly [number, number, number],
  voxelSize: VoxelSize,
  [x, y, z]: readonly [number, number, number],
  [dx, dy, dz]: readonly [number, number, number],
  each: (x: number, y: number, z: number, weight: number) => void,
): void {
  const flat = Math.abs(dx) >= Math.abs(dy);
  const major = flat ? dx : dy;
  const length = Math.hypot(dx * voxelSize[0], dy * voxelSize[1], dz * voxelSize[2]) / Math.abs(major);
  for (let k = 0; k < (flat ? size[0] : size[1]); k++) {
    const s = (k - (flat ? x : y)) / major;
    const across = flat ? y + s * dy : x + s * dx;
    const along = z + s * dz;
    const below = Math.floor(across);
    const lower = Math.floor(along);
    const share = across - below;
    const rise = along - lower;
    const add = (o: number, h: number, weight: number) => {
      if (flat) each(k, o, h, weight * length);
      else each(o, k, h, weight * length);
    };
    add(below, lower, (1 - share) * (1 - rise));
    add(below + 1, lower, share * (1 - rise));
    add(below, lower + 1, (1 - share) * rise);
    add(below + 1, lower + 1, share * rise);
  }
}
