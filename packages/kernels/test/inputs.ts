// Seeded inputs for the kernels' tests, and the comparisons that say whether two results agree. No test framework and
// no Node module may be imported here: a page runs these too.
import type * as FaceModule from '../src/index.ts';
import type * as ScalarModule from '../src/scalar/index.ts';

export type Face = typeof FaceModule;
export type Scalar = typeof ScalarModule;

/** Throws on the first mismatch between the kernels and their twins. */
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
