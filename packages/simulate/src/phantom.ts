import type { Sample } from '@semcrc/core';
import { drawAnatomy, type OrganSet } from './anatomy.ts';
import { predictSlice } from './predictor.ts';
import { generatorOf, standardNormal } from './random.ts';
import { paintSlice } from './slice.ts';
import { binomial3, smoothSlice } from './smoothing.ts';
import { drawField } from './texture.ts';

/** What defines the voxels of every scan of a phantom cohort. */
export interface PhantomModel {
  /** 32-bit integer. */
  readonly seed: number;
  /** [slices, height, width]. */
  readonly shape: readonly [slices: number, height: number, width: number];
  readonly organs: OrganSet;
}

/** One phantom scan: a sample, and what a real cohort could not tell. Arrays are slices × height × width, x fastest. */
export interface PhantomScan extends Sample {
  readonly point: Float32Array;
  readonly organs: Uint8Array;
  /** Truth + Gaussian noise of standard deviation 0.2, in windowed intensity, not clipped. */
  readonly measurement: Float32Array;
  /** Group ids of the true anatomy; the sample's `organs` are a segmentation that errs with the noise. */
  readonly anatomy: Uint8Array;
}

/** Standard deviation of the measurement's noise, as in the paper's denoising task. */
const noise = 0.2;

/** HU −175 … 250 to [0, 1]. */
function windowed(hounsfield: number): number {
  return Math.min(1, Math.max(0, (hounsfield + 175) / 425));
}

/**
 * Draws scan `index` of the cohort: a pure function of the model and the index, the same bits on every platform.
 *
 * An elliptical body (fat, muscle, bone, bowel) holds the organs at varying size, place and density. The truth is blurred
 * by half a pixel as a scanner does, then windowed; the prediction and its interval are those of a smoothing predictor.
 */
export function drawPhantom(model: PhantomModel, index: number): PhantomScan {
  const [slices, height, width] = model.shape;
  const generator = generatorOf(model.seed, index);
  const anatomy = drawAnatomy(generator, model.organs);
  const area = height * width;
  const volume = (): Float32Array => new Float32Array(slices * area);
  const scan = {
    truth: volume(),
    measurement: volume(),
    point: volume(),
    lower: volume(),
    upper: volume(),
    organs: new Uint8Array(slices * area),
    anatomy: new Uint8Array(slices * area),
  };
  const hounsfield = new Float32Array(area);
  const displacement = new Float32Array(area);
  const cell = Math.min(height, width) / 12;
  for (let slice = 0; slice < slices; slice++) {
    const part = <T extends Float32Array | Uint8Array>(array: T): T =>
      array.subarray(slice * area, (slice + 1) * area) as T;
    const truth = part(scan.truth);
    const measurement = part(scan.measurement);
    const point = part(scan.point);
    const fields = {
      coarse: drawField(generator, height, width, cell),
      fine: drawField(generator, height, width, 3),
    };
    const z = (2 * slice + 1) / slices - 1;
    paintSlice(anatomy, z, height, width, fields, part(scan.anatomy), { hounsfield });
    smoothSlice(hounsfield, truth, height, width, binomial3);
    for (let at = 0; at < area; at++) {
      truth[at] = windowed(truth[at]);
      measurement[at] = truth[at] + noise * standardNormal(generator);
    }
    predictSlice(measurement, height, width, { point, lower: part(scan.lower), upper: part(scan.upper) });
    for (let at = 0; at < area; at++) displacement[at] = point[at] - truth[at];
    paintSlice(anatomy, z, height, width, fields, part(scan.organs), { displacement });
  }
  const id = phantomId(index);
  return { id, patient: id, shape: model.shape, ...scan, mended: { clipped: 0, crossed: 0 } };
}

/** Name of scan `index` (and of its patient: every phantom has one scan). */
export function phantomId(index: number): string {
  return `phantom-${String(index).padStart(3, '0')}`;
}
