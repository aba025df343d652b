import {
  type ApplyFiles,
  applicationCondition,
  checkMaking,
  type FileAccess,
  readScanInMemory,
  ScanDesign,
  ScanIntervals,
  type ScanVoxels,
  type SlabOptions,
} from '@semcrc/cohort';
import { type Calibration, calibratedLambdaAt } from '@semcrc/core';
import { abdomenWindow, axisCodes } from '@semcrc/imaging';
import { type Kernels, loadKernels, SemcrcError, sharedInstance } from '@semcrc/kernels';
import { mendedInWords } from './mended.ts';
import type { CalibrationFacts, Design, Intervals, MapName, OpenScan, OrganRow, ScanId } from './types.ts';

/** Everything of an open scan but what the page is given once. */
interface Looked {
  readonly voxels: ScanVoxels;
  readonly labels: Readonly<Record<string, string>>;
  readonly window: readonly [number, number];
}

interface PlacedDesign {
  readonly facts: CalibrationFacts;
  readonly design: ScanDesign;
  readonly intervals: ScanIntervals;
}

/** A scan in the worker's memory under some calibrations. */
export class ScanInWorker {
  readonly #id: ScanId;
  readonly #looked: Looked;
  readonly #designs: readonly PlacedDesign[];
  readonly #described: readonly Design[];
  readonly #notes: readonly string[];

  private constructor(
    id: ScanId,
    looked: Looked,
    placed: readonly { readonly design: PlacedDesign; readonly extrapolation: string | null }[],
    notes: readonly string[],
  ) {
    this.#id = id;
    this.#looked = looked;
    this.#designs = placed.map(({ design }) => design);
    this.#notes = notes;
    this.#described = placed.map(({ design: { facts }, extrapolation }) => ({
      facts,
      extrapolation,
      condition: applicationCondition('window', looked.window),
      recentred: facts.calibration.centre !== undefined,
    }));
  }

  /** Reads a scan from its files, under the guard rails of `apply` for each of the calibrations. */
  static async read(
    id: ScanId,
    access: FileAccess,
    files: ApplyFiles & { readonly truth?: string },
    calibrations: readonly CalibrationFacts[],
    reading: SlabOptions & { readonly truthUnits?: 'window' | 'hu' },
    work: { readonly signal: AbortSignal; readonly progress: (done: number, of: number) => void },
  ): Promise<ScanInWorker> {
    const making: (string | null)[] = [];
    for (const { calibration } of calibrations) {
      making.push(await checkMaking(access, calibration, files, reading));
    }
    const scan = await readScanInMemory(access, files, { ...reading, ...work });
    const { labels } = reading.labelling;
    const looked = { voxels: scan, labels, window: reading.window ?? abdomenWindow };
    const kernels = await sharedInstance(loadKernels);
    const placed = calibrations.map((facts, at) => ({
      design: place(kernels, facts, scan, labels, files.lower),
      extrapolation: making[at] ?? null,
    }));
    return new ScanInWorker(id, looked, placed, [...mendedInWords(scan.mended), ...scan.notes]);
  }

  /**
   * A scan that was drawn, or lies in a cohort.
   *
   * @param extrapolation what a calibration's promise was made on, where that is not all of this scan; maybe refuses the scan
   */
  static async of(
    id: ScanId,
    name: string,
    looked: Looked,
    calibrations: readonly CalibrationFacts[],
    extrapolation: (calibration: Calibration) => string | null,
  ): Promise<ScanInWorker> {
    const kernels = await sharedInstance(loadKernels);
    const placed = calibrations.map((facts) => ({
      design: place(kernels, facts, looked.voxels, looked.labels, name),
      extrapolation: extrapolation(facts.calibration),
    }));
    return new ScanInWorker(id, looked, placed, mendedInWords(looked.voxels.mended));
  }

  /** What the page is given of it: copies, which it may keep or draw. */
  describe(): OpenScan {
    const { voxels, labels, window } = this.#looked;
    const { grid, lower, upper, point, truth, organs } = voxels;
    return {
      id: this.#id,
      shape: grid.shape,
      affine: grid.affine,
      axes: axisCodes(grid.affine),
      spacing: grid.spacing,
      window,
      labels,
      lower: lower.slice(),
      upper: upper.slice(),
      point: point?.slice() ?? null,
      truth: truth?.slice() ?? null,
      organs: organs.slice(),
      designs: this.#described,
      notes: this.#notes,
    };
  }

  /** @throws SemcrcError `usage` for a design or knot that is not there, or has no λ */
  intervals(design: number, knot: number, want: readonly MapName[] | undefined): Intervals {
    const start = performance.now();
    const placed = this.#designs[design];
    const at = placed?.facts.knots[knot];
    if (!placed || !at)
      throw new SemcrcError('usage', `The scan has no knot ${knot} of a calibration ${design}`);
    const lambda = lambdaAt(placed, at.epsilon);
    const maps: readonly MapName[] = want ?? ['width', 'missed'];
    const found = placed.intervals.at(lambda, maps);
    const organs = this.#rows(placed, lambda, found);
    const sum = (values: Float64Array | null) => values?.reduce((total, value) => total + value, 0) ?? null;
    const voxels = sum(found.voxels) as number;
    const missed = sum(found.missed);
    return {
      knot: at,
      maps: found.maps,
      organs,
      meanWidth: (sum(found.widths) as number) / voxels,
      outside: missed === null ? null : missed / voxels,
      milliseconds: performance.now() - start,
    };
  }

  #rows(
    { facts: { calibration }, design }: PlacedDesign,
    lambda: Float32Array,
    { voxels, widths, missed }: ReturnType<ScanIntervals['at']>,
  ): OrganRow[] {
    const { labels, window } = this.#looked;
    const rows: OrganRow[] = [];
    for (const [id, count] of voxels.entries()) {
      if (count === 0) continue;
      const unknown = design.unknown.has(id);
      const range = unknown ? ([Infinity, Infinity] as const) : lambdaRange(design, lambda, id);
      const recorded = calibration.organs[id]?.status ?? 'calibrated';
      // At a small ε an organ may have too few scans, where at the calibration's it has enough.
      const infinite = range[0] === Number.POSITIVE_INFINITY && recorded === 'calibrated';
      const meanWidth = (widths[id] as number) / count;
      rows.push({
        id,
        name: labels[id] ?? `label ${id}`,
        voxels: count,
        status: unknown ? 'unknown' : infinite ? 'infeasible' : recorded,
        lambda: range,
        meanWidth,
        meanWidthHu: meanWidth * (window[1] - window[0]),
        outside: missed ? (missed[id] as number) / count : null,
      });
    }
    return rows;
  }
}

