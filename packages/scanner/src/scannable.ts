import { SemcrcError } from '@semcrc/kernels';
import { fieldRadius, type Geometry } from './geometry.ts';
import type { Scanned } from './project.ts';

/** Windowed intensities lie in [0, 1]; predictions of them may leave it a little. HU never stay within this. */
const LEAST = -1;
const MOST = 2;

/**
 * Checks that a volume holds windowed intensities.
 *
 * @param name of the file or scan, for the message.
 * @throws SemcrcError `bad-input` at the first voxel that is not a number, or is none of the window's.
 */
export function checkScannable({ data, shape: [, height, width] }: Scanned, name: string): void {
  const index = data.findIndex((value) => !(value >= LEAST && value <= MOST));
  if (index < 0) return;
  const value = data[index];
  const x = index % width;
  const y = Math.floor(index / width) % height;
  const z = Math.floor(index / (width * height));
  const place = `voxel (${x}, ${y}, ${z})`;
  throw new SemcrcError(
    'bad-input',
    Number.isFinite(value)
      ? `${name}: ${place} is ${value}; expected intensities of the window, 0 to 1 (is it in HU? say so with \`units\`)`
      : `${name}: ${place} is ${value}, expected a number`,
    { data: { name, voxel: [x, y, z], ...(Number.isFinite(value) ? { options: ['units'] } : {}) } },
  );
}

/**
 * The share of what a volume holds (its voxels' sum) that stands outside the field of view. What is there is cut off in
 * some views, which makes a bright rim and shades the rest.
 */
export function truncatedShare({ data }: Scanned, geometry: Geometry): number {
  const radius = fieldRadius(geometry);
  const [slices, height, width] = geometry.shape;
  const [sizeX, sizeY] = geometry.voxelSize;
  let all = 0;
  let outside = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const far = Math.hypot((x - (width - 1) / 2) * sizeX, (y - (height - 1) / 2) * sizeY) > radius;
      for (let z = 0; z < slices; z++) {
        const value = Math.max(data[x + width * (y + height * z)], 0);
        all += value;
        if (far) outside += value;
      }
    }
  }
  return all > 0 ? outside / all : 0;
}

/** Which limits a scan was cut by: what full sampling needs, and what it has. */
export function limitsMet({ needed, views, columns, rows }: Geometry): readonly {
  readonly what: 'views' | 'columns' | 'rows';
  readonly needed: number;
  readonly has: number;
}[] {
  const has = { views, columns, rows };
  return (['views', 'columns', 'rows'] as const)
    .filter((what) => has[what] < needed[what])
    .map((what) => ({ what, needed: needed[what], has: has[what] }));
}
