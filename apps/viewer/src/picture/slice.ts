// Slices as pixels and as outlines.
import { type ColourScale, colourAt, css, isOutlined, outlineColour } from './colours.ts';
import type { Layers } from './picture.ts';
import { type PlaneAxes, placeAt } from './planes.ts';
import { indexOf, type Shape } from './voxel.ts';

const STEPS = 256;
const tables = new Map<string, Uint8Array>();

/** Colours of a scale at even steps, three bytes each. */
function tableOf(scale: ColourScale): Uint8Array {
  const found = tables.get(scale.name);
  if (found) return found;
  const table = new Uint8Array(3 * STEPS);
  for (let step = 0; step < STEPS; step++) table.set(colourAt(scale, step / (STEPS - 1)), 3 * step);
  tables.set(scale.name, table);
  return table;
}

/** Index of the voxel at the upper left of a slice. */
const cornerOf = (axes: PlaneAxes, slice: number, shape: Shape): number =>
  indexOf(placeAt(axes, 0, 0, slice), shape);

/** A slice with a pixel for each voxel: the image in grey, the map over it. */
export function paintSlice(
  into: Uint8ClampedArray,
  axes: PlaneAxes,
  slice: number,
  shape: Shape,
  { base, map, opacity }: Layers,
): void {
  const { across, down } = axes;
  const table = map ? tableOf(map.colours) : null;
  const scaled = map ? (STEPS - 1) / (map.high - map.low) : 0;
  const corner = cornerOf(axes, slice, shape);
  for (let row = 0, pixel = 0; row < down.size; row++) {
    let voxel = corner + row * down.stride;
    for (let column = 0; column < across.size; column++, voxel += across.stride, pixel += 4) {
      const grey = 255 * Math.min(Math.max(base[voxel], 0), 1);
      into[pixel + 3] = 255;
      const step = map
        ? Math.round(Math.min(Math.max((map.value(voxel) - map.low) * scaled, 0), STEPS - 1))
        : 0;
      if (!map || !table || (map.colours.clear && step === 0)) {
        into[pixel] = into[pixel + 1] = into[pixel + 2] = grey;
        continue;
      }
      for (let channel = 0; channel < 3; channel++) {
        into[pixel + channel] = grey + opacity * (table[3 * step + channel] - grey);
      }
    }
  }
}

/** Lines around the organs of a slice by their colour, in columns and rows: along the edges between voxels. */
export function outlinesOf(
  axes: PlaneAxes,
  slice: number,
  shape: Shape,
  organs: Uint16Array,
): ReadonlyMap<string, Path2D> {
  const { across, down } = axes;
  const corner = cornerOf(axes, slice, shape);
  const paths = new Map<string, Path2D>();
  const pathOf = (a: number, b: number): Path2D => {
    const colour = css(outlineColour(isOutlined(a) ? a : b));
    const path = paths.get(colour) ?? new Path2D();
    paths.set(colour, path);
    return path;
  };
  for (let row = 0; row < down.size; row++) {
    let voxel = corner + row * down.stride;
    for (let column = 0; column < across.size; column++, voxel += across.stride) {
      const own = organs[voxel];
      const right = column + 1 < across.size ? organs[voxel + across.stride] : own;
      const below = row + 1 < down.size ? organs[voxel + down.stride] : own;
      if (right !== own && (isOutlined(own) || isOutlined(right))) {
        const path = pathOf(own, right);
        path.moveTo(column + 1, row);
        path.lineTo(column + 1, row + 1);
      }
      if (below !== own && (isOutlined(own) || isOutlined(below))) {
        const path = pathOf(own, below);
        path.moveTo(column, row + 1);
        path.lineTo(column + 1, row + 1);
      }
    }
  }
  return paths;
}
