import { encode } from 'fast-png';

/** An RGBA raster, row by row from the top left. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** One slice as it is looked at: the patient's right on the left of the picture, front on top. */
export interface Slice<Voxels extends ArrayLike<number> = ArrayLike<number>> {
  readonly width: number;
  readonly height: number;
  readonly voxels: Voxels;
}

/**
 * A slice of a volume in RAS order (x to the patient's left-to-right, y to the front), turned for looking at.
 *
 * @param voxels x fastest
 */
export function sliceFor<Voxels extends Float32Array | Uint8Array | Uint16Array>(
  voxels: Voxels,
  [, height, width]: readonly [slices: number, height: number, width: number],
  slice: number,
): Slice<Voxels> {
  const plane = height * width;
  const turned = voxels.slice(slice * plane, (slice + 1) * plane).reverse() as Voxels;
  return { width, height, voxels: turned };
}

/** Paints a slice voxel by voxel. @param paint writes red, green, blue and alpha of one value at an index */
export function painted(
  { width, height, voxels }: Slice,
  paint: (value: number, out: Uint8Array, at: number) => void,
): Raster {
  const data = new Uint8Array(width * height * 4);
  for (let at = 0; at < voxels.length; at++) paint(voxels[at], data, 4 * at);
  return { width, height, data };
}

/** A raster as a data URL of a PNG. */
export function pngUrl({ width, height, data }: Raster): string {
  return `data:image/png;base64,${Buffer.from(encode({ width, height, data, channels: 4, depth: 8 })).toString('base64')}`;
}
