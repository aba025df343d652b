import {
  applyLambda,
  type CalibratedLambda,
  type ExampleDocument,
  type HeuristicOptions,
  placeSample,
  type Sample,
} from '@semcrc/core';
import {
  cropGrid,
  identityAffine,
  type LabelVolume,
  makeGrid,
  makeVolume,
  sliceOffsets,
  spacingOf,
  takeSlices,
  type Volume,
} from '@semcrc/imaging';
import type { Kernels } from '@semcrc/kernels';

/** The scan to be kept of an experiment, and what its runs made of it. */
export interface ExampleChoice {
  readonly sample: Sample;
  /** What the predictor saw, on the sample's grid; where the cohort has it. */
  readonly measurement?: Float32Array | undefined;
  /** Run whose split the scan was held out of. */
  readonly run: number;
  /** Why this scan, in words. */
  readonly rule: string;
  readonly heuristic: Omit<HeuristicOptions, 'shrink'>;
  /** Calibrated λ by procedure. */
  readonly calibrated: Readonly<Record<string, CalibratedLambda>>;
}

/** Volumes of an example by file name, and their description. */
export interface ExampleParts {
  readonly document: ExampleDocument;
  readonly volumes: Readonly<Record<string, Volume | LabelVolume>>;
}

/** Slices kept where they do not adjoin: evenly spread over the scan. */
const SPREAD_SLICES = 4;
/** Most slices kept where they do: those about the one with the most organ voxels. */
const ADJOINING_SLICES = 24;
/** First label id that names an organ. */
const FIRST_ORGAN = 2;

/** The bounds of a procedure's calibrated interval, as files call them. */
export const boundName = (procedure: string, bound: 'lower' | 'upper'): string => `${procedure}-${bound}`;

/**
 * What is kept of a scan. Where its slices adjoin and its affine is known, a slab of it with the affine it has in the
 * scan, so that it lies on the CT in any viewer; else a few slices on an identity affine.
 */
export function exampleParts(kernels: Kernels, choice: ExampleChoice): ExampleParts {
  const { sample, measurement, run, rule, heuristic, calibrated } = choice;
  const slices = keptSlices(sample);
  const [, height, width] = sample.shape;
  const place = placeOf(sample, slices);
  const kept = <Voxels extends Float32Array | Uint16Array>(voxels: Voxels) =>
    takeSlices(makeVolume(voxels, sample.shape, identityAffine) as Volume | LabelVolume, slices) as Voxels;
  const volume = (voxels: Float32Array | Uint16Array) =>
    makeVolume(voxels, [slices.length, height, width], place) as Volume | LabelVolume;
  const { truth, lower, upper, point, std, samples } = sample;
  const part: Sample = {
    ...sample,
    shape: [slices.length, height, width],
    truth: kept(truth),
    lower: kept(lower),
    upper: kept(upper),
    ...(point ? { point: kept(point) } : {}),
    ...(std ? { std: kept(std) } : {}),
    ...(samples ? { samples: samples.map(kept) } : {}),
    organs: kept(Uint16Array.from(sample.organs)),
  };
  const images: Record<string, Float32Array | Uint16Array> = {
    truth: part.truth,
    lower: part.lower,
    upper: part.upper,
    ...(part.point ? { point: part.point } : {}),
    ...(measurement ? { measurement: kept(measurement) } : {}),
    groups: part.organs as Uint16Array,
  };
  const bounds = Object.entries(calibrated).flatMap(([procedure, lambda]) => {
    const { partition, shrink = false, centre = null } = lambda;
    const { interval, regions } = placeSample(part, partition, { ...heuristic, shrink }, centre);
    const { lower, upper } = applyLambda(kernels, interval, regions, lambda);
    return [
      [boundName(procedure, 'lower'), lower],
      [boundName(procedure, 'upper'), upper],
      [`${procedure}-width`, upper.map((value, voxel) => value - lower[voxel])],
    ] as const;
  });
  const spacing = sample.affine ? spacingOf(sample.affine) : null;
  return {
    document: {
      schema: 'semcrc/example@1',
      scan: sample.id,
      run,
      rule,
      slices: [...slices],
      pixel: spacing && [spacing[0], spacing[1]],
      located: sample.affine !== undefined,
      volumes: Object.keys(images) as ExampleDocument['volumes'],
      calibrated: Object.keys(calibrated),
    },
    volumes: Object.fromEntries(
      [...Object.entries(images), ...bounds].map(([name, voxels]) => [name, volume(voxels)]),
    ),
  };
}

/** Indices of the slices kept: a slab where slices adjoin in the scan, else a few spread evenly. */
function keptSlices({ shape: [depth, height, width], affine, organs }: Sample): readonly number[] {
  if (affine === undefined) return sliceOffsets(depth, Math.min(depth, SPREAD_SLICES));
  const count = Math.min(depth, ADJOINING_SLICES);
  const sizes = new Uint32Array(depth);
  for (let voxel = 0; voxel < organs.length; voxel++) {
    if (organs[voxel] >= FIRST_ORGAN) sizes[Math.floor(voxel / (height * width))]++;
  }
  const best = sizes.indexOf(Math.max(...sizes));
  const first = Math.min(Math.max(best - Math.floor(count / 2), 0), depth - count);
  return Array.from({ length: count }, (_, at) => first + at);
}

/** The affine of the slices kept. */
function placeOf({ affine, shape }: Sample, [first]: readonly number[]) {
  if (affine === undefined) return identityAffine;
  const [, height, width] = shape;
  return cropGrid(makeGrid(shape, affine), { start: [0, 0, first], end: [width, height, shape[0]] }).affine;
}
