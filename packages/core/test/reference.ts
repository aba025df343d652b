import type { Sample, StratumFeature } from '../src/index.ts';

/**
 * Plain loops over voxels straight from the definitions: no kernels, no profiles, nothing shared with the code they
 * check. λ is a function of the voxel, so that one recount serves every procedure.
 */
export type LambdaOfVoxel = (voxel: number) => number;

/** Both ends' λ of a voxel. */
export type TwoSidedLambda = (voxel: number) => readonly [below: number, above: number];

/** Which voxels a loss is a share of. */
export type Counts = (sample: Sample, voxel: number) => boolean;

export const everyVoxel: Counts = () => true;
export const insideBody: Counts = (sample, voxel) => sample.organs[voxel] !== 0;
export const insideOrgan =
  (organ: number): Counts =>
  (sample, voxel) =>
    sample.organs[voxel] === organ;

/** max(lower − x, x − upper) in f32. */
export function scoreOf({ truth, lower, upper }: Sample, voxel: number): number {
  return Math.max(Math.fround(lower[voxel] - truth[voxel]), Math.fround(truth[voxel] - upper[voxel]));
}

export function isAbove({ truth, upper }: Sample, voxel: number): boolean {
  return truth[voxel] > upper[voxel];
}

export function countVoxels(sample: Sample, counts: Counts): number {
  let voxels = 0;
  for (let voxel = 0; voxel < sample.truth.length; voxel++) if (counts(sample, voxel)) voxels++;
  return voxels;
}

export function countMisses(sample: Sample, counts: Counts, lambda: TwoSidedLambda): number {
  let missed = 0;
  for (let voxel = 0; voxel < sample.truth.length; voxel++) {
    if (!counts(sample, voxel)) continue;
    const [below, above] = lambda(voxel);
    if (scoreOf(sample, voxel) > (isAbove(sample, voxel) ? above : below)) missed++;
  }
  return missed;
}

/** Share of the counted voxels that are missed; 0 if none counts. */
export function lossOf(sample: Sample, counts: Counts, lambda: TwoSidedLambda): number {
  const voxels = countVoxels(sample, counts);
  return voxels === 0 ? 0 : countMisses(sample, counts, lambda) / voxels;
}

/** Mean over the counted voxels of clamp(upper + λ) − clamp(lower − λ); 0 if none counts. */
export function lengthOf(sample: Sample, counts: Counts, lambda: TwoSidedLambda): number {
  const clamp = (value: number) => Math.min(1, Math.max(0, value));
  let sum = 0;
  let voxels = 0;
  for (let voxel = 0; voxel < sample.truth.length; voxel++) {
    if (!counts(sample, voxel)) continue;
    const [below, above] = lambda(voxel);
    sum += clamp(sample.upper[voxel] + above) - clamp(sample.lower[voxel] - below);
    voxels++;
  }
  return voxels === 0 ? 0 : sum / voxels;
}

