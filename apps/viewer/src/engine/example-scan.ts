import type { ScanVoxels } from '@semcrc/cohort';
import { abdomenWindow, windowIntensity } from '@semcrc/imaging';
import { acquire, mergeBody, phantomAcquisition, phantomPopulation } from '@semcrc/simulate';

/** The phantom cohort of the example: drawn and calibrated in seconds. Its slices are as wide as those of {@link drawExampleScan}. */
export const EXAMPLE_COHORT = { scans: 48, seed: 0, shape: [2, 96, 96] } as const;

/** The smallest ε of the curve stays out of reach: it shows what too few scans mean. */
export const EXAMPLE_SIZES = { nOpt: 6, nCal: 38, nTest: 10 } as const;

/** One whole volume of a patient who is in no cohort: 32 slices of 96 × 96, 4 × 4 × 5 mm. */
export async function drawExampleScan(): Promise<{
  readonly voxels: ScanVoxels;
  readonly labels: Readonly<Record<string, string>>;
  readonly window: readonly [number, number];
}> {
  const population = phantomPopulation([32, 96, 96], [4, 4, 5]);
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
