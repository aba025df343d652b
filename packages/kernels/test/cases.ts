// The kernels against their scalar twins, as plain functions: vitest runs them in Node, a page runs them in a browser.
// Each throws on the first mismatch. No test framework and no Node module may be imported here.
import type * as FaceModule from '../src/index.ts';
import type * as ScalarModule from '../src/scalar/index.ts';

export type Face = typeof FaceModule;
export type Scalar = typeof ScalarModule;
export type Case = (face: Face, scalar: Scalar, options?: { readonly debug?: boolean }) => Promise<void>;

/** Tail lengths around vector (4), unrolled (16) and byte-vector widths, counting tiles (4080) and chunks (16384). */
export const LENGTHS: readonly number[] = [
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  9,
  12,
  15,
  16,
  17,
  31,
  32,
  33,
  63,
  64,
  65,
  127,
  129,
  255,
  1000,
  4079,
  4080,
  4081,
  4097,
  16383,
  16384,
  16385,
  16384 * 2 + 1,
];

const SPECIAL: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  1e-40,
  -1e-40,
  3.4e38,
  -3.4e38,
  Infinity,
  -Infinity,
];

/** Uniform numbers in [0, 1) on a 32-bit state (mulberry32), the same on every platform. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Intervals in [0, 1] with lower ≤ upper; a tenth of them without width, a tenth of those at the truth. */
export function intervals(
  n: number,
  seed: number,
): { truth: Float32Array; lower: Float32Array; upper: Float32Array } {
  const next = uniforms(seed);
  const truth = Float32Array.from({ length: n }, next);
  const lower = new Float32Array(n);
  const upper = new Float32Array(n);
  for (let j = 0; j < n; j++) {
    const centre = Math.fround(Math.min(1, Math.max(0, truth[j] + 0.3 * (next() - 0.5))));
    const width = next() < 0.1 ? 0 : 0.2 * next();
    lower[j] = width === 0 ? centre : Math.max(0, centre - width);
    upper[j] = width === 0 ? centre : Math.min(1, centre + width);
    if (width === 0 && next() < 0.1) truth[j] = centre;
  }
  return { truth, lower, upper };
}

/** Values with a fifth of them special: ±0, ±1, ±∞, denormals, the largest; and NaN if asked for. */
export function specials(n: number, seed: number, nan = false): Float32Array {
  const next = uniforms(seed);
  const pool = nan ? [...SPECIAL, NaN] : SPECIAL;
  return Float32Array.from({ length: n }, () =>
    next() < 0.2 ? pool[Math.floor(next() * pool.length)] : next() * 0.5 - 0.4,
  );
}

/** Group numbers in runs of random length, as organs come. */
export function labels<T extends Uint8Array | Uint16Array>(
  make: (length: number) => T,
  n: number,
  groupCount: number,
  seed: number,
): T {
  const next = uniforms(seed);
  const groups = make(n);
  for (let j = 0; j < n; ) {
    const group = Math.floor(next() * groupCount);
    const run = next() < 0.5 ? 1 : Math.ceil(next() * 60);
    for (const end = Math.min(n, j + run); j < end; j++) groups[j] = group;
  }
  return groups;
}

/** Segment borders over n voxels, some segments empty. */
export function borders(n: number, segments: number, seed: number): Uint32Array {
  const next = uniforms(seed);
  const cuts = Uint32Array.from({ length: segments - 1 }, () => Math.floor(next() * (n + 1))).sort();
  return Uint32Array.of(0, ...cuts, n);
}

type Numbers = Float32Array | Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** Throws unless both hold the same values to the bit (all NaN alike). */
export function same(what: string, found: Numbers, expected: Numbers): void {
  if (found.length !== expected.length) {
    throw new Error(`${what}: ${found.length} values, expected ${expected.length}`);
  }
  for (let j = 0; j < expected.length; j++) {
    if (!Object.is(found[j], expected[j])) {
      throw new Error(`${what}[${j}] of ${expected.length} is ${found[j]}, expected ${expected[j]}`);
    }
  }
}

/**
 * Throws unless sums agree. Lanes add in another order than the twin, and a·(1/d) rounds once more than a/d: a relative
 * 1e-12, and 1e-15 per term where a term is a difference near zero, are far above that and far below any real fault.
 */
export function close(what: string, found: Float64Array, expected: Float64Array, terms: number): void {
  if (found.length !== expected.length) {
    throw new Error(`${what}: ${found.length} values, expected ${expected.length}`);
  }
  for (let s = 0; s < expected.length; s++) {
    const tolerance = 1e-12 * Math.abs(expected[s]) + 1e-15 * terms;
    const agree = Object.is(found[s], expected[s]) || Math.abs(found[s] - expected[s]) <= tolerance;
    if (!agree) throw new Error(`${what}[${s}] is ${found[s]}, expected ${expected[s]}`);
  }
}

