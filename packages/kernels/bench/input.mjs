// Seeded input that looks like CT: organs in runs, smooth truth, an interval that misses about a fifth of the voxels.

export const GROUP_COUNT = 12;

/** Pixels of a slice, and the parts that each lies in at random, where kernels divide a plane. */
export const PLANE = 2 ** 16;
export const PART_COUNT = 4;

export function makeInput(n, seed = 1) {
  const next = uniforms(seed);
  const truth = new Float32Array(n);
  const lower = new Float32Array(n);
  const upper = new Float32Array(n);
  const groups = new Uint8Array(n);
  let group = 0;
  let level = 0.5;
  let run = 0;
  for (let j = 0; j < n; j++) {
    if (run-- <= 0) {
      group = next() < 0.6 ? 1 : Math.floor(next() * GROUP_COUNT);
      level = 0.2 + 0.05 * group;
      run = Math.floor(next() * 60);
    }
    const point = level + 0.02 * next();
    const width = 0.02 + 0.04 * next();
    truth[j] = point + 0.055 * (next() + next() + next() - 1.5);
    lower[j] = Math.max(0, point - width);
    upper[j] = Math.min(1, point + width);
    groups[j] = group;
  }
  const lambda = Float32Array.from({ length: GROUP_COUNT }, (_, g) => 0.002 * g);
  const grid = Float32Array.from({ length: 501 }, (_, t) => t / 1000);
  const parts = Uint8Array.from({ length: PLANE }, () => Math.floor(PART_COUNT * next()));
  return { truth, lower, upper, groups, lambda, grid, parts };
}

/** Uniform numbers in [0, 1) on a 32-bit state (mulberry32). */
function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}
