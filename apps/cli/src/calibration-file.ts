import { type Calibration, parseCalibration } from '@semcrc/core';
import { readTextFileSync } from '@semcrc/imaging/node';

/** Most bytes of a calibration.json: one with tens of thousands of scans has a hundredth of that. */
const MOST_BYTES = 2 ** 28;

/** Reads a calibration. @throws SemcrcError `bad-input` naming the file for one that is missing, no regular file or damaged */
export function readCalibration(path: string): Calibration {
  return parseCalibration(readTextFileSync(path, { limit: MOST_BYTES }), path);
}
