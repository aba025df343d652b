import { makeVolume, type Volume } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { standardNormal, streamOf } from './random.ts';

/** Names one scan's noise: tasks draw from streams of it alone. */
export interface ScanSeed {
  /** Seed of the cohort, a 32-bit integer. */
  readonly seed: number;
  /** Place of the scan in the cohort. */
  readonly index: number;
}

/** How a scan is measured. */
export interface Task {
  /** What it is called in folder names and records. */
  readonly name: string;
  /** Everything the measurement depends on beside the volume and the seed, as plain data. */
  readonly settings: Readonly<Record<string, string | number | boolean | readonly number[]>>;
  /**
   * Whether a voxel's measurement depends on that voxel alone. Only such a task can measure a slab by itself, which is
   * how the built-in cohort is drawn.
   */
  readonly local: boolean;
  /**
   * Measures a scan.
   *
   * @param truth the whole prepared volume, windowed to [0, 1].
   * @param firstSlice place of its first slice in the scan, where only a slab is measured.
   * @returns a volume on the same grid, in windowed units, not clipped.
   */
  measure(truth: Volume, scan: ScanSeed, firstSlice?: number): Promise<Volume>;
}

/** Standard deviation of the paper's denoising task. */
export const paperSigma = 0.2;
/** A hundred times the data range: nothing is left of the truth, and files still hold the measurement. */
const strongest = 100;

/**
 * Denoising: independent Gaussian noise in every voxel, standard deviation `sigma` in windowed intensity. Every slice has
 * a stream of its own, so a slab gets the noise it has in the whole volume.
 *
 * @throws SemcrcError `usage` when sigma is not a number from 0 to 100.
 */
export function denoisingTask(sigma: number = paperSigma): Task {
  if (!(sigma >= 0 && sigma <= strongest)) {
    throw new SemcrcError('usage', `\`sigma\`: expected a number from 0 to ${strongest}, found ${sigma}`, {
      data: { options: ['sigma'] },
    });
  }
  return {
    name: 'denoising',
    settings: { sigma },
    local: true,
    measure: async (truth, { seed, index }, firstSlice = 0) => {
      const [slices, height, width] = truth.shape;
      const area = height * width;
      const data = new Float32Array(truth.data.length);
      for (let slice = 0; slice < slices; slice++) {
        const stream = streamOf(seed, index, firstSlice + slice);
        for (let at = slice * area, end = at + area; at < end; at++) {
          data[at] = truth.data[at] + sigma * standardNormal(stream);
        }
      }
      return makeVolume(data, truth.shape, truth.affine);
    },
  };
}

/** No noise: the measurement is the truth. */
export const noTask: Task = {
  name: 'none',
  settings: {},
  local: true,
  measure: async (truth) => makeVolume(Float32Array.from(truth.data), truth.shape, truth.affine),
};
