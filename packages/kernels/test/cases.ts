// The kernels against their scalar twins, as plain functions: vitest runs them in Node, a page runs them in a browser.
// Each throws on the first mismatch. No test framework and no Node module may be imported here.
import { binning, cellLosses } from './cell-cases.ts';
import {
  divisions,
  edgeBins,
  edges,
  groups,
  misses,
  planes,
  profiles,
  regions,
  sides,
  sweeps,
  tallies,
  widening,
} from './group-cases.ts';
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

export type { Face } from './inputs.ts';

const scores: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const special = {
      truth: specials(n, n),
      lower: specials(n, n + 1, true),
      upper: specials(n, n + 2, true),
    };
    for (const columns of [intervals(n, n), special]) {
      const expected = new Float32Array(n);
      scalar.computeScores(columns, expected);
      const out = new Float32Array(n);
      face.computeScores(k, columns, out);
      same(`scores, ${n} staged`, out, expected);

      const mark = k.arena.mark();
      const [truth, lower, upper] = [columns.truth, columns.lower, columns.upper].map((c) => inPlace(k, c));
      const target = inPlace(k, new Float32Array(n));
      face.computeScores(k, { truth: truth.view, lower: lower.view, upper: upper.view }, target.view);
      same(`scores, ${n} in place`, target.view, expected);
      face.computeScores(k, { truth: truth.view, lower: lower.view, upper: upper.view }, truth.view);
      same(`scores, ${n} over the truth`, truth.view, expected);
      k.arena.release(mark);

      const own = columns.truth.slice();
      face.computeScores(k, { ...columns, truth: own }, own);
      same(`scores, ${n} staged over the truth`, own, expected);
    }
  }
};

const scaledScores: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const weights = intervals(n, n + 7);
    const columns = {
      ...intervals(n, n),
      lowerWeight: weights.lower.map((w) => w + 0.01),
      upperWeight: weights.upper.map((w) => w + 0.01),
    };
    const expected = new Float32Array(n);
    scalar.computeScaledScores(columns, expected);
    const out = new Float32Array(n);
    face.computeScaledScores(k, columns, out);
    same(`scaled scores, ${n}`, out, expected);
  }
};

const nans: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const values = specials(n, n);
    if (face.firstNaN(k, values) !== -1) throw new Error(`firstNaN finds one where there is none, ${n}`);
    for (const at of [0, 1, 3, 4, 15, 16, 17, n - 2, n - 1, 16384]) {
      if (at < 0 || at >= n) continue;
      const spoilt = values.slice();
      spoilt[at] = NaN;
      new Uint32Array(spoilt.buffer)[n - 1] = 0xffc00001;
      const expected = scalar.firstNaN(spoilt);
      const block = inPlace(k, spoilt);
      for (const where of [spoilt, block.view]) {
        const found = face.firstNaN(k, where);
        if (found !== expected) throw new Error(`firstNaN of ${n} is ${found}, expected ${expected}`);
      }
      k.arena.release(block.view.byteOffset - (block.view.byteOffset % 64));
    }
  }
};

const losses: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const columns = intervals(n, n);
    const { truth, lower, upper } = columns;
    const mark = k.arena.mark();
    const blocks = [truth, lower, upper].map((column) => inPlace(k, column));
    const views = { truth: blocks[0].view, lower: blocks[1].view, upper: blocks[2].view };
    for (const segments of [1, 2, 12]) {
      const offsets = borders(n, segments, n + segments);
      const next = uniforms(n);
      for (const gamma of [0, 0.3, 0.5, 0.7]) {
        for (const at of [0, 1e-3, 0.1, Infinity]) {
          const lambda = Float64Array.from({ length: segments }, () =>
            at === 0 || at === Infinity ? at : at * next(),
          );
          const expected = scalar.lossSweep(columns, offsets, lambda, gamma);
          const found = face.lossSweep(k, columns, offsets, lambda, gamma);
          close(`loss, ${n} at ${at}`, found.loss, expected.loss, n);
          // The slope's terms are no differences, so nothing cancels: the relative part alone.
          close(`slope, ${n} at ${at}`, found.slope, expected.slope, 0);
          const placed = face.lossSweep(k, views, offsets, lambda, gamma);
          same(`loss, ${n} in place`, placed.loss, found.loss);
          same(`slope, ${n} in place`, placed.slope, found.slope);
        }
      }
    }

    k.arena.release(mark);
  }
};

const lengths: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  const shifts = [
    [0, 0],
    [0.05, 0.1],
    [2, 2],
    [2.5, 0],
    [Infinity, 0],
    [-0.1, 0.2],
    [-Infinity, -Infinity],
  ];
  for (const n of LENGTHS) {
    // Bounds outside [0, 1] need not be clipped beforehand.
    const wild = { lower: specials(n, n), upper: specials(n, n + 1) };
    const lowerAlone = { lower: wild.lower.map((v) => v + 1), upper: intervals(n, n).upper };
    for (const columns of [intervals(n, n), wild, lowerAlone]) {
      const mark = k.arena.mark();
      const [lower, upper] = [inPlace(k, columns.lower), inPlace(k, columns.upper)];
      for (const segments of [1, 2, 12]) {
        const offsets = borders(n, segments, n + segments);
        for (const [b, a] of shifts) {
          const below = new Float64Array(segments).fill(b);
          const above = new Float64Array(segments).fill(a);
          const expected = scalar.clampedLength(columns, offsets, below, above);
          const found = face.clampedLength(k, columns, offsets, below, above);
          close(`length, ${n}`, found, expected, n);
          const views = { lower: lower.view, upper: upper.view };
          same(`length, ${n} in place`, face.clampedLength(k, views, offsets, below, above), found);
        }
      }
      k.arena.release(mark);
    }
  }
};