function place(
  kernels: Kernels,
  facts: CalibrationFacts,
  voxels: ScanVoxels,
  labels: Readonly<Record<string, string>>,
  file: string,
): PlacedDesign {
  const design = new ScanDesign(kernels, facts.calibration, { labels }, voxels.grid, file);
  return { facts, design, intervals: new ScanIntervals(voxels, design) };
}

function lambdaAt({ facts: { calibration } }: PlacedDesign, epsilon: number): Float32Array {
  const found = calibratedLambdaAt(calibration, epsilon);
  if (found) return found.calibrated.lambda;
  throw new SemcrcError('infeasible', `At ε = ${epsilon} the calibration has too few scans: there is no λ`, {
    data: { epsilon },
  });
}

/** The least and the largest λ of an organ's groups, on both sides. */
function lambdaRange(
  { calibrated: { partition, sides } }: ScanDesign,
  lambda: Float32Array,
  organ: number,
): readonly [number, number] {
  const { regionsPerOrgan, groupOfRegion, keys } = partition;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let part = 0; part < regionsPerOrgan; part++) {
    const group = groupOfRegion[organ * regionsPerOrgan + part];
    if (group === undefined || group >= keys.length) continue;
    for (let side = 0; side < sides; side++) {
      const value = lambda[side * keys.length + group] as number;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return most < least ? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] : [least, most];
}