/** A copy of an array on kernel memory, so that the kernel works in place. Its view dies when memory grows. */
export function inPlace<T extends Numbers>(face: FaceModule.Kernels, array: T): FaceModule.Block<T> {
  const { arena } = face;
  const make = {
    Float32Array: () => arena.float32(array.length),
    Float64Array: () => arena.float64(array.length),
    Uint32Array: () => arena.uint32(array.length),
    Uint16Array: () => arena.uint16(array.length),
    Uint8Array: () => arena.uint8(array.length),
  }[array.constructor.name as 'Float32Array'] as unknown as () => FaceModule.Block<T>;
  const block = make();
  block.view.set(array);
  return block;
}

const bytes = (n: number) => new Uint8Array(n);
const shorts = (n: number) => new Uint16Array(n);

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

const sanitize: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    for (const nan of [false, true]) {
      const make = () => ({
        lower: specials(n, n + 1, nan).map((v) => v + 0.5),
        upper: specials(n, n + 2, nan).map((v) => v + 0.6),
        point: specials(n, n + 3, nan),
      });
      for (const keep of ['point', 'bounds'] as const) {
        const found = make();
        const expected = make();
        const pick = ({ lower, upper, point }: ReturnType<typeof make>) =>
          keep === 'point' ? { lower, upper, point } : { lower, upper };
        const report = face.sanitizeIntervals(k, pick(found));
        const wanted = scalar.sanitizeIntervals(pick(expected));
        same(
          `sanitize counts, ${n}`,
          Float64Array.of(report.clipped, report.crossed),
          Float64Array.of(wanted.clipped, wanted.crossed),
        );
        for (const name of ['lower', 'upper', 'point'] as const)
          same(`sanitized ${name}, ${n}`, found[name], expected[name]);
        const mark = k.arena.mark();
        const blocks = [make().lower, make().upper].map((column) => inPlace(k, column));
        face.sanitizeIntervals(k, { lower: blocks[0].view, upper: blocks[1].view });
        same(`sanitized lower in place, ${n}`, blocks[0].view, expected.lower);
        same(`sanitized upper in place, ${n}`, blocks[1].view, expected.upper);
        k.arena.release(mark);
      }
    }
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

const groups: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const make of [bytes, shorts]) {
    for (const n of LENGTHS) {
      for (const groupCount of make === bytes ? [1, 2, 12, 256] : [1, 13, 300, 65536]) {
        if (groupCount === 65536 && n > 100 && n !== 16385) continue;
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        const counts = scalar.countGroups(label, groupCount);
        same(`group counts, ${n}`, face.countGroups(k, label, groupCount), counts);

        const { truth, lower, upper } = intervals(n, n);
        const columns = [truth, lower, upper];
        const expected = columns.map(() => new Float32Array(n));
        const offsets = scalar.gather(label, groupCount, columns, expected);

        const mark = k.arena.mark();
        const label2 = inPlace(k, label);
        const source = inPlace(k, lower);
        const blocks = columns.map(() => k.arena.float32(n));
        const heap = columns.map(() => new Float32Array(n));
        const found = face.gather(k, label, groupCount, columns, heap);
        same(`gather offsets, ${n}`, found, offsets);
        columns.forEach((_, c) => void same(`gather ${c}, ${n} on the heap`, heap[c], expected[c]));
        const mixed = [new Float32Array(n), blocks[1].view, blocks[2].view];
        face.gather(k, label2.view, groupCount, [truth, source.view, upper], mixed);
        columns.forEach((_, c) => void same(`gather ${c}, ${n} mixed`, mixed[c], expected[c]));
        face.gather(
          k,
          label2.view,
          groupCount,
          columns,
          blocks.map(({ view }) => view),
        );
        columns.forEach((_, c) => void same(`gather ${c}, ${n} in place`, blocks[c].view, expected[c]));
        k.arena.release(mark);
      }
    }
  }
};

