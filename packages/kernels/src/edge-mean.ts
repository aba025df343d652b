import { type BaselineKernels, baselineInstance } from './baseline.ts';
import { checkCounts, checkLength } from './projector-views.ts';

/** A slice that a mean is taken over, height × width each, x fastest. */
export interface NeighbouringSlice {
  readonly data: Float32Array;
  /** What tells edges from noise: `data`, smoothed. */
  readonly guide: Float32Array;
  /** 0 for the slice itself, 1 for the one above or below. */
  readonly off: 0 | 1;
}

/** How fast the weight of a neighbour falls. */
export interface EdgeWeights {
  /** A neighbour d pixels off counts 1 / (1 + d²/reach); one slice up or down adds 2 to d². */
  readonly reach: number;
  /** A neighbour whose guide differs by o counts the square of 1 / (1 + o²/range). */
  readonly range: number;
}

/**
 * A mean over 5 × 5 pixels of three slices that leaves out those beyond an edge: weights fall with the distance and with what
 * the guide of a neighbour differs from the centre. Pixels outside the slice count nothing. f64, rounded to f32 after every
 * neighbour: slice by slice, row by row.
 *
 * @param slices three of them, in the order they are summed.
 * @param centre what guides are compared with, height × width.
 * @param out height × width; may be none of the inputs.
 * @throws SemcrcError `usage` when lengths do not fit.
 */
export function edgePreservingMean(
  kernels: BaselineKernels,
  slices: readonly [NeighbouringSlice, NeighbouringSlice, NeighbouringSlice],
  centre: Float32Array,
  [height, width]: readonly [height: number, width: number],
  { reach, range }: EdgeWeights,
  out: Float32Array,
): void {
  const instance = baselineInstance(kernels);
  checkCounts({ height, width });
  const area = height * width;
  checkLength('the centre', centre.length, area);
  checkLength('the mean', out.length, area);
  for (const { data, guide } of slices) {
    checkLength('a slice', data.length, area);
    checkLength('a guide', guide.length, area);
  }
  instance.scoped((arena) => {
    const planes = slices.flatMap(({ data, guide }) =>
      [data, guide].map((plane) => [plane, arena.float32(area)] as const),
    );
    const middle = arena.float32(area);
    const result = arena.float32(area);
    const sums = arena.float32(width);
    const weights = arena.float32(width);
    const table = arena.uint32(3 * slices.length);
    for (const [plane, block] of planes) block.view.set(plane);
    middle.view.set(centre);
    for (const [order, { off }] of slices.entries()) {
      const [data, guide] = [planes[2 * order][1], planes[2 * order + 1][1]];
      table.view.set([data.view.byteOffset, guide.view.byteOffset, off], 3 * order);
    }
    instance.raw.edgePreservingMean(
      ...[table.view.byteOffset, middle.view.byteOffset, width, height, range, reach],
      ...[sums.view.byteOffset, weights.view.byteOffset, result.view.byteOffset],
    );
    out.set(result.view);
  });
}
