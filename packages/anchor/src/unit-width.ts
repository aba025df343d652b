import type { LengthProblem } from './problem.ts';

/**
 * The same problem with widths w divided out: a/(i + 2λw) = (a/w)/(i/w + 2λ), so a voxel with residual a/w about the
 * centre of an interval of width i/w has the same surrogate loss. Only these two numbers are kept (rounded to f32), as
 * x = (i ± a)/2w, lower = 0, upper = i/w, which keeps the side as well. Without widths the problem is returned as is.
 */
export function unitWidth(problem: LengthProblem): LengthProblem {
  const { truth, lower, upper, lowerWeight: weight } = problem.voxels;
  if (weight === undefined) return problem;
  const count = truth.length;
  const scaled = {
    truth: new Float32Array(count),
    lower: new Float32Array(count),
    upper: new Float32Array(count),
  };
  for (let j = 0; j < count; j++) {
    const width = upper[j] - lower[j];
    const twice = 2 * truth[j] - lower[j] - upper[j];
    scaled.upper[j] = width / weight[j];
    scaled.truth[j] = twice === 0 ? scaled.upper[j] / 2 : (twice + width) / (2 * weight[j]);
  }
  return { ...problem, voxels: scaled };
}
