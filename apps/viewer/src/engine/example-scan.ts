import type { ScanVoxels } from '@semcrc/cohort';
import { extrapolationOf } from '@semcrc/core';
import { type Affine, abdomenWindow, makeVolume, windowIntensity } from '@semcrc/imaging';
import { phantomAcquisition, phantomPopulation } from '@semcrc/simulate';
import shipped from '../generated/example-scan.json';
import { EXAMPLE_COHORT } from './example-cohort.ts';
import { EXAMPLE_PATIENT, WHOLE } from './example-drawing.ts';

const [SLICES, ...SIZE] = EXAMPLE_COHORT.shape;

/** What `apply` says of a whole scan under a calibration on slices of others; the built-in cohort draws its slices so. */
export const EXAMPLE_EXTRAPOLATION = extrapolationOf(
  `${SLICES} slices of ${SIZE.join(' × ')} a scan at 4 × 4 × 3 mm (of the 48 slices with the most labels)`,
  `whole scans of ${WHOLE.shape[0]} slices at ${WHOLE.spacing.join(' × ')} mm`,
);

/** The scan of the example: its truth and organs come with the page; it is measured and predicted here, with the same bits as there. */
export async function exampleScan(): Promise<{
  readonly voxels: ScanVoxels;
  readonly labels: Readonly<Record<string, string>>;
  readonly window: readonly [number, number];
}> {
  const { task, predictor } = phantomAcquisition();
  const hounsfield = Float32Array.from(new Int16Array(await inflated(shipped.hounsfield)));
  const truth = windowIntensity(makeVolume(hounsfield, WHOLE.shape, shipped.affine as unknown as Affine));
  const { lower, point, upper } = await predictor.predict(await task.measure(truth, EXAMPLE_PATIENT));
  return {
    voxels: {
      grid: truth,
      ...{ lower, point, upper },
      truth: truth.data,
      organs: Uint16Array.from(new Uint8Array(await inflated(shipped.organs))),
      mended: { clipped: 0, crossed: 0 },
    },
    labels: phantomPopulation(WHOLE.shape, WHOLE.spacing).labels,
    window: abdomenWindow,
  };
}

/** Bytes that were deflated by gzip and written in base64. */
function inflated(base64: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
