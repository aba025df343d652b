import { type Labels, type Preparing, type Sample, UNKNOWN_PREPARING } from '@semcrc/core';
import type { Prepared, StorePlan } from '../src/node.ts';

/** A generator of uniform numbers in [0, 1): the same for the same seed. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const LABELS: Labels = { 0: 'background', 1: 'body', 2: 'spleen', 7: 'liver' };

/** A sample with every volume it has, looked at in turn: those of a view are getters. */
export function whole(sample: Sample): Sample {
  const { id, patient, shape, truth, lower, upper, point, std, samples, organs, mended } = sample;
  return {
    ...{ id, patient, shape, truth, lower, upper, organs, mended },
    ...(point ? { point } : {}),
    ...(std ? { std } : {}),
    ...(samples ? { samples } : {}),
  };
}

/** A sample of random voxels; every group of `LABELS` occurs. */
export function randomSample(id: string, shape: readonly [number, number, number], seed: number): Sample {
  const next = uniform(seed);
  const length = shape[0] * shape[1] * shape[2];
  const labels = [0, 1, 2, 7];
  const lower = Float32Array.from({ length }, () => next() / 2);
  return {
    id,
    patient: `patient of ${id}`,
    shape,
    truth: Float32Array.from({ length }, next),
    lower,
    upper: lower.map((value) => value + next() / 2),
    point: lower.map((value) => value + 0.1),
    organs: Uint8Array.from({ length }, () => labels[Math.floor(next() * 4)] as number),
    mended: { clipped: seed, crossed: 2 * seed },
  };
}

export function kept(sample: Sample): Extract<Prepared, { state: 'kept' }> {
  return { state: 'kept', sample };
}

/** How the scans of {@link planOf} were made: as the paper does. */
export const PREPARING: Preparing = {
  ...UNKNOWN_PREPARING,
  ...{ point: true, std: false, draws: 0, body: true, segmentation: 'labels', truthUnits: 'hu' },
  ...{ labels: 'suprem', window: [-175, 250], prepare: 'paper' },
  ...{ spacing: [1.5, 1.5, 3], slices: 3, size: [5, 7], windowSlices: 48, margin: 10, leastLabelled: 4000 },
  crop: 'truth',
};

/** A plan for scans `s0`, `s1`, … */
export function planOf(count: number, digest = 'a digest'): StorePlan {
  const ids = Array.from({ length: count }, (_, index) => `s${index}`);
  return {
    digest,
    ids,
    patients: ids.map((id) => `patient of ${id}`),
    labels: LABELS,
    volumes: { point: true, std: false, samples: 0 },
    labelBytes: 1,
    name: 'random',
    preparing: PREPARING,
  };
}
