import { type Calibration, parseCalibration } from '@semcrc/core';
import { readTextFileSync } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';

/** Most bytes of a calibration.json: one with tens of thousands of scans has a hundredth of that. */
const MOST_BYTES = 2 ** 28;

/** Reads a calibration. @throws SemcrcError `bad-input` naming the file for one that is missing, no regular file or damaged */
export function readCalibration(path: string): Calibration {
  if (/\.(csv|tsv|nii|nii\.gz|zarr)$/i.test(path)) {
    throw new SemcrcError(
      'usage',
      `${path} is no calibration: the calibration (.json) is named first, then the scans`,
      { data: { file: path } },
    );
  }
  return parseCalibration(readTextFileSync(path, { limit: MOST_BYTES }), path);
}
