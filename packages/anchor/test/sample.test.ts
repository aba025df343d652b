import { type Kernels, loadKernels } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LengthProblem, solveGammaAnchor, subsampleVoxels } from '../src/index.ts';
import { problemOf, type Scans } from './arbitrary.ts';
import { meanSurrogate, objectiveOf, optimum, referenceOf } from './reference.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** mulberry32. */
function uniform(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two scans whose groups have these sizes; every voxel's truth is its number, so that draws can be told apart. */
function numbered(sizes: readonly (readonly number[])[]): LengthProblem {
  const scans: Scans = sizes.map((scan) => scan.map((size) => Array.from({ length: size }, () => [0, 0, 0])));
  const problem = problemOf(kernels, scans);
  return { ...problem, voxels: { ...problem.voxels, truth: problem.voxels.truth.map((_, j) => j) } };
}

const drawn = ({ offsets, voxels }: LengthProblem, s: number) => [
  ...voxels.truth.subarray(offsets[s], offsets[s + 1]),
];
const sizesOf = ({ offsets }: LengthProblem) => [...offsets.subarray(1)].map((end, s) => end - offsets[s]);

describe("the paper's subsample", () => {
  it('draws d_opt = 50 voxels per scan in the shares of the groups, at the same positions in every scan', () => {
    const small = subsampleVoxels(
      numbered([
        [600, 300, 100],
        [600, 300, 100],
      ]),
      { rule: 'pk', random: uniform(1) },
    );
    expect(sizesOf(small)).toEqual([30, 30, 15, 15, 5, 5]);
    expect(drawn(small, 1)).toEqual(drawn(small, 0).map((j) => j + 600));
    expect(drawn(small, 5)).toEqual(drawn(small, 4).map((j) => j + 100));
  });

  it('gives the smallest group d_min = 2 voxels per scan for Psem, the others their share', () => {
    const small = subsampleVoxels(
      numbered([
        [800, 150, 50],
        [700, 250, 50],
      ]),
      { rule: 'psem', random: uniform(2) },
    );
    expect(sizesOf(small)).toEqual([30, 30, 8, 8, 2, 2]);
    expect(drawn(small, 1)).not.toEqual(drawn(small, 0).map((j) => j + 800));
  });

  it('draws without replacement, at least once from every group a scan contains, and from the same seed alike', () => {
    const problem = numbered([
      [900, 3, 0],
      [10, 5, 1],
    ]);
    const draw = () => subsampleVoxels(problem, { rule: 'pk', voxels: 20, random: uniform(3) });
    const small = draw();
    expect(draw()).toEqual(small);
    sizesOf(problem).forEach((size, s) => {
      const picks = drawn(small, s);
      expect(new Set(picks).size).toBe(picks.length);
      expect(picks.every((j) => j >= problem.offsets[s] && j < problem.offsets[s + 1])).toBe(true);
      expect(picks.length > 0).toBe(size > 0);
    });
  });

  it('keeps the weight of every segment, so that costs stay what they are', () => {
    const problem = numbered([
      [90, 30, 7],
      [10, 5, 0],
    ]);
    const small = subsampleVoxels(problem, { rule: 'psem', random: uniform(4) });
    const mass = ({ offsets, weightOfSegment }: LengthProblem) =>
      [...weightOfSegment].map((weight, s) => weight * (offsets[s + 1] - offsets[s]));
    mass(small).forEach((value, s) => {
      expect(value).toBeCloseTo(mass(problem)[s], 12);
    });
  });

  it('is drawn uniformly', () => {
    const problem = numbered([[40]]);
    const counts = new Float64Array(40);
    const random = uniform(5);
    for (let i = 0; i < 4000; i++) {
      for (const j of subsampleVoxels(problem, { rule: 'pk', voxels: 10, random }).voxels.truth) counts[j]++;
    }
    // Each of 40 voxels is expected in 1000 of 4000 draws, with standard deviation √(4000·¼·¾) = 27.4.
    counts.forEach((count) => {
      expect(Math.abs(count - 1000)).toBeLessThan(5 * 27.4);
    });
  });

  it('refuses a number of voxels that is not positive', () => {
    expect(() => subsampleVoxels(numbered([[4]]), { rule: 'pk', voxels: 0, random: uniform(6) })).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });
});

describe('a problem of many voxels, most of them alike', () => {
  const few: Scans = [
    [
      [
        [0.5, 0.05, 0.1],
        [0.5, 0.08, -0.2],
        [0.4, 0.1, 0.02],
        [0.6, 0.03, 0.05],
      ],
      [
        [0.3, 0.02, 0.1],
        [0.3, 0.06, -0.05],
      ],
      [
        [0.9, 0.01, 0.05],
        [0.7, 0, 0.02],
        [0.7, 0.2, 0.1],
      ],
    ],
  ];
  const times = 70_000;

  /** The same voxels many times over, on kernel memory: the same problem, with a known optimum. */
  function repeated(sides: 1 | 2): { small: LengthProblem; large: () => LengthProblem } {
    const small = problemOf(kernels, few, sides);
    const count = small.voxels.truth.length * times;
    const column = (values: Float32Array) => {
      const { view } = kernels.arena.float32(count);
      for (let s = 0; s < small.groupOfSegment.length; s++) {
        const from = small.offsets[s];
        const size = small.offsets[s + 1] - from;
        for (let j = 0; j < size * times; j++) view[from * times + j] = values[from + (j % size)];
      }
      return view.byteOffset;
    };
    const addresses = [small.voxels.truth, small.voxels.lower, small.voxels.upper].map(column);
    const large = () => {
      const [truth, lower, upper] = addresses.map(
        (address) => new Float32Array(kernels.memory.buffer, address, count),
      );
      return {
        ...small,
        voxels: { truth, lower, upper },
        offsets: small.offsets.map((offset) => offset * times),
        weightOfSegment: small.weightOfSegment.map((weight) => weight / times),
      };
    };
    return { small, large };
  }

  it.each([1, 2] as const)('is solved to the same certified bounds, %i side(s)', async (sides) => {
    const mark = kernels.arena.mark();
    const { small, large } = repeated(sides);
    expect(large().voxels.truth.length).toBeGreaterThan(2 ** 19);
    const reference = referenceOf(small);
    for (const epsilon of [0.05, 0.15, 0.3]) {
      const anchor = await solveGammaAnchor(large(), { epsilon });
      if (anchor.state !== 'solved') expect.unreachable('feasible');
      const optima = anchor.perGamma.map(({ gamma }) => optimum(reference, gamma, epsilon));
      anchor.perGamma.forEach(({ state, lowerBound }, g) => {
        expect(['solved', 'pruned']).toContain(state);
        expect(lowerBound).toBeLessThanOrEqual(optima[g] * (1 + 1e-9));
      });
      expect(anchor.objective).toBeLessThanOrEqual(Math.min(...optima) * (1 + 2e-4));
      expect(objectiveOf(reference, anchor.lambda)).toBeCloseTo(anchor.objective, 12);
      expect(meanSurrogate(reference, anchor.lambda, anchor.gamma)).toBeLessThanOrEqual(epsilon + 1e-11);
    }
    kernels.arena.release(mark);
  });
});