const sorts: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    for (const values of [specials(n, n), intervals(n, n).truth, new Float32Array(n).fill(-1)]) {
      const expected = values.slice();
      scalar.radixSort(expected);
      const found = values.slice();
      face.radixSort(k, found);
      same(`radix sort, ${n}`, found, expected);
      const mark = k.arena.mark();
      const block = inPlace(k, values);
      face.radixSort(k, block.view);
      same(`radix sort, ${n} in place`, block.view, expected);
      k.arena.release(mark);
    }
  }
};

/** NaN is refused where a result would hide it, and shows where it would not. */
const refusals: Case = async (face, _scalar, options) => {
  const k = await face.loadKernels(options);
  const values = Float32Array.of(0.1, 0.2, NaN);
  const zero = Uint8Array.of(0, 0, 0);
  const offsets = Uint32Array.of(0, 3);
  const refused = (what: string, call: () => void) => {
    try {
      call();
    } catch (error) {
      if (error instanceof face.SemcrcError && error.code === 'bad-input' && error.message.includes('[2]'))
        return;
      throw error;
    }
    throw new Error(`${what} takes NaN`);
  };
  refused('radixSort', () => face.radixSort(k, values));
  refused('profileScores', () => face.profileScores(k, values, zero, 1, { positions: false }));
  same(
    'misses of NaN',
    face.missesBySegment(k, values, offsets, Float32Array.of(Infinity)),
    Uint32Array.of(1),
  );
  same(
    'sweep of NaN',
    face.coverageSweep(k, values, zero, 1, Float32Array.of(1, Infinity)),
    Uint32Array.of(1, 1),
  );
  const columns = { truth: values, lower: new Float32Array(3), upper: new Float32Array(3).fill(1) };
  for (const lambda of [0, 0.5]) {
    const { loss } = face.lossSweep(k, columns, offsets, Float64Array.of(lambda), 0.5);
    same('loss of NaN', loss, Float64Array.of(NaN));
    const level = Float64Array.of(lambda);
    const bounds = { lower: values, upper: columns.upper };
    same('length of NaN', face.clampedLength(k, bounds, offsets, level, level), Float64Array.of(NaN));
  }
  const unknown = new Float32Array(5).fill(NaN);
  const half = new Float32Array(5).fill(0.5);
  const one = { below: Float32Array.of(Infinity), above: Float32Array.of(Infinity) };
  for (const point of [{}, { point: half }]) {
    const marks = new Uint8Array(5);
    face.markMissed(k, { truth: unknown, lower: half, upper: half, ...point }, new Uint8Array(5), one, marks);
    same('marks of NaN', marks, new Uint8Array(5).fill(1));
    const out = { lower: new Float32Array(5), upper: new Float32Array(5) };
    const bounds = { lower: unknown, upper: unknown, ...point };
    face.widenIntervals(
      k,
      bounds,
      new Uint8Array(5),
      { below: Float32Array.of(0), above: Float32Array.of(0) },
      out,
    );
    same('lower bounds of NaN', out.lower, unknown);
    same('upper bounds of NaN', out.upper, unknown);
  }
};

/** Every case by name. */
export const cases: Readonly<Record<string, Case>> = {
  'scores equal the twin, staged, in place and over an input': scores,
  'scaled scores equal the twin': scaledScores,
  'firstNaN finds the first, wherever it stands': nans,
  'counting and gathering by group equal the twin': groups,
  'profiles equal the twin, ties by voxel index': profiles,
  'dividing groups by pixel equals the twin': regions,
  'dividing by pixel equals the twin, for few parts and many': divisions,
  'distances to the edges equal the twin, widths to the bit': edges,
  'distances to the edges in bins equal the twin, sums to the bit': edgeBins,
  'sides equal the twin': sides,
  'misses equal the twin, λ equal to a score covers': misses,
  'coverage sweeps equal the twin': sweeps,
  'loss sweeps agree with the twin, in place as staged to the bit': losses,
  'binning equals the twin to the bit': binning,
  'losses of cells agree with the twin, in place as staged to the bit': cellLosses,
  'clamped lengths agree with the twin, in place as staged to the bit': lengths,
  'clamped lengths with λ by pixel agree with the twin, in place as staged to the bit': planes,
  'sorts equal the twin': sorts,
  'widths summed and marks counted by group equal the twin to the bit, in place as staged': tallies,
  'widened intervals and missed voxels equal the twin to the bit, in place as staged': widening,
  'NaN is refused or shows': refusals,
};
