// Condensing voxels to cells, against the twins. No test framework and no Node module may be imported here.
import type { Binning, ResidualGrid } from '../src/index.ts';
import {
  borders,
  type Case,
  close,
  inPlace,
  intervals,
  LENGTHS,
  same,
  specials,
  uniforms,
} from './inputs.ts';

/** Grids that hold all of [0, 1], little of it, and a single cell. */
const GRIDS: readonly ResidualGrid[] = [
  {
    shift: 17,
    firstColumn: 0x3b000000 >>> 17,
    columns: 641,
    offset: 2 ** -5,
    firstRow: 0x3d000000 >>> 17,
    rows: 324,
  },
  {
    shift: 21,
    firstColumn: 0x3e000000 >>> 21,
    columns: 5,
    offset: 0.25,
    firstRow: 0x3e800000 >>> 21,
    rows: 3,
  },
  { shift: 23, firstColumn: 0, columns: 1, offset: 1, firstRow: 0, rows: 1 },
];

/** Voxels fall into the same cells, in the same order and to the bit, whatever their values. */
export const binning: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  const largest = 2 * GRIDS[0].rows * GRIDS[0].columns;
  const tables = { sums: k.arena.float64(4 * largest), touched: k.arena.uint32(largest + 1) };
  tables.sums.view.fill(0);
  const twin = { sums: new Float64Array(4 * largest), touched: new Uint32Array(largest) };
  for (const n of LENGTHS) {
    const wild = { truth: specials(n, n), lower: specials(n, n + 1, true), upper: specials(n, n + 2) };
    for (const columns of [intervals(n, n), wild]) {
      for (const side of ['both', 'below', 'above', 'apart'] as const) {
        for (const [g, grid] of GRIDS.entries()) {
          const mark = k.arena.mark();
          const blocks = [columns.truth, columns.lower, columns.upper].map((column) => inPlace(k, column));
          let count = 0;
          let expected = 0;
          // In two parts: the first from the heap, the second in place, of another weight.
          const [, border] = borders(n, 2, n + g);
          const parts = [
            { from: 0, to: border, weight: 1 / 3, placed: false },
            { from: border, to: n, weight: 0.7, placed: true },
          ];
          for (const { from, to, weight, placed } of parts) {
            const binning: Binning = { grid, gamma: 0.1 * g, side, weight };
            const cut = (column: Float32Array) => column.subarray(from, to);
            const own = { truth: cut(columns.truth), lower: cut(columns.lower), upper: cut(columns.upper) };
            expected = scalar.binResiduals(own, binning, twin.sums, twin.touched, expected);
            const [truth, lower, upper] = blocks.map(({ view }) => cut(view));
            const given = placed ? { truth, lower, upper } : own;
            count = face.binResiduals(k, given, binning, tables.sums.view, tables.touched.view, count);
          }
          const name = `binning ${n}, ${side}, grid ${g}`;
          const listed = tables.touched.view.slice(0, count);
          same(`${name}, touched`, listed, twin.touched.subarray(0, expected));
          for (const cell of listed) {
            const own = tables.sums.view.subarray(4 * cell, 4 * cell + 4);
            same(`${name}, cell ${cell}`, own, twin.sums.subarray(4 * cell, 4 * cell + 4));
            own.fill(0);
            twin.sums.fill(0, 4 * cell, 4 * cell + 4);
          }
          k.arena.release(mark);
        }
      }
    }
  }
  same('cells never listed', tables.sums.view, new Float64Array(4 * largest));
};

/** The loss of cells agrees with the twin, in place as staged. */
export const cellLosses: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const next = uniforms(n + 1);
    const cells = {
      weight: Float64Array.from({ length: n }, () => next() + 0.01),
      residual: Float64Array.from({ length: n }, next),
      width: Float64Array.from({ length: n }, () => (next() < 0.1 ? 0 : next())),
    };
    const mark = k.arena.mark();
    const [weight, residual, width] = [cells.weight, cells.residual, cells.width].map((c) => inPlace(k, c));
    const placed = { weight: weight.view, residual: residual.view, width: width.view };
    for (const gamma of [0, 0.3, 0.7]) {
      for (const lambda of [0, 1e-3, 0.1, Infinity]) {
        const expected = new Float64Array(2);
        scalar.cellLoss(cells, lambda, gamma, expected);
        const found = new Float64Array(2);
        face.cellLoss(k, cells, lambda, gamma, found);
        close(`cell loss, ${n} at ${lambda}`, found.subarray(0, 1), expected.subarray(0, 1), n);
        close(`its slope, ${n} at ${lambda}`, found.subarray(1), expected.subarray(1), 0);
        const there = new Float64Array(2);
        face.cellLoss(k, placed, lambda, gamma, there);
        same(`cell loss, ${n} in place`, there, found);
      }
    }
    k.arena.release(mark);
  }
  const blank = { weight: Float64Array.of(1), residual: Float64Array.of(NaN), width: Float64Array.of(0.1) };
  const out = new Float64Array(2);
  face.cellLoss(k, blank, 0.1, 0.5, out);
  same('cell loss of NaN', out, Float64Array.of(NaN, NaN));
};
