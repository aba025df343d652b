import {
  APPLY_SCHEMA,
  type AppliedOrgan,
  type ApplySummary,
  type Calibration,
  type MendedVoxels,
} from '@semcrc/core';
import type { Labelling } from '@semcrc/imaging';
import type { IntensityUnits } from '../scan/reading.ts';
import type { ApplyFiles } from '../scan/scan-slabs.ts';
import type { Published } from './publish.ts';

/** The schema of `summary.json` without its version. */
export const kindOfSummary = 'semcrc/apply';

/** Counts voxels and widths by label while slabs go by. */
export class OrganTally {
  readonly #calibration: Calibration;
  readonly #labelling: Labelling;
  readonly #unknown: ReadonlySet<number>;
  readonly #voxels = new Float64Array(65536);
  readonly #widths = new Float64Array(65536);
  #clipped = 0;
  #crossed = 0;

  constructor(calibration: Calibration, labelling: Labelling, unknown: ReadonlySet<number>) {
    this.#calibration = calibration;
    this.#labelling = labelling;
    this.#unknown = unknown;
  }

  add(organs: Uint16Array, { width }: Pick<Published, 'width'>, { clipped, crossed }: MendedVoxels): void {
    for (let voxel = 0; voxel < organs.length; voxel++) {
      const label = organs[voxel] as number;
      this.#voxels[label] = (this.#voxels[label] as number) + 1;
      this.#widths[label] = (this.#widths[label] as number) + (width[voxel] as number);
    }
    this.#clipped += clipped;
    this.#crossed += crossed;
  }

  /**
   * @param digest of calibration, options and files
   * @param extrapolation what the promise was calibrated on, where that is not all of this scan
   */
  summary(
    digest: string,
    files: ApplyFiles,
    units: IntensityUnits,
    window: readonly [number, number],
    extrapolation: string | null,
  ): ApplySummary {
    const { procedure, epsilon, guarantee } = this.#calibration;
    const organs: Record<string, AppliedOrgan> = {};
    const warnings: string[] = [];
    for (const [id, name] of Object.entries(this.#labelling.labels)) {
      const voxels = this.#voxels[Number(id)] as number;
      const status = this.#status(id);
      const meanWidth = voxels === 0 ? null : (this.#widths[Number(id)] as number) / voxels;
      organs[id] = { name, voxels, meanWidth, status, lambda: this.#lambda(id) };
      if (voxels > 0 && status !== 'calibrated') {
        const whole = Object.values(organs[id].lambda).every(isInfinite);
        warnings.push(warning(`${name} (label ${id}, ${voxels} voxels)`, status, whole));
      }
    }
    const voxels = this.#voxels.reduce((sum, count) => sum + count, 0);
    return {
      schema: APPLY_SCHEMA,
      digest,
      files,
      units,
      window,
      procedure,
      epsilon,
      guarantee,
      extrapolation,
      condition: applicationCondition(units, window),
      voxels,
      meanWidth: this.#widths.reduce((sum, width) => sum + width, 0) / voxels,
      mended: { clipped: this.#clipped, crossed: this.#crossed },
      organs,
      warnings,
    };
  }

  #status(id: string): AppliedOrgan['status'] {
    if (this.#unknown.has(Number(id))) return 'unknown';
    return this.#calibration.organs[id]?.status ?? 'calibrated';
  }

  /** The λ that voxels of a label have, by the calibration's keys: its own, its strata's, or those all labels share. */
  #lambda(id: string): AppliedOrgan['lambda'] {
    if (this.#unknown.has(Number(id))) return {};
    const { lambda, partition } = this.#calibration;
    if (partition.kind === 'uniform' || partition.kind === 'position') return lambda;
    return Object.fromEntries(
      Object.entries(lambda).filter(([key]) => key === id || key.startsWith(`${id}/`)),
    );
  }
}

/** Whether λ opens the interval wherever it can, on both sides. */
function isInfinite(value: Calibration['lambda'][string]): boolean {
  return typeof value === 'object'
    ? value.below === 'Infinity' && value.above === 'Infinity'
    : value === 'Infinity';
}

function warning(
  organ: string,
  status: Exclude<AppliedOrgan['status'], 'calibrated'>,
  whole: boolean,
): string {
  const reasons = {
    infeasible: 'too few calibration scans contain it',
    absent: 'no calibration scan contains it',
    unknown: 'the calibration does not know it',
  };
  const consequence = whole
    ? 'its interval is the whole range'
    : 'it takes the λ the procedure gives such labels';
  return `${organ} was never calibrated: ${reasons[status]}; ${consequence}`;
}

/** Under what condition a promise holds for a scan, and how its bounds are read. */
export function applicationCondition(units: IntensityUnits, window: readonly [number, number]): string {
  return (
    'The guarantee is for scans acquired and prepared as the calibration scans were; it is a statement about scans on ' +
    `average, not about this one. ${edges(units, window)}`
  );
}

function edges(units: IntensityUnits, [lo, hi]: readonly [number, number]): string {
  return units === 'hu'
    ? `A lower bound of ${lo} HU means ${lo} or less, an upper bound of ${hi} HU means ${hi} or more.`
    : `Intensities are windowed: 0 stands for ${lo} HU or less, 1 for ${hi} HU or more.`;
}
