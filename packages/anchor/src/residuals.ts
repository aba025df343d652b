import { type ActiveFloor, type Bounds, filterActive } from '@semcrc/kernels';
import type { LengthProblem, Unknown } from './problem.ts';

/** Voxels as the loss sweep reads them: contiguous by segment, each segment with one unknown λ. */
export class Residuals {
  readonly offsets: Uint32Array;
  readonly unknownOfSegment: Uint16Array;
  readonly weightOfSegment: Float64Array;
  /** Current views of the columns; memory that grew in between detaches earlier ones. */
  readonly columns: () => Bounds;
  readonly #floor: Floor | undefined;

  constructor(
    columns: () => Bounds,
    offsets: Uint32Array,
    unknownOfSegment: Uint16Array,
    weightOfSegment: Float64Array,
    floor?: Floor,
  ) {
    this.columns = columns;
    this.offsets = offsets;
    this.unknownOfSegment = unknownOfSegment;
    this.weightOfSegment = weightOfSegment;
    this.#floor = floor;
  }

  get count(): number {
    return this.offsets[this.offsets.length - 1];
  }

  /** True if no voxel left out can have a loss at this γ and λ. */
  covers(gamma: number, lambda: Float64Array): boolean {
    const floor = this.#floor;
    if (floor === undefined) return true;
    return gamma >= floor.gamma && lambda.every((value, u) => 2 * gamma * value >= floor.shift[u]);
  }
}

/**
 * Voxels with a ≤ gamma·i + shift_u have no loss at any γ ≥ gamma and λ with 2γλ_u ≥ shift_u, as then
 * a ≤ γ(i + 2λ_u).
 */
export interface Floor {
  readonly gamma: number;
  readonly shift: Float64Array;
}

type Side = ActiveFloor['side'];

/** The unknown of each segment, for one side. */
function unknownsOf(problem: LengthProblem, unknowns: readonly Unknown[], side: Side): Uint16Array {
  const place = new Uint16Array(problem.groupCount * problem.sides);
  unknowns.forEach((unknown, u) => {
    place[unknown.index] = u;
  });
  const shift = side === 'above' ? problem.groupCount : 0;
  return Uint16Array.from(problem.groupOfSegment, (group) => place[group + shift]);
}

/** Every voxel of a one-sided problem, in place. */
export function wholeResiduals(
  problem: LengthProblem,
  columns: () => Bounds,
  unknowns: readonly Unknown[],
): Residuals {
  return new Residuals(
    columns,
    problem.offsets,
    unknownsOf(problem, unknowns, 'both'),
    problem.weightOfSegment,
  );
}

/**
 * A copy, on kernel memory, of the voxels above a floor; in a two-sided problem each under the unknown of its own
 * side (x = c belongs to neither: its loss is 0 at every λ).
 */
export function copyResiduals(
  problem: LengthProblem,
  columns: () => Bounds,
  unknowns: readonly Unknown[],
  floor: Floor,
): Residuals {
  const { kernels, offsets } = problem;
  const segments = problem.groupOfSegment.length;
  // The filter is fastest where it may overrun what it keeps by three values.
  const capacity = offsets[segments] + 3;
  const blocks = [0, 1, 2].map(() => kernels.arena.float32(capacity));
  const out = (from: number, to?: number): Bounds => {
    const [truth, lower, upper] = blocks.map(({ view }) => view.subarray(from, to));
    return { truth, lower, upper };
  };
  const sides: readonly Side[] = problem.sides === 1 ? ['both'] : ['below', 'above'];
  const keptOffsets = new Uint32Array(sides.length * segments + 1);
  const unknownOfSegment = new Uint16Array(sides.length * segments);
  const weightOfSegment = new Float64Array(sides.length * segments);
  let end = 0;
  sides.forEach((side, part) => {
    const place = unknownsOf(problem, unknowns, side);
    unknownOfSegment.set(place, part * segments);
    weightOfSegment.set(problem.weightOfSegment, part * segments);
    const shift = Float64Array.from(place, (u) => floor.shift[u]);
    const kept = filterActive(kernels, columns(), offsets, { gamma: floor.gamma, shift, side }, out(end));
    const start = end;
    kept.forEach((offset, s) => {
      keptOffsets[part * segments + s] = start + offset;
    });
    end = start + kept[segments];
  });
  return new Residuals(() => out(0, end), keptOffsets, unknownOfSegment, weightOfSegment, floor);
}
