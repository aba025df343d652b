/** Shares of 12 organ-like groups, background and body first; width of the interval, spread of its log, residual bias. */
const GROUPS = [
  { share: 0.4, width: 0.01, spread: 0.5 },
  { share: 0.42, width: 0.05, spread: 0.6 },
  { share: 0.012, width: 0.06, spread: 0.4 },
  { share: 0.009, width: 0.06, spread: 0.4 },
  { share: 0.009, width: 0.06, spread: 0.4 },
  { share: 0.0015, width: 0.05, spread: 0.3 },
  { share: 0.08, width: 0.07, spread: 0.4 },
  { share: 0.02, width: 0.08, spread: 0.7 },
  { share: 0.012, width: 0.06, spread: 0.5 },
  { share: 0.01, width: 0.06, spread: 0.5 },
  { share: 0.006, width: 0.07, spread: 0.5 },
  { share: 0.0205, width: 0.12, spread: 0.8 },
];

/** xorshift128, uniform in [0, 1). */
export function uniform(seed) {
  let a = seed | 1;
  let b = 0x9e3779b9;
  let c = 0x243f6a88;
  let d = 0xb7e15162;
  return () => {
    let t = d;
    t ^= t << 11;
    t ^= t >>> 8;
    d = c;
    c = b;
    b = a;
    t ^= a ^ (a >>> 19);
    a = t;
    return (t >>> 0) / 2 ** 32;
  };
}

/**
 * A length problem of `scans` scans of `voxelsPerScan` voxels: heteroscedastic intervals, normal residuals with one in
 * ten from tails three times as wide, about a fifth of the truth outside, everything clipped to [0, 1].
 */
export function makeProblem(kernels, { scans, voxelsPerScan, sides = 1, seed = 1 }) {
  const random = uniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const sizes = GROUPS.map(({ share }) => Math.floor(share * voxelsPerScan));
  sizes[0] += voxelsPerScan - sizes.reduce((sum, size) => sum + size, 0);
  const count = scans * voxelsPerScan;
  const blocks = [0, 1, 2].map(() => kernels.arena.float32(count));
  const [truth, lower, upper] = blocks.map((block) => block.view);
  const offsets = new Uint32Array(GROUPS.length * scans + 1);
  const groupOfSegment = new Uint16Array(GROUPS.length * scans);
  let at = 0;
  GROUPS.forEach(({ width, spread }, group) => {
    for (let scan = 0; scan < scans; scan++) {
      const level = Math.exp(0.2 * normal());
      const segment = group * scans + scan;
      groupOfSegment[segment] = group;
      for (let j = 0; j < sizes[group]; j++, at++) {
        const half = (width / 2) * level * Math.exp(spread * normal());
        const tail = random() < 0.1 ? 3 : 1;
        const centre = group === 0 ? 0.3 * random() ** 6 : 0.45 + 0.1 * normal();
        const clip = (value) => Math.min(1, Math.max(0, value));
        lower[at] = clip(centre - half);
        upper[at] = clip(centre + half);
        truth[at] = clip(centre + (half / 1.35) * tail * normal());
      }
      offsets[segment + 1] = at;
    }
  });
  const weightOfSegment = new Float64Array(groupOfSegment.length).fill(1 / count);
  return {
    kernels,
    voxels: { truth, lower, upper },
    offsets,
    groupOfSegment,
    weightOfSegment,
    groupCount: GROUPS.length,
    sides,
  };
}