/** One value per patient, the mean over its scans, in order of first appearance. */
export function overPatients(samples: readonly Sample[], value: (sample: Sample) => number): number[] {
  const patients = [...new Set(samples.map(({ patient }) => patient))];
  return patients.map((patient) => mean(samples.filter((s) => s.patient === patient).map(value)));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Losses of patients; for an organ over the scans that contain it, patients without it left out. */
export function unitLosses(
  samples: readonly Sample[],
  counts: Counts,
  lambda: (sample: Sample) => TwoSidedLambda,
  scope: 'scan' | 'organ' = 'scan',
): number[] {
  const members = scope === 'scan' ? samples : samples.filter((s) => countVoxels(s, counts) > 0);
  return overPatients(members, (sample) => lossOf(sample, counts, lambda(sample)));
}

/** (ΣL + 1)/(n + 1) ≤ ε + 1e-12. */
export function meetsCondition(losses: readonly number[], epsilon: number): boolean {
  return (losses.reduce((sum, loss) => sum + loss, 0) + 1) / (losses.length + 1) <= epsilon + 1e-12;
}

/** Misses of all scans over voxels of all scans in place of the mean loss, n patients. */
export function pooledMeetsCondition(
  samples: readonly Sample[],
  counts: Counts,
  lambda: (sample: Sample) => TwoSidedLambda,
  epsilon: number,
): boolean {
  const members = samples.filter((sample) => countVoxels(sample, counts) > 0);
  const n = new Set(members.map(({ patient }) => patient)).size;
  let missed = 0;
  let voxels = 0;
  for (const sample of members) {
    missed += countMisses(sample, counts, lambda(sample));
    voxels += countVoxels(sample, counts);
  }
  return ((voxels === 0 ? 0 : (n * missed) / voxels) + 1) / (n + 1) <= epsilon + 1e-12;
}

/** 0 and every distinct positive score of the counted voxels, ascending: all λ at which a loss can change. */
export function levelsOf(samples: readonly Sample[], counts: Counts): number[] {
  const levels = new Set([0]);
  for (const sample of samples) {
    for (let voxel = 0; voxel < sample.truth.length; voxel++) {
      if (counts(sample, voxel) && scoreOf(sample, voxel) > 0) levels.add(scoreOf(sample, voxel));
    }
  }
  return [...levels].sort((a, b) => a - b);
}

/** The first level that is accepted, by trying each from 0 up; undefined if none is. */
export function firstAccepted(
  levels: readonly number[],
  accepts: (lambda: number) => boolean,
): number | undefined {
  return levels.find(accepts);
}

export const sameBothWays =
  (lambda: LambdaOfVoxel): TwoSidedLambda =>
  (voxel) => {
    const value = lambda(voxel);
    return [value, value];
  };

export const uniform = (lambda: number): TwoSidedLambda => sameBothWays(() => lambda);

/** λ looked up by a voxel's group, for vectors of one value per group, or of all below and then all above. */
export function lambdaOfGroups(
  groupOf: (sample: Sample, voxel: number) => number,
  groupCount: number,
  lambda: ArrayLike<number>,
): (sample: Sample) => TwoSidedLambda {
  const above = lambda.length === 2 * groupCount ? groupCount : 0;
  return (sample) => (voxel) => {
    const group = groupOf(sample, voxel);
    return [lambda[group], lambda[above + group]];
  };
}

/** Group of a voxel where each label has one, numbered as the ids ascend. */
export const byOrgan =
  (ids: readonly number[]) =>
  (sample: Sample, voxel: number): number =>
    ids.indexOf(sample.organs[voxel]);

/** Group of a voxel where each pixel has one. */
export const byPosition =
  (map: readonly number[]) =>
  (_: Sample, voxel: number): number =>
    map[voxel % map.length];

/** Quantile by linear interpolation between order statistics. */
export function interpolatedQuantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = p * (sorted.length - 1);
  const whole = Math.trunc(rank);
  if (whole === sorted.length - 1) return sorted[whole];
  return sorted[whole] + (rank - whole) * (sorted[whole + 1] - sorted[whole]);
}

/** K-CRC's groups: pixel by pixel the mean 0-1 loss at λ = 0 over scans and slices, cut at its quartiles. */
export function positionGroups(samples: readonly Sample[], counts: Counts): number[] {
  const [, height, width] = samples[0].shape;
  const slices = samples.reduce((sum, { shape }) => sum + shape[0], 0);
  const rate: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let missed = 0;
      for (const sample of samples) {
        for (let z = 0; z < sample.shape[0]; z++) {
          const voxel = (z * height + y) * width + x;
          if (counts(sample, voxel) && scoreOf(sample, voxel) > 0) missed++;
        }
      }
      rate.push(missed / slices);
    }
  }
  const largest = Math.max(...rate);
  const cuts = new Set([0.25, 0.5, 0.75].map((p) => interpolatedQuantile(rate, p)));
  cuts.delete(largest);
  return rate.map((value) => [...cuts].filter((cut) => value > cut).length);
}

/** ℓ^γ of a voxel as the definition has it, in f64. */
export function surrogateOf(sample: Sample, voxel: number, lambda: number, gamma: number): number {
  const { truth, lower, upper } = sample;
  const centre = (lower[voxel] + upper[voxel]) / 2;
  const width = upper[voxel] - lower[voxel];
  const q = gamma / (1 - gamma);
  const off = Math.abs(truth[voxel] - centre);
  if (off === 0) return 0;
  return Math.max(0, (2 * (1 + q) * off) / (width + 2 * lambda) - q);
}

