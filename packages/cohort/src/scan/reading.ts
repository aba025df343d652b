import type { Labelling } from '@semcrc/imaging';
import type { TakeNote } from './scan-note.ts';

/** Units of intensities: HU, or the window's, in which 0 and 1 are its ends. */
export type IntensityUnits = 'window' | 'hu';

/** How the files of a scan are to be understood. */
export interface ReadingOptions {
  readonly labelling: Labelling;
  /** HU that become 0 and 1; −175 and 250 by default. */
  readonly window?: readonly [lo: number, hi: number];
  /** Unit of lower, upper and point; windowed intensities by default. */
  readonly predictionUnits?: IntensityUnits;
  /** Unit of the ground truth; HU by default. */
  readonly truthUnits?: IntensityUnits;
  /** How far corners of the files may stand apart, as a share of the smallest voxel side; 0.01 by default. */
  readonly affineTolerance?: number;
  /** Called with what is worth knowing and no error. */
  readonly note?: TakeNote;
}
