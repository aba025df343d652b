import { type ApplySummary, type Calibration, checkSamePreparing } from '@semcrc/core';
import { abdomenWindow, type Grid, type NiftiHeader } from '@semcrc/imaging';
import { loadKernels, sharedInstance } from '@semcrc/kernels';
import type { IntensityUnits } from '../scan/reading.ts';
import { countDraws } from '../scan/scan-files.ts';
import {
  type ApplyFiles,
  ForeignUnits,
  readSlabs,
  type SlabOptions,
  UNNAMED_SCAN,
} from '../scan/scan-slabs.ts';
import { digestOf, type FileAccess, fingerprintOf } from '../sources/digest.ts';
import { inputsOf, preparingOf } from '../sources/scan-options.ts';
import { OrganTally } from './applied-summary.ts';
import { type Output, publishInHu, publishInWindow, publishPoint } from './publish.ts';
import { ScanDesign } from './scan-design.ts';
import { readScanGrid, type ScanGrid } from './scan-grid.ts';

/** How a scan is read, and what its results are in. */
export interface ApplicationOptions extends SlabOptions {
  /** Unit of the results; windowed intensities by default. */
  readonly units?: IntensityUnits;
}

/** Some slices of all results of a scan. */
export interface AppliedSlab {
  /** Slices up to and with these. */
  readonly done: number;
  readonly volumes: Readonly<Record<Output, Float32Array>>;
}

/**
 * A calibration and the files of one scan that fit together: its results, slab by slab in the order of the file, wherever the
 * files lie and the results go.
 *
 * Bounds are rounded outward: whatever λ covers lies inside the interval published, in HU too. In HU a bound at an edge of
 * the window is open. Where λ is infinite (an organ that could not be calibrated, or was never seen) the interval is the
 * whole range.
 */
export class Application {
  /** The volumes that come of it. */
  readonly outputs: readonly Output[];
  readonly #access: FileAccess;
  readonly #files: ApplyFiles;
  readonly #options: ApplicationOptions;
  readonly #scan: ScanGrid;
  readonly #design: ScanDesign;
  readonly #digest: string;
  readonly #extrapolation: string | null;
  #summary: ApplySummary | undefined;

  private constructor(
    access: FileAccess,
    files: ApplyFiles,
    options: ApplicationOptions,
    scan: ScanGrid,
    design: ScanDesign,
    digest: string,
    extrapolation: string | null,
  ) {
    this.outputs = outputsOf(design.calibration);
    this.#access = access;
    this.#files = files;
    this.#options = options;
    this.#scan = scan;
    this.#design = design;
    this.#digest = digest;
    this.#extrapolation = extrapolation;
  }

  /**
   * @throws SemcrcError `bad-input` naming the file for files that do not fit together or the calibration; `usage` when the
   *   scan is made otherwise than those of the calibration in what λ depends on (see `preparingDifferences`).
   */
  static async open(
    access: FileAccess,
    calibration: Calibration,
    files: ApplyFiles,
    options: ApplicationOptions,
  ): Promise<Application> {
    const scan = await readScanGrid(access.nifti, files, options);
    const extrapolation = await checkMaking(access, calibration, files, options);
    const digest = await digestOfApplication(access, calibration, files, options);
    const kernels = await sharedInstance(loadKernels);
    const design = new ScanDesign(kernels, calibration, options.labelling, scan.grid, files.lower);
    return new Application(access, files, options, scan, design, digest, extrapolation);
  }

  /** Of lower: the grid of the results. */
  get grid(): Grid {
    return this.#scan.grid;
  }

  /** Of lower: the results carry it on. */
  get header(): NiftiHeader {
    return this.#scan.header;
  }

  /** Every file that is read. */
  get inputs(): readonly string[] {
    return this.#scan.inputs;
  }

  /**
   * The results from the first slice to the last.
   *
   * @throws SemcrcError `bad-input` as reading the files does, and, behind the last slab, when predictions are in other units
   *   than those said.
   */
  async *slabs(): AsyncGenerator<AppliedSlab, void, void> {
    const { labelling, window = abdomenWindow, units = 'window' } = this.#options;
    const { grid, turned } = this.#scan;
    const design = this.#design;
    const publish = units === 'hu' ? publishInHu(window) : publishInWindow;
    const tally = new OrganTally(design.calibration, labelling, design.unknown);
    const foreign = new ForeignUnits(this.#files, this.#options);
    for await (const slab of readSlabs(this.#access.nifti, this.#files, grid, this.#options, turned)) {
      foreign.see(slab.raw);
      const placement = design.place(slab);
      const bounds = publish(design.widen(placement, slab.organs));
      tally.add(slab.organs, bounds, slab.mended);
      const point = publishPoint(placement.interval.lower, units, window);
      yield { done: slab.first + slab.shape[0], volumes: { ...bounds, point } };
    }
    foreign.judge();
    this.#summary = tally.summary(this.#digest, this.#files, units, window, this.#extrapolation);
  }

  /** What the results come to, once the last slab was handed out. */
  get summary(): ApplySummary {
    if (this.#summary === undefined) throw new Error('the scan was not worked through');
    return this.#summary;
  }
}

/** SHA-256 over what decides the results: calibration, files by their fingerprints, labels and units. */
export async function digestOfApplication(
  access: FileAccess,
  calibration: Calibration,
  files: ApplyFiles,
  { labelling, window, predictionUnits, units }: ApplicationOptions,
): Promise<string> {
  const read = { window: window ?? abdomenWindow, predictionUnits: predictionUnits ?? 'window' };
  const labels = [Object.entries(labelling.labels), Array.from(labelling.labelOf)];
  const hash = digestOf(access, { calibration, ...read, units: units ?? 'window', labels });
  for (const role of ['lower', 'upper', 'segmentation', 'point', 'body', 'std', 'samples'] as const) {
    const path = files[role];
    if (path !== undefined) hash.update(await fingerprintOf(access, path, role));
  }
  return hash.digest('hex');
}

/** The volumes that come of applying a calibration. */
export function outputsOf({ sides, centre }: Calibration): readonly Output[] {
  const lambdas: readonly Output[] = sides === 2 ? ['lambda-below', 'lambda-above'] : ['lambda'];
  return ['lower', 'upper', 'width', ...lambdas, ...(centre ? ['point' as const] : [])];
}

/**
 * Holds the making of a scan against that of a calibration's scans.
 *
 * @returns what the promise was calibrated on, where this scan's voxels are chosen otherwise; null where they are not.
 * @throws SemcrcError `usage` as `checkSamePreparing`.
 */
export async function checkMaking(
  { nifti }: FileAccess,
  calibration: Calibration,
  files: ApplyFiles,
  { labelling, window, predictionUnits, scan = UNNAMED_SCAN }: SlabOptions,
): Promise<string | null> {
  const named = { ...files, scan };
  const inputs = inputsOf(nifti.files, [named], await countDraws(nifti, [named]));
  const made = preparingOf({ window, predictionUnits }, labelling, inputs);
  return checkSamePreparing(calibration, { name: files.lower, preparing: { ...made, truthUnits: null } });
}
