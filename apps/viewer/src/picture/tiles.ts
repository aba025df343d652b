// Which slices a view shows, and where on the canvas.
import type { View } from './picture.ts';
import { type Placed, type Plane, planeAxes } from './planes.ts';

/** A slice on the canvas. */
export interface Tile {
  readonly plane: Plane;
  /** Along the axis through the plane; null: that of the crosshair. */
  readonly slice: number | null;
  /** In shares of the canvas. */
  readonly box: readonly [left: number, top: number, width: number, height: number];
}

/** @param aspect width of the canvas by its height */
export function tilesOf(view: View, aspect: number, scan: Placed): readonly Tile[] {
  if (view === 'planes') return planes(aspect);
  if (view === 'mosaic') return mosaic(scan);
  return [{ plane: view, slice: null, box: [0, 0, 1, 1] }];
}

/** The axial plane large, the other two beside it, or below it on a phone. */
function planes(aspect: number): readonly Tile[] {
  const boxes: readonly Tile['box'][] =
    aspect > 1
      ? [
          [0, 0, 0.62, 1],
          [0.625, 0, 0.375, 0.495],
          [0.625, 0.505, 0.375, 0.495],
        ]
      : [
          [0, 0, 1, 0.64],
          [0, 0.65, 0.495, 0.35],
          [0.505, 0.65, 0.495, 0.35],
        ];
  const shown: readonly Plane[] = ['axial', 'coronal', 'sagittal'];
  return shown.map((plane, at) => ({ plane, slice: null, box: boxes[at] }));
}

/** Twelve axial slices over the height of the scan, in three rows, from its feet up. */
function mosaic(scan: Placed): readonly Tile[] {
  const { size, flipped } = planeAxes('axial', scan).through;
  const count = Math.min(12, size);
  const rows = count > 4 ? 3 : 1;
  const perRow = Math.ceil(count / rows);
  const [width, height] = [1 / perRow, 1 / rows];
  return Array.from({ length: count }, (_, at) => {
    // The axis through the plane is asked for towards the head.
    const up = Math.floor(((at + 0.5) / count) * size);
    const row = Math.floor(at / perRow);
    return {
      plane: 'axial',
      slice: flipped ? size - 1 - up : up,
      box: [(at % perRow) * width, row * height, width * 0.99, height * 0.99],
    };
  });
}
