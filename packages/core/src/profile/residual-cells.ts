import { binResiduals, gather, type Kernels, type ResidualGrid, SemcrcError } from '@semcrc/kernels';
import type { Sample } from '../cohort/sample.ts';
import type { Interval } from './interval.ts';
import { bitsOf, roundedDown, roundedUp } from './rounding.ts';

/** The least γ that the gamma anchor tries: voxels that have no surrogate loss there have none at any other. */
const LEAST_GAMMA = 0.3;

/** 8 steps for each doubling of the residual and of the width, to which an offset is added. */
export const RESIDUAL_GRID: ResidualGrid = gridOf(20, 2 ** -9, 2 ** -5);

function gridOf(shift: number, leastResidual: number, offset: number): ResidualGrid {
  const step = (value: number) => bitsOf(value) >>> shift;
  const firstColumn = step(leastResidual);
  const firstRow = step(offset);
  return {
    shift,
    offset,
    firstColumn,
    columns: step(2) - firstColumn + 1,
    firstRow,
    rows: step(1 + offset) - firstRow + 1,
  };
}

/**
 * Voxels of a scan condensed to cells by residual a = |2·truth − lower − upper| and width i = upper − lower, in lists by
 * side (below, above) and organ slot: list = side · slots + organ. A cell stands for its voxels by their number at
 * a = Σa/n, rounded down, and i = Σa·i/Σa, rounded up: whatever λ and γ, its surrogate loss is never above theirs (see
 * `binResiduals`), and falls short of it by the square of a cell's size. Voxels that have no loss at any γ ≥ 0.3 are left out.
 */
export interface ResidualCells {
  /** List l is the cells offsets[l] up to, excluding, offsets[l + 1]. */
  readonly offsets: Uint32Array;
  readonly voxels: Uint32Array;
  readonly residual: Float32Array;
  readonly width: Float32Array;
}

/** Condenses a scan's voxels. @param slots organ slots: the largest label id + 1 */
export function condenseResiduals(
  kernels: Kernels,
  { id, truth, organs }: Sample,
  { lower, upper, weights }: Interval,
  slots: number,
): ResidualCells {
  if (weights) throw new SemcrcError('internal', `scan ${id}: cells are of intervals that grow by one width`);
  const { arena } = kernels;
  const mark = arena.mark();
  try {
    const columns = [truth, lower, upper].map((own) => [own, arena.float32(own.length)] as const);
    const borders = gather(
      kernels,
      organs,
      slots,
      columns.map(([own]) => own),
      columns.map(([, block]) => block.view),
    );
    const cells = RESIDUAL_GRID.rows * RESIDUAL_GRID.columns;
    const sums = arena.float64(4 * cells);
    const touched = arena.uint32(cells + 1);
    sums.view.fill(0);
    const offsets = new Uint32Array(2 * slots + 1);
    const found: CellSums[] = [];
    for (let side = 0; side < 2; side++) {
      for (let organ = 0; organ < slots; organ++) {
        const [from, to] = [borders[organ], borders[organ + 1]];
        if (from < to) {
          const [x, low, high] = columns.map(([, block]) => block.view.subarray(from, to));
          const binning = {
            grid: RESIDUAL_GRID,
            gamma: LEAST_GAMMA,
            side: side === 0 ? ('below' as const) : ('above' as const),
            weight: 1,
          };
          const bounds = { truth: x, lower: low, upper: high };
          const count = binResiduals(kernels, bounds, binning, sums.view, touched.view, 0);
          take(sums.view, touched.view.subarray(0, count), found);
        }
        offsets[side * slots + organ + 1] = found.length;
      }
    }
    return {
      offsets,
      voxels: Uint32Array.from(found, ({ voxels }) => voxels),
      residual: Float32Array.from(found, ({ voxels, residual }) => roundedDown(residual / voxels)),
      width: Float32Array.from(found, ({ residual, moment }) => roundedUp(moment / residual)),
    };
  } finally {
    arena.release(mark);
  }
}

interface CellSums {
  readonly voxels: number;
  readonly residual: number;
  readonly moment: number;
}

/** Moves the sums of the cells touched to a list, in order of cell, and clears them. */
function take(sums: Float64Array, touched: Uint32Array, into: CellSums[]): void {
  for (const cell of Uint32Array.from(touched).sort()) {
    const at = 4 * cell;
    into.push({ voxels: sums[at], residual: sums[at + 1], moment: sums[at + 2] });
    sums.fill(0, at, at + 3);
  }
}
