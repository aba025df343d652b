// What hands do to the pictures: they change the store, which every picture follows.
import { moved, zoomed } from '../picture/frame.ts';
import type { Gestures } from '../picture/gestures.ts';
import type { Picture } from '../picture/picture.ts';
import { planeAxes } from '../picture/planes.ts';
import { type Voxel, voxelAt } from '../picture/voxel.ts';
import { crosshair, frame, looked, pointed, view } from './store.ts';

/** The voxel of a picture under a point; null beside the scan. */
export function voxelUnder(picture: Picture | null, x: number, y: number): Voxel | null {
  const spot = picture?.spotAt(x, y);
  const scan = looked.peek()?.scan;
  return spot && scan ? voxelAt(spot.place, scan.shape) : null;
}

/** @param picture that the hands are on now */
export function handsOn(picture: () => Picture | null): Gestures {
  /** What is under a point, of which scan; a mosaic stays whole, each slice at its place. */
  const under = (x: number, y: number) => {
    const spot = view.peek() === 'mosaic' ? null : picture()?.spotAt(x, y);
    const scan = looked.peek()?.scan;
    return spot && scan ? { ...spot, scan, axes: planeAxes(spot.plane, scan) } : null;
  };
  const moveTo = (voxel: Voxel): void => {
    crosshair.value = voxel;
    pointed.value = null;
  };
  return {
    point(x, y) {
      const voxel = voxelUnder(picture(), x, y);
      if (voxel) moveTo(voxel);
    },
    pan(x, y, byX, byY) {
      const from = under(x, y);
      const to = under(x + byX, y + byY);
      if (!from || to?.plane !== from.plane) return;
      frame.value = moved(frame.peek(), from.place, to.place, from.scan.shape);
    },
    through(x, y, up) {
      const at = crosshair.peek();
      const found = under(x, y);
      if (!at || !found) return;
      const { axis, size, flipped } = found.axes.through;
      const next = [...at] as [number, number, number];
      next[axis] = Math.min(Math.max(next[axis] + (flipped ? -up : up), 0), size - 1);
      moveTo(next);
    },
    zoom(x, y, times) {
      const found = under(x, y);
      if (found) frame.value = zoomed(frame.peek(), times, found.place, found.axes, found.scan.shape);
    },
  };
}
