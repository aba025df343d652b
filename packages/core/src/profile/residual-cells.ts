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
    const sums = arena.float64(8 * cells);
    const touched = arena.uint32(2 * cells + 1);
    // Nothing takes memory from here on, so that views last.
    const [table, listed] = [sums.view.fill(0), touched.view];
    const [below, above] = [new CellLists(slots), new CellLists(slots)];
    const binning = { grid: RESIDUAL_GRID, gamma: LEAST_GAMMA, side: 'apart', weight: 1 } as const;
    for (let organ = 0; organ < slots; organ++) {
      const [from, to] = [borders[organ], borders[organ + 1]];
      if (from < to) {
        const [x, low, high] = columns.map(([, block]) => block.view.subarray(from, to));
        const bounds = { truth: x, lower: low, upper: high };
        const count = binResiduals(kernels, bounds, binning, table, listed, 0);
        for (const cell of listed.slice(0, count).sort()) {
          (cell < cells ? below : above).take(table, 4 * cell);
        }
      }
      for (const side of [below, above]) side.end(organ);
    }
    const most = below.voxels.length;
    return {
      offsets: Uint32Array.of(...below.offsets, ...above.offsets.subarray(1).map((end) => most + end)),
      voxels: new Uint32Array(below.voxels.concat(above.voxels)),
      residual: new Float32Array(below.residual.concat(above.residual)),
      width: new Float32Array(below.width.concat(above.width)),
    };
  } finally {
    arena.release(mark);
  }
}

/** The cells of one side, organ after organ. */
class CellLists {
  readonly offsets: Uint32Array;
  readonly voxels: number[] = [];
  readonly residual: number[] = [];
  readonly width: number[] = [];

  constructor(slots: number) {
    this.offsets = new Uint32Array(slots + 1);
  }

  /** Takes the cell whose sums begin at a place, and clears them. */
  take(sums: Float64Array, at: number): void {
    const [count, residual, moment] = [sums[at], sums[at + 1], sums[at + 2]];
    this.voxels.push(count);
    this.residual.push(roundedDown(residual / count));
    this.width.push(roundedUp(moment / residual));
    sums[at] = 0;
    sums[at + 1] = 0;
    sums[at + 2] = 0;
  }

  end(organ: number): void {
    this.offsets[organ + 1] = this.voxels.length;
  }
}
