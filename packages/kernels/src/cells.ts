import { checkColumns, checkGamma, checkNonNegative, SIDES } from './arguments.ts';
import type { Binning, Bounds, Cells } from './columns.ts';
import { SemcrcError } from './error.ts';
import { instanceOf, type Kernels } from './instance.ts';
import { CHUNK, Operand } from './staging.ts';

/** f64 values per cell of a table of sums. */
const CELL_STRIDE = 4;

/**
 * Adds voxels to the cells of a grid over their residual a = |2·truth − lower − upper| and width i = upper − lower, in
 * f64, one after the other. Cell c of `sums` holds Σ weight, Σ weight·a and Σ weight·a·i from 4c on (the fourth number
 * is unused); cells whose weight is 0 before are listed in `touched`. Clear the cells listed before the table is used
 * for something else.
 *
 * Replacing a cell's voxels by one of their weight at a = Σwa/Σw, i = Σwai/Σwa never raises Σ ℓ^γ, whatever λ and γ:
 * a sum of max(0, ·) is at least max(0, sum), and 1/(i + 2λ) is convex in i (Jensen, with weights wa).
 *
 * @param columns sanitized (lower ≤ upper). NaN is added, and shows in the sums.
 * @param sums f64 on kernel memory, 4 × rows × columns; twice that where sides are kept apart.
 * @param touched u32 on kernel memory, room for every cell and one more.
 * @param count entries of `touched` in use.
 * @returns entries of `touched` in use afterwards.
 * @throws SemcrcError `bad-input` on wrong types or lengths, tables that are too small or not on kernel memory, γ or
 * weight out of range.
 */
export function binResiduals(
  k: Kernels,
  columns: Bounds,
  { grid, gamma, side, weight }: Binning,
  sums: Float64Array,
  touched: Uint32Array,
  count: number,
): number {
  const { truth, lower, upper } = columns;
  const n = checkColumns('Float32Array', { truth, lower, upper });
  checkColumns('Float64Array', { sums });
  checkColumns('Uint32Array', { touched });
  checkGamma(gamma);
  const instance = instanceOf(k);
  const apart = side === 'apart' ? grid.rows * grid.columns : 0;
  const cells = grid.rows * grid.columns + apart;
  const refuse = (message: string) => new SemcrcError('bad-input', message, { data: { cells, count } });
  if (!(weight > 0 && weight < Infinity)) throw refuse(`weight must be positive and finite, found ${weight}`);
  if (sums.buffer !== instance.memory.buffer || touched.buffer !== instance.memory.buffer) {
    throw refuse('sums and touched must lie on kernel memory (read block.view again after it grew)');
  }
  if (sums.length < CELL_STRIDE * cells || touched.length <= cells || !(count >= 0 && count <= cells)) {
    throw refuse(
      `sums has ${sums.length} values and touched ${touched.length}, ${count} in use; a grid of ${cells} cells needs ` +
        `${CELL_STRIDE * cells} and ${cells + 1}`,
    );
  }
  const scope = instance.open();
  try {
    const x = new Operand(instance, truth);
    const a = new Operand(instance, lower);
    const b = new Operand(instance, upper);
    let listed = count;
    for (let start = 0; start < n; start += CHUNK) {
      const size = Math.min(CHUNK, n - start);
      listed = instance.raw.binResiduals(
        x.load(start, size),
        a.load(start, size),
        b.load(start, size),
        size,
        gamma,
        SIDES[side === 'apart' ? 'both' : side],
        weight,
        grid.shift,
        grid.offset,
        grid.firstColumn,
        grid.columns,
        grid.firstRow,
        grid.rows,
        apart,
        sums.byteOffset,
        touched.byteOffset,
        listed,
      );
    }
    return listed;
  } finally {
    instance.close(scope);
  }
}

/**
 * Σ weight·ℓ^γ over cells of one λ, and its derivative in λ, in f64: `lossSweep` for voxels that have weights.
 *
 * @param lambda ≥ 0.
 * @param out two numbers: the loss (+Infinity where a cell of width 0 has a residual and λ = 0) and its slope ≤ 0.
 * @throws SemcrcError `bad-input` on wrong types or lengths, λ or γ out of range.
 */
export function cellLoss(
  k: Kernels,
  { weight, residual, width }: Cells,
  lambda: number,
  gamma: number,
  out: Float64Array,
): void {
  const n = checkColumns('Float64Array', { weight, residual, width });
  checkColumns('Float64Array', { out });
  checkNonNegative('lambda', [lambda]);
  checkGamma(gamma);
  const instance = instanceOf(k);
  const scope = instance.open();
  try {
    const w = new Operand(instance, weight);
    const a = new Operand(instance, residual);
    const i = new Operand(instance, width);
    const result = instance.take(16);
    const sums = new Float64Array(instance.memory.buffer, result, 2);
    let loss = 0;
    let fall = 0;
    for (let start = 0; start < n; start += CHUNK) {
      const size = Math.min(CHUNK, n - start);
      const weights = w.load(start, size);
      instance.raw.cellLoss(
        weights,
        a.load(start, size),
        i.load(start, size),
        size,
        lambda,
        gamma,
        1,
        result,
      );
      loss += sums[0];
      fall += sums[1];
    }
    // At the kink a/d may round to just below γ; Math.max keeps NaN.
    out[0] = Math.max(0, loss) / (1 - gamma);
    out[1] = fall === 0 ? 0 : (-2 * fall) / (1 - gamma);
  } finally {
    instance.close(scope);
  }
}
