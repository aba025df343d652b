import {
  type CalibratedLambda,
  type HeuristicOptions,
  type Placement,
  placeSample,
  type Sample,
} from '@semcrc/core';
import { type Grid, makeVolume, reorientToRas } from '@semcrc/imaging';

/** How the slices of a file lie in RAS order. */
export interface SliceOrder {
  readonly height: number;
  readonly width: number;
  /** Index in the file's slice of each pixel in RAS order. */
  readonly pixels: Uint32Array;
}

/** The order of a grid's slices; null where they are not stacked along the body. */
export function sliceOrder({ shape, affine }: Grid): SliceOrder | null {
  const [, height, width] = shape;
  // Indices are exact as f32 up to 2^24 pixels.
  const indices = Float32Array.from({ length: height * width }, (_, index) => index);
  const turned = reorientToRas(makeVolume(indices, [1, height, width], affine));
  if (turned.shape[0] !== 1) return null;
  return { height: turned.shape[1], width: turned.shape[2], pixels: Uint32Array.from(turned.data) };
}

/**
 * Places some slices of a file. What is learned of slices is learned in RAS order, and sums round by their order: slices are
 * turned to it, placed, and their intervals and regions turned back.
 *
 * @param order of the file's slices; null only where nothing was learned
 */
export function placeInFile(
  slab: Sample,
  { partition, centre = null }: CalibratedLambda,
  heuristic: HeuristicOptions,
  order: SliceOrder | null,
): Placement {
  const learned = centre !== null || partition.spec.kind === 'learned';
  if (!learned || order === null || order.pixels.every((pixel, position) => pixel === position)) {
    return placeSample(slab, partition, heuristic, centre);
  }
  const { pixels, height, width } = order;
  const [slices] = slab.shape;
  const turn = <T extends Float32Array | Uint8Array | Uint16Array>(values: T, back: boolean): T => {
    const turned = values.slice() as T;
    for (let start = 0; start < values.length; start += pixels.length) {
      for (let position = 0; position < pixels.length; position++) {
        const inFile = start + (pixels[position] as number);
        if (back) turned[inFile] = values[start + position] as number;
        else turned[start + position] = values[inFile] as number;
      }
    }
    return turned;
  };
  const { interval, regions } = placeSample(
    {
      ...slab,
      shape: [slices, height, width],
      lower: turn(slab.lower, false),
      upper: turn(slab.upper, false),
      organs: turn(slab.organs, false),
      ...(slab.point ? { point: turn(slab.point, false) } : {}),
    },
    partition,
    heuristic,
    centre,
  );
  return {
    interval: {
      lower: turn(interval.lower, true),
      upper: turn(interval.upper, true),
      ...(interval.point ? { point: turn(interval.point, true) } : {}),
    },
    regions: turn(regions, true),
  };
}
