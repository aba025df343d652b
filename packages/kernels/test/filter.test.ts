import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ActiveFloor,
  type Bounds,
  filterActive,
  filterWithin,
  type Kernels,
  loadKernels,
} from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';
import { LENGTHS } from './inputs.ts';

/** Fractions of 2^-7, so that values tie with each other and with floors; mulberry32. */
function column(seed: number, n: number): Float32Array {
  let a = seed;
  return Float32Array.from({ length: n }, () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 25) / 128;
  });
}

function problem(n: number): Bounds {
  const [a, b] = [column(n + 1, n), column(n + 2, n)];
  const truth = column(n + 3, n);
  for (let j = 5; j < n; j += 37) truth[j] = (a[j] + b[j]) / 2;
  return { truth, lower: a.map((v, j) => Math.min(v, b[j])), upper: a.map((v, j) => Math.max(v, b[j])) };
}

const empty = (n: number): Bounds => ({
  truth: new Float32Array(n),
  lower: new Float32Array(n),
  upper: new Float32Array(n),
});

/** The first index below n at which two columns differ, −1 if none. */
const differ = (a: Float32Array, b: Float32Array, n: number) =>
  a.subarray(0, n).findIndex((value, j) => !Object.is(value, b[j]));
const differAny = (a: Bounds, b: Bounds, n: number) =>
  Math.max(differ(a.truth, b.truth, n), differ(a.lower, b.lower, n), differ(a.upper, b.upper, n));

describe.each([{ debug: false }, { debug: true }])('filters, %o', (options) => {
  let k: Kernels;
  beforeAll(async () => {
    k = await loadKernels(options);
  });

  const place = (values: Float32Array) => {
    const block = k.arena.float32(values.length);
    block.view.set(values);
    return block;
  };

  it.each(LENGTHS)('keep what the twins keep, staged and in place, %i voxels', (n) => {
    const columns = problem(n);
    const offsets = Uint32Array.of(0, n >> 2, n >> 2, n);
    for (const side of ['both', 'below', 'above'] as const) {
      for (const shift of [0, 0.125, Infinity]) {
        const floor: ActiveFloor = { gamma: 0.25, shift: Float64Array.of(0.25, 0, shift), side };
        const expected = empty(n);
        const twin = scalar.filterActive(columns, offsets, floor, expected);
        const staged = empty(n);
        expect(filterActive(k, columns, offsets, floor, staged)).toEqual(twin);
        expect(differAny(staged, expected, twin[3])).toBe(-1);

        const mark = k.arena.mark();
        const blocks = [columns.truth, columns.lower, columns.upper].map(place);
        const outs = [0, 1, 2].map(() => place(new Float32Array(n + 4).fill(9)));
        const [truth, lower, upper] = blocks.map(({ view }) => view);
        // As long as the input: what may be written beyond the end must not be.
        const views = outs.map(({ view }) => view.subarray(0, n));
        const out = { truth: views[0], lower: views[1], upper: views[2] };
        expect(filterActive(k, { truth, lower, upper }, offsets, floor, out)).toEqual(twin);
        expect(differAny(out, expected, twin[3])).toBe(-1);
        for (const { view } of outs) expect([...view.subarray(n)]).toEqual([9, 9, 9, 9]);
        k.arena.release(mark);
      }
    }
    for (const [low, high] of [
      [0, 1],
      [0.25, 0.5],
      [-Infinity, Infinity],
      [0.5, 0.25],
    ]) {
      const expected = new Float32Array(n);
      const count = scalar.filterWithin(columns.truth, low, high, expected);
      const staged = new Float32Array(n);
      expect(filterWithin(k, columns.truth, low, high, staged)).toBe(count);
      expect(differ(staged, expected, count)).toBe(-1);
      const mark = k.arena.mark();
      const [values, out] = [place(columns.truth), place(new Float32Array(n + 4).fill(9))];
      expect(filterWithin(k, values.view, low, high, out.view.subarray(0, n))).toBe(count);
      expect(differ(out.view, expected, count)).toBe(-1);
      expect([...out.view.subarray(n)]).toEqual([9, 9, 9, 9]);
      k.arena.release(mark);
    }
  });

  it('keep NaN, wherever it stands', () => {
    for (let at = 0; at < 7; at++) {
      const values = new Float32Array(7);
      values[at] = Number.NaN;
      const out = new Float32Array(7);
      expect(filterWithin(k, values, 0, 1, out)).toBe(1);
      expect(out[0]).toBeNaN();
      const columns = { ...empty(7), truth: values };
      const floor: ActiveFloor = { gamma: 0.5, shift: Float64Array.of(0), side: 'above' };
      expect([...filterActive(k, columns, Uint32Array.of(0, 7), floor, empty(7))]).toEqual([0, 1]);
    }
  });

  it('refuse outputs too short for what is kept, and columns that do not fit', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5);
    const refused = expect.objectContaining({ code: 'bad-input' });
    expect(() => filterWithin(k, values, 0, 9, new Float32Array(4))).toThrow(refused);
    const floor: ActiveFloor = { gamma: 0.5, shift: Float64Array.of(0), side: 'both' };
    const columns = { truth: values, lower: new Float32Array(5), upper: new Float32Array(5) };
    expect(() => filterActive(k, columns, Uint32Array.of(0, 5), floor, empty(4))).toThrow(refused);
    const blank = { ...floor, shift: Float64Array.of(Number.NaN) };
    expect(() => filterActive(k, columns, Uint32Array.of(0, 5), blank, empty(5))).toThrow(refused);
  });
});
