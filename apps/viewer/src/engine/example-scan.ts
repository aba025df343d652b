import type { ScanVoxels } from '@semcrc/cohort';
import { extrapolationOf } from '@semcrc/core';
import { abdomenWindow, windowIntensity } from '@semcrc/imaging';
import { acquire, mergeBody, phantomAcquisition, phantomPopulation } from '@semcrc/simulate';
import { EXAMPLE_COHORT } from './example-cohort.ts';

const WHOLE = { shape: [32, 96, 96], spacing: [4, 4, 5] } as const;

const [SLICES, ...SIZE] = EXAMPLE_COHORT.shape;

/** What `apply` says of a whole scan under a calibration on slices of others; the built-in cohort draws its slices so. */
export const EXAMPLE_EXTRAPOLATION = extrapolationOf(
  `${SLICES} slices of ${SIZE.join(' × ')} a scan at 4 × 4 × 3 mm (of the 48 slices with the most labels)`,
  `whole scans of ${WHOLE.shape[0]} slices at ${WHOLE.spacing.join(' × ')} mm`,
);

/** One whole volume of a patient who is in no cohort: 32 slices of 96 × 96, 4 × 4 × 5 mm. */
export async function drawExampleScan(): Promise<{
  readonly voxels: ScanVoxels;
  readonly labels: Readonly<Record<string, string>>;
  readonly window: readonly [number, number];
}> {
  const population = phantomPopulation(WHOLE.shape, WHOLE.spacing);
  const patient = population.draw(SEED, 0);
  const scan = await acquire(patient, { seed: SEED, index: 0 }, phantomAcquisition());
  const { truth, lower, point, upper, segmentation, body } = scan;
  return {
    voxels: {
      grid: truth,
      ...{ lower, point, upper },
      truth: windowIntensity(truth).data,
      organs: Uint16Array.from(mergeBody(segmentation, body)),
      mended: { clipped: 0, crossed: 0 },
    },
    labels: population.labels,
    window: abdomenWindow,
  };
}

/** Not that of the cohort. */
const SEED = 7;
