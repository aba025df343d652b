import type { Binning, Bounds, Cells } from '../columns.ts';

const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);

/** Place of an f32 among `count` steps from `first` on. */
function step(x: number, shift: number, first: number, count: number): number {
  value[0] = x;
  return Math.min(count - 1, Math.max(0, (bits[0] >>> shift) - first));
}

/** Twin of `binResiduals`. */
export function binResiduals(
  { truth, lower, upper }: Bounds,
  { grid, gamma, side, weight }: Binning,
  sums: Float64Array,
  touched: Uint32Array,
  count: number,
): number {
  let listed = count;
  for (let j = 0; j < truth.length; j++) {
    const twice = 2 * truth[j] - lower[j] - upper[j];
    const a = side === 'below' ? -twice : side === 'above' ? twice : Math.abs(twice);
    const i = upper[j] - lower[j];
    if (a <= gamma * i) continue;
    const column = step(a, grid.shift, grid.firstColumn, grid.columns);
    const row = step(Math.fround(i) + grid.offset, grid.shift, grid.firstRow, grid.rows);
    const further = side === 'apart' && twice > 0 ? grid.rows * grid.columns : 0;
    const cell = row * grid.columns + column + further;
    if (sums[4 * cell] === 0) touched[listed++] = cell;
    sums[4 * cell] += weight;
    sums[4 * cell + 1] += weight * a;
    sums[4 * cell + 2] += weight * a * i;
  }
  return listed;
}

/** Twin of `cellLoss`. */
export function cellLoss(
  { weight, residual, width }: Cells,
  lambda: number,
  gamma: number,
  out: Float64Array,
): void {
  let excess = 0;
  let fall = 0;
  for (let c = 0; c < weight.length; c++) {
    const d = width[c] + 2 * lambda;
    if (!(residual[c] <= gamma * d)) {
      excess += weight[c] * (residual[c] / d - gamma);
      fall += (weight[c] * residual[c]) / d / d;
    }
  }
  out[0] = Math.max(0, excess) / (1 - gamma);
  out[1] = fall === 0 ? 0 : (-2 * fall) / (1 - gamma);
}
