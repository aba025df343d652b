import { SemcrcError } from '@semcrc/kernels';
import { checkProblem, groupShares, type LengthProblem } from './problem.ts';

/** How the paper thins the voxels of the optimization split before it solves. */
export interface SubsampleOptions {
  /**
   * `pk`: `voxels` per scan in all, the same positions in every scan where groups are positions (PK).
   * `psem`: the number of voxels per scan with which the smallest group gets `voxels` of them (Psem).
   */
  readonly rule: 'pk' | 'psem';
  /** d_opt = 50 for `pk`, d_min = 2 for `psem`. */
  readonly voxels?: number;
  /** Uniform draws from [0, 1); the result depends on nothing else. */
  readonly random: () => number;
}

/**
 * The paper's stratified subsample (section 4) as a smaller problem: every group is drawn in its share E|S_k|/d of the
 * d_opt voxels per scan, without replacement, and at least once per scan that contains it. With `psem`
 * d_opt = d·d_min/min_k E|S_k|. Weights grow by voxels / voxels drawn, so that shares and losses keep their means.
 * The new columns lie on the JS heap.
 */
export function subsampleVoxels(problem: LengthProblem, options: SubsampleOptions): LengthProblem {
  const { rule, random } = options;
  const wanted = options.voxels ?? (rule === 'pk' ? 50 : 2);
  if (!(wanted > 0)) {
    throw new SemcrcError('usage', `a subsample needs a positive number of voxels, found ${wanted}`);
  }
  checkProblem(problem);
  const shares = groupShares(problem);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const least = shares.reduce((min, share) => (share > 0 ? Math.min(min, share) : min), Infinity);
  const budget = rule === 'pk' ? wanted : (wanted * total) / least;

  const segments = problem.groupOfSegment.length;
  const chosen: Uint32Array[] = [];
  const drawnForGroup = new Map<number, { size: number; picks: Uint32Array }>();
  for (let s = 0; s < segments; s++) {
    const size = problem.offsets[s + 1] - problem.offsets[s];
    const group = problem.groupOfSegment[s];
    const draws = Math.min(size, Math.max(1, Math.round((budget * shares[group]) / total)));
    const known = drawnForGroup.get(group);
    if (rule === 'pk' && known?.size === size) {
      chosen.push(known.picks);
    } else {
      const picks = drawWithoutReplacement(size, draws, random);
      drawnForGroup.set(group, { size, picks });
      chosen.push(picks);
    }
  }
  return take(problem, chosen);
}

/** `draws` different numbers below `size`, ascending (Floyd's algorithm). */
function drawWithoutReplacement(size: number, draws: number, random: () => number): Uint32Array {
  const picked = new Set<number>();
  for (let top = size - draws; top < size; top++) {
    const pick = Math.floor(random() * (top + 1));
    picked.add(picked.has(pick) ? top : pick);
  }
  return Uint32Array.from(picked).sort();
}

/** The chosen voxels of every segment (indices within it), weights raised so that each segment keeps its own. */
function take(problem: LengthProblem, chosen: readonly Uint32Array[]): LengthProblem {
  const { voxels } = problem;
  const offsets = new Uint32Array(chosen.length + 1);
  chosen.forEach((picks, s) => {
    offsets[s + 1] = offsets[s] + picks.length;
  });
  const weightOfSegment = Float64Array.from(problem.weightOfSegment, (weight, s) =>
    chosen[s].length > 0
      ? (weight * (problem.offsets[s + 1] - problem.offsets[s])) / chosen[s].length
      : weight,
  );
  const pick = (column: Float32Array): Float32Array => {
    const out = new Float32Array(offsets[chosen.length]);
    chosen.forEach((picks, s) => {
      const from = problem.offsets[s];
      const to = offsets[s];
      for (let i = 0; i < picks.length; i++) out[to + i] = column[from + picks[i]];
    });
    return out;
  };
  return {
    ...problem,
    voxels: {
      truth: pick(voxels.truth),
      lower: pick(voxels.lower),
      upper: pick(voxels.upper),
      lowerWeight: voxels.lowerWeight && pick(voxels.lowerWeight),
      upperWeight: voxels.upperWeight && pick(voxels.upperWeight),
    },
    offsets,
    weightOfSegment,
  };
}
