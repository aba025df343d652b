import { SemcrcError } from '@semcrc/kernels';
import type { Shape } from '../grid/affine.ts';
import { datatypes } from './datatype.ts';
import type { NiftiHeader } from './header.ts';

function refuseShape({ shape }: NiftiHeader, name: string, expected: string): never {
  throw new SemcrcError('bad-input', `${name}: ${expected}, found ${shape.join(' × ')}`, {
    data: { file: name, found: shape.join('x') },
  });
}

/**
 * Slices, height, width of one volume of a file, and how many volumes there are along the fourth axis. Axes of size 1
 * behind the third do not count, so that x × y × z × 1 × m has m volumes; missing axes are of size 1.
 *
 * @throws SemcrcError `bad-input` when more than one axis behind the third is longer than 1.
 */
export function seriesShape(
  header: NiftiHeader,
  name: string,
): { readonly shape: Shape; readonly volumes: number } {
  const [width, height = 1, slices = 1, ...rest] = header.shape;
  const long = rest.filter((size) => size !== 1);
  if (long.length > 1) {
    refuseShape(header, name, 'expected volumes along one axis (x × y × z × volumes)');
  }
  return { shape: [slices, height, width], volumes: long[0] ?? 1 };
}

/**
 * Slices, height, width of the one volume in a file; trailing axes of size 1 are dropped, missing ones added.
 * @throws SemcrcError `bad-input` when the file holds several volumes.
 */
export function volumeShape(header: NiftiHeader, name: string): Shape {
  const [width, height = 1, slices = 1, ...rest] = header.shape;
  if (rest.some((size) => size !== 1)) {
    refuseShape(header, name, 'expected one volume (three dimensions)');
  }
  return [slices, height, width];
}

/** Shape and number of the volume asked for, of the only one when none is. */
export function whichVolume(
  header: NiftiHeader,
  volume: number | undefined,
  name: string,
): { readonly shape: Shape; readonly index: number } {
  if (volume === undefined) return { shape: volumeShape(header, name), index: 0 };
  const { shape, volumes } = seriesShape(header, name);
  if (!(Number.isInteger(volume) && volume >= 0 && volume < volumes)) {
    throw new SemcrcError('usage', `${name}: volume ${volume} of ${volumes} cannot be read (the first is 0)`);
  }
  return { shape, index: volume };
}

/** Bytes that the voxels of a header take; not a safe integer for absurd sizes. */
export function voxelBytes(header: NiftiHeader): number {
  return header.shape.reduce((product, size) => product * size, datatypes[header.datatype].bytes);
}
