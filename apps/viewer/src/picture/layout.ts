// Where slices stand on a canvas, and what is under its points.
import { middleOf } from './frame.ts';
import type { Look, Spot } from './picture.ts';
import { type Placed, type PlaneAxes, placeAt, placeOn, planeAxes, type ScreenAxis } from './planes.ts';
import { type Tile, tilesOf } from './tiles.ts';
import type { Place } from './voxel.ts';

export type Box = readonly [left: number, top: number, width: number, height: number];

/** A tile as it is drawn now: its slice, and what turns columns and rows into pixels of the canvas. */
export interface Drawn {
  readonly tile: Tile;
  readonly axes: PlaneAxes;
  readonly slice: number;
  /** Of the tile, in pixels. */
  readonly box: Box;
  /** Of the whole slice at zoom 1, in the middle of the tile. */
  readonly whole: Box;
  /** Upper left corner of the slice, and the size of a voxel, in pixels. */
  readonly origin: readonly [x: number, y: number];
  readonly voxel: readonly [width: number, height: number];
}

/** @param canvas its width and height in pixels */
export function layOut(
  scan: Placed,
  canvas: { readonly width: number; readonly height: number },
  { view, frame, at }: Look,
): readonly Drawn[] {
  return tilesOf(view, canvas.width / Math.max(canvas.height, 1), scan).map((tile) => {
    const axes = planeAxes(tile.plane, scan);
    const [left, top, width, height] = tile.box.map((share, side) =>
      Math.round(share * (side % 2 === 0 ? canvas.width : canvas.height)),
    ) as [number, number, number, number];
    const extent = ({ size, spacing }: ScreenAxis) => size * spacing;
    const { across, down } = axes;
    const fit = Math.min(width / extent(across), height / extent(down));
    const [wide, high] = [fit * extent(across), fit * extent(down)];
    const scale = frame.zoom * fit;
    const voxel = [scale * across.spacing, scale * down.spacing] as const;
    const [column, row] = placeOn(axes, middleOf(frame, scan.shape));
    return {
      tile,
      axes,
      slice: tile.slice ?? at[axes.through.axis],
      box: [left, top, width, height],
      whole: [left + (width - wide) / 2, top + (height - high) / 2, wide, high],
      origin: [left + width / 2 - (column + 0.5) * voxel[0], top + height / 2 - (row + 0.5) * voxel[1]],
      voxel,
    };
  });
}

/** Pixels of a canvas for each CSS pixel. */
export function pixelRatio(canvas: HTMLCanvasElement): number {
  return canvas.width / Math.max(canvas.clientWidth, 1);
}

/** What is under a point, in pixels; null where no slice is. */
export function spotOn(drawn: readonly Drawn[], x: number, y: number): Spot | null {
  const one = drawn.find(
    ({ box: [left, top, width, height] }) => x >= left && y >= top && x < left + width && y < top + height,
  );
  if (!one) return null;
  const { tile, axes, slice, origin, voxel } = one;
  const [column, row] = [(x - origin[0]) / voxel[0] - 0.5, (y - origin[1]) / voxel[1] - 0.5];
  return { plane: tile.plane, place: placeAt(axes, column, row, slice) };
}

/** Where a place is on a slice, in pixels. */
export function centreOn({ axes, origin, voxel }: Drawn, place: Place): readonly [number, number] {
  const [column, row] = placeOn(axes, place);
  return [origin[0] + (column + 0.5) * voxel[0], origin[1] + (row + 0.5) * voxel[1]];
}
