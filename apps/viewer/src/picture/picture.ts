import type { ColourScale } from './colours.ts';
import type { Frame } from './frame.ts';
import type { Placed, Plane } from './planes.ts';
import type { Place, Voxel } from './voxel.ts';

/** How the scan is cut for looking. */
export const VIEWS = ['planes', 'axial', 'coronal', 'sagittal', 'mosaic'] as const;
export type View = (typeof VIEWS)[number];

/** What stays the same while a scan is looked at. */
export interface Subject extends Placed {
  /** Voxel (x, y, z) to mm in RAS+, 16 numbers row by row. */
  readonly affine: readonly number[];
  /** Organ of each voxel. */
  readonly organs: Uint16Array;
}

/** From where to where colours go, in the unit of what they show. */
export interface Scale {
  readonly low: number;
  readonly high: number;
}

/** A map over the image. */
export interface MapLayer extends Scale {
  /** Of the voxel with an index: only voxels that are seen are asked for. */
  value(voxel: number): number;
  readonly colours: ColourScale;
}

/** What is drawn. */
export interface Layers {
  /** Windowed intensities, drawn in grey from 0 to 1. */
  readonly base: Float32Array;
  readonly map: MapLayer | null;
  /** Opacity of the map, 0 to 1. */
  readonly opacity: number;
  readonly outlines: boolean;
}

/** What part of a scan is looked at. */
export interface Look {
  readonly view: View;
  readonly frame: Frame;
  /** The voxel under the crosshair. */
  readonly at: Voxel;
}

/** What is under a point of the canvas. */
export interface Spot {
  readonly plane: Plane;
  readonly place: Place;
}

/** A picture of a scan on a canvas. Voxels are in the order of the subject. */
export interface Picture {
  draw(layers: Layers): void;
  look(look: Look): void;
  /** What is under a point of the canvas, in CSS pixels from its corner, also where it is beside the scan; null where no slice is. */
  spotAt(x: number, y: number): Spot | null;
  /** What is on the canvas now, as an image. */
  snapshot(): Promise<ImageBitmap>;
  close(): void;
}
