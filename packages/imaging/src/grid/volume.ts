import { SemcrcError } from '@semcrc/kernels';
import { type Affine, type Shape, spacingOf, type Vector3 } from './affine.ts';

/** Where the voxels of a volume stand. */
export interface Grid {
  /** Slices, height, width: the sizes along z, y, x. */
  readonly shape: Shape;
  /** Voxel index (x, y, z) to mm in RAS+. */
  readonly affine: Affine;
  /** Distance of neighbouring voxels along x, y, z in mm; follows from the affine. */
  readonly spacing: Vector3;
}

/** An image: one f32 per voxel, x fastest, then y, then z; voxel (x, y, z) is at x + width · (y + height · z). */
export interface Volume extends Grid {
  readonly data: Float32Array;
}

/** A segmentation or mask: one label number per voxel, in the order of {@link Volume}. */
export interface LabelVolume extends Grid {
  readonly data: Uint16Array;
}

/** The number of voxels of a shape. */
export function voxelCount([slices, height, width]: Shape): number {
  return slices * height * width;
}

/** A grid from its shape and affine. */
export function makeGrid(shape: Shape, affine: Affine): Grid {
  return { shape, affine, spacing: spacingOf(affine) };
}

/**
 * A volume over `data` (not copied), x fastest.
 * @throws SemcrcError `usage` when the shape does not multiply to the length of the data.
 */
export function makeVolume<T extends Float32Array | Uint16Array>(
  data: T,
  shape: Shape,
  affine: Affine,
): Grid & { readonly data: T } {
  if (voxelCount(shape) !== data.length) {
    throw new SemcrcError(
      'usage',
      `a volume of ${shape.join(' × ')} (slices × height × width) needs ${voxelCount(shape)} voxels, got ${data.length}`,
    );
  }
  return { ...makeGrid(shape, affine), data };
}

/** An empty array of the same kind as `data`. */
export function emptyLike<T extends Float32Array | Uint16Array>(data: T, length: number): T {
  return (data instanceof Float32Array ? new Float32Array(length) : new Uint16Array(length)) as T;
}

/** Voxel index (x, y, z) of a position in the data of a grid. */
export function voxelAt([, height, width]: Shape, position: number): Vector3 {
  const x = position % width;
  const row = (position - x) / width;
  const y = row % height;
  return [x, y, (row - y) / height];
}
