// The scan of the example as it is drawn when the page is built: anatomy and segmentation, which take longest, come with the page.
import { acquire, mergeBody, phantomAcquisition, phantomPopulation } from '@semcrc/simulate';

/** 32 slices of 96 × 96, 4 × 4 × 5 mm; slices are as wide as those of the example's cohort. */
export const WHOLE = { shape: [32, 96, 96], spacing: [4, 4, 5] } as const;

/** A patient who is in no cohort, and the stream of the noise. */
export const EXAMPLE_PATIENT = { seed: 7, index: 0 } as const;

/** Draws, measures, predicts and segments the scan of the example. */
export async function drawExampleScan() {
  const { seed, index } = EXAMPLE_PATIENT;
  const patient = phantomPopulation(WHOLE.shape, WHOLE.spacing).draw(seed, index);
  const scan = await acquire(patient, EXAMPLE_PATIENT, phantomAcquisition());
  return { ...scan, organs: mergeBody(scan.segmentation, scan.body) };
}