const profiles: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const make of [bytes, shorts]) {
    for (const n of LENGTHS) {
      for (const groupCount of [1, 12, 200]) {
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        // Rounding to a coarse grid makes ties; specials bring ±0, ±∞ and denormals.
        const coarse = specials(n, n + 5).map((v) =>
          Math.abs(v) < 1 && Math.abs(v) > 1e-3 ? Math.round(v * 64) / 64 : v,
        );
        for (const values of [specials(n, n), coarse, specials(n, n + 1).map(Math.abs)]) {
          for (const positions of [true, false]) {
            const expected = scalar.profileScores(values, label, groupCount, { positions });
            const mark = k.arena.mark();
            const block = inPlace(k, values);
            for (const input of [values, block.view]) {
              const found = face.profileScores(k, input, label, groupCount, { positions });
              same(`profile voxels, ${n}`, found.voxels, expected.voxels);
              same(`profile offsets, ${n}`, found.offsets, expected.offsets);
              same(`profile scores, ${n}`, found.scores, expected.scores);
              if (positions) same(`profile positions, ${n}`, found.positions!, expected.positions!);
              else if (found.positions) throw new Error('positions nobody asked for');
            }
            k.arena.release(mark);
          }
        }
      }
    }
  }
};

const misses: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const values = specials(n, n, true);
    for (const [make, groupCount] of [
      [bytes, 1],
      [bytes, 12],
      [bytes, 16],
      [bytes, 17],
      [bytes, 256],
      [shorts, 12],
      [shorts, 1000],
    ] as const) {
      const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
      const lambda = specials(groupCount, groupCount + n);
      // Ties: some λ equal some scores exactly, which then are covered.
      if (n > 0)
        for (let g = 0; g < groupCount; g += 3) lambda[g] = Number.isNaN(values[g % n]) ? 0 : values[g % n];
      const expected = scalar.missesByGroup(values, label, groupCount, lambda);
      same(`misses by group, ${n}`, face.missesByGroup(k, values, label, groupCount, lambda), expected);
      const mark = k.arena.mark();
      const [block, label2] = [inPlace(k, values), inPlace(k, label)];
      same(
        `misses by group, ${n} in place`,
        face.missesByGroup(k, block.view, label2.view, groupCount, lambda),
        expected,
      );
      k.arena.release(mark);
    }
    for (const segments of [1, 3, 12]) {
      const offsets = borders(n, segments, n + segments);
      const lambda = specials(segments, n + segments);
      const expected = scalar.missesBySegment(values, offsets, lambda);
      same(`misses by segment, ${n}`, face.missesBySegment(k, values, offsets, lambda), expected);
      const block = inPlace(k, values);
      same(
        `misses by segment, ${n} in place`,
        face.missesBySegment(k, block.view, offsets, lambda),
        expected,
      );
    }
  }
};

const sweeps: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  const even = Float32Array.from({ length: 101 }, (_, t) => t / 200);
  const grids = [
    new Float32Array(0),
    Float32Array.of(0),
    Float32Array.of(-0, 0, 0, 2 ** -149, 0.25, 0.25, Infinity),
    Float32Array.of(-Infinity, -0.3, -1e-40, 0, 1e-40, 0.1),
    even,
    specials(64, 9).sort(),
  ];
  // The last length is long enough for the bucket table.
  for (const n of [...LENGTHS, 70000]) {
    for (const grid of n === 70000 ? grids.slice(2) : grids) {
      for (const [make, groupCount] of [
        [bytes, 12],
        [shorts, 300],
      ] as const) {
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        const values = specials(n, n, true);
        if (grid.length > 0) for (let j = 0; j < n; j += 5) values[j] = grid[j % grid.length];
        const expected = scalar.coverageSweep(values, label, groupCount, grid);
        same(
          `coverage sweep, ${n} × ${grid.length}`,
          face.coverageSweep(k, values, label, groupCount, grid),
          expected,
        );
      }
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
      for (const rank of [0, 1, n >> 1, n - 1]) {
        if (rank < 0 || rank >= n) continue;
        const value = face.radixSelect(k, values, rank);
        same(`radix select ${rank} of ${n}`, Float64Array.of(value), Float64Array.of(expected[rank]));
      }
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
  refused('radixSelect', () => face.radixSelect(k, values, 0));
  refused('profileScores', () => face.profileScores(k, values, zero, 1, { positions: false }));
  same('misses of NaN', face.missesByGroup(k, values, zero, 1, Float32Array.of(Infinity)), Uint32Array.of(1));
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
};

/** Every case by name. */
export const cases: Readonly<Record<string, Case>> = {
  'scores equal the twin, staged, in place and over an input': scores,
  'scaled scores equal the twin': scaledScores,
  'sanitizing equals the twin, NaN left alone': sanitize,
  'firstNaN finds the first, wherever it stands': nans,
  'counting and gathering by group equal the twin': groups,
  'profiles equal the twin, ties by voxel index': profiles,
  'misses equal the twin, λ equal to a score covers': misses,
  'coverage sweeps equal the twin': sweeps,
  'loss sweeps agree with the twin, in place as staged to the bit': losses,
  'clamped lengths agree with the twin, in place as staged to the bit': lengths,
  'sort and select equal the twin': sorts,
  'NaN is refused or shows': refusals,
};
