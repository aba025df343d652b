import { type Kernels, radixSort } from '@semcrc/kernels';
import { type Labels, labelIds } from './labels.ts';
import type { StrataSpec, StratumFeature, StratumFeatureName } from './partition-spec.ts';
import { partOf, quantileCuts } from './quantile.ts';
import type { ReadSample, Sample } from './sample.ts';

/** What a scan's voxels are binned by; f32, in windowed intensity (gradient: per voxel). All depend on the prediction alone. */
export function featureOf(sample: Sample, feature: StratumFeatureName): Float32Array {
  const { lower, upper } = sample;
  switch (feature) {
    case 'intensity':
      return pointOf(sample);
    case 'width':
      return upper.map((value, voxel) => value - lower[voxel]);
    case 'gradient':
      return inPlaneGradient(pointOf(sample), sample.shape);
  }
}

/** The point prediction; without one, the middle of the interval. */
function pointOf({ point, lower, upper }: Sample): Float32Array {
  return point ?? lower.map((value, voxel) => (value + upper[voxel]) / 2);
}

/** Magnitude of the gradient within each slice: central differences, one-sided at the border. */
function inPlaneGradient(values: Float32Array, [slices, height, width]: Sample['shape']): Float32Array {
  const gradient = new Float32Array(values.length);
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      const row = (z * height + y) * width;
      const up = y > 0 ? -width : 0;
      const down = y < height - 1 ? width : 0;
      const rows = down === 0 && up === 0 ? 1 : (down - up) / width;
      for (let x = 0; x < width; x++) {
        const left = x > 0 ? -1 : 0;
        const right = x < width - 1 ? 1 : 0;
        const columns = Math.max(right - left, 1);
        const voxel = row + x;
        const gx = (values[voxel + right] - values[voxel + left]) / columns;
        const gy = (values[voxel + down] - values[voxel + up]) / rows;
        gradient[voxel] = Math.sqrt(gx * gx + gy * gy);
      }
    }
  }
  return gradient;
}

/**
 * Cuts of each feature within each organ, at quantiles of the opt scans' voxels (linear interpolation, equal cuts
 * merged). An organ absent from them gets one bin.
 */
export async function cutStrata(
  kernels: Kernels,
  labels: Labels,
  features: readonly StratumFeature[],
  optScans: readonly string[],
  read: ReadSample,
): Promise<StrataSpec> {
  const ids = labelIds(labels);
  const gathered = new Map(ids.map((id) => [id, features.map(() => [] as Float32Array[])]));
  for (const scan of optScans) {
    const sample = await read(scan);
    const sizes = new Map<number, number>();
    for (const group of sample.groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    features.forEach(({ name }, f) => {
      const values = featureOf(sample, name);
      const parts = new Map(
        [...sizes].map(([id, size]) => [id, { values: new Float32Array(size), filled: 0 }]),
      );
      for (let voxel = 0; voxel < values.length; voxel++) {
        const part = parts.get(sample.groups[voxel])!;
        part.values[part.filled++] = values[voxel];
      }
      for (const [id, part] of parts) gathered.get(id)?.[f].push(part.values);
    });
  }
  const cuts: Record<string, readonly (readonly number[])[]> = {};
  for (const [id, byFeature] of gathered) {
    cuts[id] = features.map(({ bins }, f) => {
      const sorted = concatenate(byFeature[f]);
      radixSort(kernels, sorted);
      return quantileCuts(sorted, bins);
    });
  }
  return { kind: 'strata', features, cuts };
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    whole.set(part, filled);
    filled += part.length;
  }
  return whole;
}

/** Bins of an organ: the product over features of the parts that its cuts leave. */
export function binsOfOrgan(spec: StrataSpec, organ: number): number {
  return (spec.cuts[organ] ?? []).reduce((bins, cuts) => bins * (cuts.length + 1), 1);
}

/** Bin of every voxel within its organ: mixed radix over the features, the first varying slowest. */
export function strataOfSample(spec: StrataSpec, sample: Sample): Uint16Array {
  const { groups } = sample;
  const bins = new Uint16Array(groups.length);
  const organs = Object.keys(spec.cuts).map(Number);
  spec.features.forEach(({ name }, f) => {
    const values = featureOf(sample, name);
    const cutsOf: (readonly number[])[] = [];
    for (const organ of organs) cutsOf[organ] = spec.cuts[organ][f];
    for (let voxel = 0; voxel < bins.length; voxel++) {
      const cuts = cutsOf[groups[voxel]];
      bins[voxel] = bins[voxel] * (cuts.length + 1) + partOf(values[voxel], cuts);
    }
  });
  return bins;
}