/** Mean over patients of the mean over scans of the mean ℓ^γ; a voxel below the centre uses λ below, else above. */
export function meanSurrogate(
  samples: readonly Sample[],
  counts: Counts,
  lambda: (sample: Sample) => TwoSidedLambda,
  gamma: number,
): number {
  const scanMean = (sample: Sample): number => {
    const voxels = countVoxels(sample, counts);
    const at = lambda(sample);
    let sum = 0;
    for (let voxel = 0; voxel < sample.truth.length; voxel++) {
      if (!counts(sample, voxel)) continue;
      const centre = (sample.lower[voxel] + sample.upper[voxel]) / 2;
      const [below, above] = at(voxel);
      sum += surrogateOf(sample, voxel, sample.truth[voxel] < centre ? below : above, gamma);
    }
    return voxels === 0 ? 0 : sum / voxels;
  };
  return mean(overPatients(samples, scanMean));
}

/** Mean over patients of the mean λ (both ends halved) over counted voxels: Σ_k E|S_k| λ_k, voxel by voxel. */
export function meanLambda(
  samples: readonly Sample[],
  counts: Counts,
  lambda: (sample: Sample) => TwoSidedLambda,
): number {
  const scanMean = (sample: Sample): number => {
    const voxels = countVoxels(sample, counts);
    const at = lambda(sample);
    let sum = 0;
    for (let voxel = 0; voxel < sample.truth.length; voxel++) {
      if (!counts(sample, voxel)) continue;
      const [below, above] = at(voxel);
      sum += (below + above) / 2;
    }
    return voxels === 0 ? 0 : sum / voxels;
  };
  return mean(overPatients(samples, scanMean));
}

/** What strata are cut by, of one voxel, in f32. */
export function featureOf(sample: Sample, voxel: number, { name }: StratumFeature): number {
  const { lower, upper, point, shape } = sample;
  const intensity = (at: number) => (point ? point[at] : Math.fround((lower[at] + upper[at]) / 2));
  const [, height, width] = shape;
  if (name === 'intensity') return intensity(voxel);
  if (name === 'width') return Math.fround(upper[voxel] - lower[voxel]);
  const x = voxel % width;
  const y = Math.floor(voxel / width) % height;
  // Central differences, one-sided at the border, none where there is one voxel only.
  const slope = (position: number, size: number, step: number) => {
    const before = position > 0 ? 1 : 0;
    const after = position < size - 1 ? 1 : 0;
    if (before + after === 0) return 0;
    return (intensity(voxel + after * step) - intensity(voxel - before * step)) / (before + after);
  };
  return Math.fround(Math.hypot(slope(x, width, 1), slope(y, height, width)));
}

/** Cuts of each organ and feature at quantiles of the scans' voxels; none for an organ they lack. */
export function strataCuts(
  samples: readonly Sample[],
  ids: readonly number[],
  features: readonly StratumFeature[],
): number[][][] {
  return ids.map((id) =>
    features.map((feature) => {
      const values = samples.flatMap((sample) =>
        Array.from(sample.organs.keys())
          .filter((voxel) => sample.organs[voxel] === id)
          .map((voxel) => featureOf(sample, voxel, feature)),
      );
      if (values.length === 0) return [];
      const inner = Array.from({ length: feature.bins - 1 }, (_, part) => (part + 1) / feature.bins);
      const cuts = new Set(inner.map((p) => interpolatedQuantile(values, p)));
      cuts.delete(Math.max(...values));
      return [...cuts];
    }),
  );
}

/** Bin of a voxel within its organ: the parts of its features as digits, the first the most significant. */
export function stratumOf(
  sample: Sample,
  voxel: number,
  cuts: readonly (readonly number[])[],
  features: readonly StratumFeature[],
): number {
  return features.reduce((bin, feature, f) => {
    const part = cuts[f].filter((cut) => featureOf(sample, voxel, feature) > cut).length;
    return bin * (cuts[f].length + 1) + part;
  }, 0);
}
