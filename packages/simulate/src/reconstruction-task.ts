import { mix } from '@semcrc/core';
import { makeVolume, type Shape } from '@semcrc/imaging';
import { type Projector, SemcrcError } from '@semcrc/kernels';
import {
  addNoise,
  type Geometry,
  largestIntegral,
  type Noise,
  planFan,
  planHelix,
  planParallel,
  projectViews,
  reconstructSlab,
  sliceSlabs,
  viewsFor,
} from '@semcrc/scanner';
import type { ScanSeed, Task } from './task.ts';

/** How the reconstruction task scans; what is left out is the paper's authors' setting. */
export interface ReconstructionOptions {
  /** `helix` (default) along the whole volume; `fan` and `parallel` scan each slice in its own plane, which is faster. */
  readonly geometry?: Geometry['kind'];
  /** Photons at the largest integral of a scan, in their linear noise model; default 1000. */
  readonly photons?: number;
}

/** Photons at the largest integral of a scan where none are asked for: the paper's authors' number. */
export const paperPhotons = 1000;

const plans = { helix: planHelix, fan: planFan, parallel: planParallel };

/** Distance of the detector from the axis in voxels, the nearer of source and detector: slices must fit within it. */
const DETECTOR_RADIUS = 500;

/**
 * Reconstruction: the whole volume is scanned, its line integrals get Poisson noise, and filtered back-projection gives
 * the measurement. A unit of length is a voxel and scans are planned as the paper's authors plan theirs (`@semcrc/scanner`).
 *
 * The same bits for any number of workers. The scanner uses the engine's sines, logarithms and exponentials, whose last place
 * may differ between engines, unlike the bits of patients and of denoising.
 *
 * @param projector kernels of this thread, from `loadProjector`; any number of tasks may share them.
 * @throws SemcrcError `usage` when photons are not a number above 0; from `measure`, when slices are too wide for a
 *   divergent beam.
 */
export function reconstructionTask(
  projector: Projector,
  { geometry: kind = 'helix', photons = paperPhotons }: ReconstructionOptions = {},
): Task {
  if (!(photons > 0 && photons <= 1e12)) {
    throw new SemcrcError('usage', `\`photons\`: expected a number above 0, at most 1e12, found ${photons}`, {
      data: { options: ['photons'] },
    });
  }
  return {
    name: 'reconstruction',
    settings: { geometry: kind, photons },
    local: false,
    measure: async (truth, scan) => {
      checkScanWidth(kind, truth.shape);
      const geometry = plans[kind](truth.shape);
      const views = { from: 0, to: geometry.views, data: projectViews(projector, truth, geometry) };
      addNoise(views, photonNoise(scan, photons), largestIntegral(views.data));
      const area = truth.shape[1] * truth.shape[2];
      const perView = views.data.length / geometry.views;
      const data = new Float32Array(truth.data.length);
      for (const slab of sliceSlabs(geometry)) {
        const { from, to } = viewsFor(geometry, slab);
        const needed = { from, to, data: views.data.subarray(from * perView, to * perView) };
        data.set(reconstructSlab(projector, geometry, needed, slab).data, slab.from * area);
      }
      return makeVolume(data, truth.shape, truth.affine);
    },
  };
}

/** Noise of one scan. Scans of a cohort have seeds that all differ, as `mix` is one to one. */
export function photonNoise({ seed, index }: ScanSeed, photons: number): Noise {
  return { kind: 'poisson', photons, seed: mix(mix(seed ^ 0x7f4a7c15) + index) | 0 };
}

/** @throws SemcrcError `usage` when slices are too wide for a divergent beam: the detector would stand inside them. */
export function checkScanWidth(kind: Geometry['kind'], [, height, width]: Shape): void {
  const half = Math.hypot(width, height) / 2;
  if (kind === 'parallel' || half < DETECTOR_RADIUS) return;
  throw new SemcrcError(
    'usage',
    `\`geometry\` ${kind}: the detector would stand inside slices of ${width} × ${height} voxels; expected a diagonal below ` +
      `${2 * DETECTOR_RADIUS}, found ${Math.ceil(2 * half)}; take parallel, or larger voxels`,
    { data: { options: ['geometry'] } },
  );
}
