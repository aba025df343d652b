import { gather, type Kernels, radixSort } from '@semcrc/kernels';
import { type Labels, labelIds, organSlots } from '../cohort/labels.ts';
import type { ReadSample, Sample } from '../cohort/sample.ts';
import { pointOf } from '../learned/slice-features.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import type { StrataSpec, StratumFeature, StratumFeatureName } from './partition-spec.ts';
import { partOf, quantileCuts } from './quantile.ts';

/** What a scan's voxels are binned by; f32, in windowed intensity (gradient: per voxel). All depend on the prediction alone. */
export function featureOf(sample: Sample, feature: StratumFeatureName): Float32Array {
  const { lower, upper } = sample;
  switch (feature) {
    case 'intensity':
      return pointOf(sample);
    case 'width':
      return widthOf(lower, upper);
    case 'gradient':
      return inPlaneGradient(pointOf(sample), sample.shape);
  }
}

// Plain loops: with a function to call for every voxel they took five times as long.
function widthOf(lower: Float32Array, upper: Float32Array): Float32Array {
  const width = new Float32Array(lower.length);
  for (let voxel = 0; voxel < width.length; voxel++) width[voxel] = upper[voxel] - lower[voxel];
  return width;
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
  strata: ProcedureOptions['strata'],
  optScans: readonly string[],
  read: ReadSample,
): Promise<StrataSpec> {
  const ids = labelIds(labels);
  const features = strata.map(featureNamed);
  const gathered = new Map(ids.map((id) => [id, features.map(() => [] as Float32Array[])]));
  for (const scan of optScans) {
    const sample = await read(scan);
    const { organs } = sample;
    const mark = kernels.arena.mark();
    try {
      const values = kernels.arena.float32(organs.length);
      features.forEach(({ name }, f) => {
        const offsets = gather(kernels, organs, organSlots(labels), [featureOf(sample, name)], [values.view]);
        for (const [id, byFeature] of gathered) {
          if (offsets[id] < offsets[id + 1])
            byFeature[f].push(values.view.slice(offsets[id], offsets[id + 1]));
        }
      });
    } finally {
      kernels.arena.release(mark);
    }
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

/** The feature and bins that an entry of the option `strata` names, such as `intensity:6`. */
function featureNamed(stratum: ProcedureOptions['strata'][number]): StratumFeature {
  const [name, bins] = stratum.split(':') as [StratumFeatureName, string];
  return { name, bins: Number(bins) };
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
  const { organs } = sample;
  const bins = new Uint16Array(organs.length);
  tablesOf(spec).forEach((table, f) => {
    addParts(bins, organs, featureOf(sample, spec.features[f].name), table);
  });
  return bins;
}

/** Slots that the range from 0 to 1 is divided into, a power of two, so that a value's slot is exact. */
const SLOTS = 4096;
const ROW = SLOTS + 1;

/** In a table: values of this slot fall in several parts. */
const SEVERAL = 0xffff;

/** Into which part of an organ's cuts a feature's values fall. */
interface PartTable {
  /** By organ: its cuts, and how many parts they leave. */
  readonly cuts: readonly (readonly number[])[];
  readonly parts: Uint16Array;
  /** By organ and slot of the value: the part, or `SEVERAL`. The last slot of a row, of values from 1 on, is searched. */
  readonly partOfSlot: Uint16Array;
}

/** Tables by feature, made once for a division: it divides scan after scan. */
const known = new WeakMap<StrataSpec, readonly PartTable[]>();

function tablesOf(spec: StrataSpec): readonly PartTable[] {
  let tables = known.get(spec);
  if (!tables) {
    tables = spec.features.map((_, f) => partTable(spec, f));
    known.set(spec, tables);
  }
  return tables;
}

function partTable(spec: StrataSpec, feature: number): PartTable {
  const organs = Object.keys(spec.cuts).map(Number);
  const rows = Math.max(...organs) + 1;
  const cuts = Array.from({ length: rows }, (_, organ) => spec.cuts[organ]?.[feature] ?? []);
  const partOfSlot = new Uint16Array(rows * ROW).fill(SEVERAL);
  for (const organ of organs) {
    const own = cuts[organ];
    // A value equal to a cut belongs below it: a slot is in one part unless a cut lies in it, its start included.
    for (let slot = 0; slot < SLOTS; slot++) {
      const part = partOf((slot + 1) / SLOTS, own);
      if (part === 0 || own[part - 1] < slot / SLOTS) partOfSlot[organ * ROW + slot] = part;
    }
  }
  return { cuts, parts: Uint16Array.from(cuts, ({ length }) => length + 1), partOfSlot };
}

/** Goes on from bins by the features before to bins by one feature more. */
function addParts(
  bins: Uint16Array,
  organs: Sample['organs'],
  values: Float32Array,
  { cuts, parts, partOfSlot }: PartTable,
): void {
  for (let voxel = 0; voxel < bins.length; voxel++) {
    const organ = organs[voxel];
    const value = values[voxel];
    const slot = (value * SLOTS) | 0;
    let part = slot >>> 0 < ROW ? partOfSlot[organ * ROW + slot] : SEVERAL;
    if (part === SEVERAL) part = partOf(value, cuts[organ]);
    bins[voxel] = bins[voxel] * parts[organ] + part;
  }
}
