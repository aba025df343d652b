import type { Volume } from '@semcrc/imaging';
import { bodyMask, type Prediction, type Predictor, type Segmenter } from '@semcrc/predict';
import type { ScanSeed, Task } from './task.ts';
import { windowed } from './windowed.ts';

/** Truth and anatomy of one simulated patient. */
export interface SimulatedPatient {
  /** HU. */
  readonly truth: Volume;
  /** Label ids: 0 outside the body, 1 body, organs from 2; in the order of the volume. */
  readonly anatomy: Uint8Array;
}

/** A simulated patient, measured, predicted and segmented. All arrays lie on the grid of the truth. */
export interface SimulatedScan extends SimulatedPatient, Prediction {
  /** In windowed units, not clipped. */
  readonly measurement: Volume;
  /** 1 inside the body as the prediction shows it. */
  readonly body: Uint8Array;
  /** Organs as the segmenter sees them in the prediction: 0 where it sees none, else a label id from 2. */
  readonly segmentation: Uint8Array;
}

/** How patients become scans. */
export interface Acquisition {
  readonly task: Task;
  readonly predictor: Predictor;
  readonly segmenter: Segmenter;
}

/**
 * Measures a patient, predicts it from the measurement, and finds body and organs in the prediction.
 *
 * @param heights where each slice lies in the range the segmenter knows; left out where unknown.
 */
export async function acquire(
  patient: SimulatedPatient,
  scan: ScanSeed,
  { task, predictor, segmenter }: Acquisition,
  heights?: readonly number[],
): Promise<SimulatedScan> {
  const measurement = await task.measure(windowed(patient.truth), scan);
  const prediction = await predictor.predict(measurement);
  const body = bodyMask(prediction.point, measurement.shape);
  const slices = Array.from({ length: measurement.shape[0] }, (_, slice) => slice);
  const segmentation = await segmenter.segment({
    ...{ measurement, slices, point: prediction.point, body },
    ...(heights === undefined ? {} : { heights }),
  });
  return { ...patient, measurement, ...prediction, body, segmentation };
}
