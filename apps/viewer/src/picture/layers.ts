// What a picture shows, by what the store says.
import type { Intervals } from '../engine/index.ts';
import * as store from '../state/store.ts';
import { MISSED, VIRIDIS } from './colours.ts';
import type { Layers, MapLayer } from './picture.ts';

/** The layers of a slot; null until its intervals are there. */
export function layersOf(slot: 0 | 1): Layers | null {
  const now = store.looked.value;
  const found = store.intervals[slot].value;
  if (!now) return null;
  const base =
    store.image.value === 'truth' ? (now.images.truth ?? now.images.prediction) : now.images.prediction;
  const map = found ? mapOf(found) : null;
  return { base, map, opacity: store.opacity.value, outlines: store.outlines.value };
}

/** The map that is asked for; null where it is none, or not there yet. */
function mapOf({ maps }: Intervals): MapLayer | null {
  const scales = store.scales.value;
  if (!scales) return null;
  switch (store.map.value) {
    case 'width': {
      const { lower, upper } = maps;
      if (!lower || !upper) return null;
      return { value: (voxel) => upper[voxel] - lower[voxel], colours: VIRIDIS, ...scales.width };
    }
    case 'missed': {
      const { missed } = maps;
      return missed ? { value: (voxel) => missed[voxel], colours: MISSED, low: 0, high: 1 } : null;
    }
    case 'lambda': {
      const { lambdaBelow: below, lambdaAbove: above } = maps;
      if (!below || !above) return null;
      // Two sides are shown by their mean.
      return { value: (voxel) => (below[voxel] + above[voxel]) / 2, colours: VIRIDIS, ...scales.lambda };
    }
    case 'none':
      return null;
  }
}
