// What part of a view is seen, and how hands change it.
import type { PlaneAxes } from './planes.ts';
import type { Place, Shape } from './voxel.ts';

export interface Frame {
  /** 1: all of it. */
  readonly zoom: number;
  /** What is in the middle of every plane; null: the middle of the scan. */
  readonly centre: Place | null;
}
export const WHOLE_FRAME: Frame = { zoom: 1, centre: null };

const MOST_ZOOM = 12;

export function middleOf({ centre }: Frame, [slices, height, width]: Shape): Place {
  return centre ?? [(width - 1) / 2, (height - 1) / 2, (slices - 1) / 2];
}

/** Twice as large with each call, around a place; the whole view again behind `most`. */
export function nextFrame({ zoom }: Frame, place: Place, most = 4): Frame {
  return 2 * zoom > most ? WHOLE_FRAME : { zoom: 2 * zoom, centre: place };
}

/** Larger or smaller by `times`; what lies at a place of a plane stays where it is on screen. */
export function zoomed(frame: Frame, times: number, at: Place, { through }: PlaneAxes, shape: Shape): Frame {
  const zoom = Math.min(Math.max(frame.zoom * times, 1), MOST_ZOOM);
  if (zoom === 1) return WHOLE_FRAME;
  const [x, y, z] = middleOf(frame, shape).map((old, axis) =>
    axis === through.axis ? old : at[axis] + ((old - at[axis]) * frame.zoom) / zoom,
  );
  return { zoom, centre: within([x, y, z], shape) };
}

/** Moved so that what was at one place is at another. */
export function moved(frame: Frame, from: Place, to: Place, shape: Shape): Frame {
  const [x, y, z] = middleOf(frame, shape).map((old, axis) => old + from[axis] - to[axis]);
  return { ...frame, centre: within([x, y, z], shape) };
}

/** The nearest place in the scan: it cannot be moved out of sight. */
function within(place: Place, [slices, height, width]: Shape): Place {
  const [x, y, z] = [width, height, slices].map((size, axis) => Math.min(Math.max(place[axis], 0), size - 1));
  return [x, y, z];
}
