import { SemcrcError } from '@semcrc/kernels';
import { checkScanWidth, type ReconstructionOptions, type WarpOptions } from '@semcrc/simulate';
import type { TemplateFiles } from '@semcrc/simulate/node';

/** Which patients are drawn, as plain data. */
export type PatientsToDraw =
  | {
      readonly kind: 'phantom';
      /** Slices × height × width. */
      readonly shape: readonly [slices: number, height: number, width: number];
      /** Along x, y, z in mm. */
      readonly spacing: readonly [x: number, y: number, z: number];
    }
  | {
      readonly kind: 'warp';
      readonly templates: readonly TemplateFiles[];
      /** Label scheme of the templates, or the path of a label map. */
      readonly labels: string | undefined;
      /** Resample the templates to this spacing first; null keeps their own. */
      readonly spacing: readonly [x: number, y: number, z: number] | null;
      readonly options?: WarpOptions;
    };

/** How scans are measured, as plain data. */
export type TaskToMeasure =
  | { readonly kind: 'none' }
  | { readonly kind: 'denoising'; readonly sigma: number }
  | ({ readonly kind: 'reconstruction' } & Required<ReconstructionOptions>);

/** A cohort to simulate, as plain data. */
export interface SimulationSpec {
  readonly patients: PatientsToDraw;
  readonly scans: number;
  /** 32-bit integer. */
  readonly seed: number;
  readonly task: TaskToMeasure;
  /**
   * `none`: patients are measured, and nothing is predicted; `baseline`: the one that ships for the task; a network that ships with
   * semcrc, by name; the path of a network (.onnx) with its record beside it, or of a baseline predictor's JSON.
   */
  readonly predictor: string;
  /** `stand-in`, the name of a segmentation network that ships, or the path of one. */
  readonly segmenter: string;
}

/** The predictor of simulations that only measure. */
export const NOTHING = 'none';
/** The segmenter of simulations that is no network. */
export const STAND_IN_SEGMENTER = 'stand-in';

/** Far beyond any cohort; the names of so many are still held at once. */
const mostScans = 1_000_000;

/**
 * Refuses what can never be simulated, before anything is written.
 *
 * @throws SemcrcError `usage`, naming the option.
 */
export function checkSpec({ scans, seed, task, patients }: SimulationSpec): void {
  const refuse = (option: string, expected: string, found: number): never => {
    throw new SemcrcError('usage', `\`${option}\`: expected ${expected}, found ${found}`, {
      data: { options: [option] },
    });
  };
  if (!Number.isSafeInteger(scans) || scans < 1 || scans > mostScans)
    refuse('scans', `a whole number from 1 to ${mostScans}`, scans);
  if ((seed | 0) !== seed) refuse('seed', 'a whole number of 32 bits', seed);
  // Before anything is written; templates are measured while the cohort is planned.
  if (task.kind === 'reconstruction' && patients.kind === 'phantom')
    checkScanWidth(task.geometry, patients.shape);
}
