import type { IntervalMaps } from '@semcrc/cohort';
import type { ApplySummary, Calibration, Procedure, ProcedureOptions, RiskCurve } from '@semcrc/core';

/** What a file of a scan is: its predictions, and with `truth` the CT itself. */
export type Role = 'lower' | 'upper' | 'segmentation' | 'point' | 'body' | 'std' | 'samples' | 'truth';

/** A file that was dropped. `path` is relative, with `/` between folders: `case1/q_lo.nii.gz`. */
export interface Dropped {
  readonly path: string;
  readonly file: Blob;
}

/** What long work takes beside its input. An aborted signal rejects the call with `interrupted`; the engine stays usable. */
export interface Work {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** How far work has come. */
export interface Progress {
  readonly stage: 'reading' | 'applying' | 'scans' | 'calibrating' | 'measuring' | 'drawing';
  readonly done: number;
  readonly total: number;
}

/** What dropped files are, by their names alone. */
export interface Sorted {
  /** Path by role; of a folder, for one mask per organ and for samples that are files. */
  readonly roles: Partial<Record<Role, string>>;
  /** Paths of files that may be a `calibration.json`. */
  readonly calibrations: readonly string[];
  /** A prepared cohort: a folder that holds `zarr.json`, or a `.zip`. */
  readonly store: { readonly kind: 'folder' | 'zip'; readonly path: string } | null;
  /** Files of profiles, which are taken together. */
  readonly profiles: readonly string[];
  /** Of lower, upper and segmentation, where some file of a scan was dropped. */
  readonly missing: readonly Role[];
  /** Roles that several files claim. */
  readonly ambiguous: readonly { readonly role: Role; readonly paths: readonly string[] }[];
  readonly unknown: readonly string[];
}

/** Text of a `calibration.json`, and what to call it. */
export interface NamedCalibration {
  readonly name: string;
  readonly text: string;
}

/** A tolerance that λ is known for. */
export interface Knot {
  readonly epsilon: number;
  readonly status: 'calibrated' | 'infeasible';
  /** Whether it is the ε that the calibration was made for. */
  readonly promised: boolean;
}

/** A calibration that was parsed and checked. */
export interface CalibrationFacts {
  readonly name: string;
  readonly calibration: Calibration;
  /** Ascending in ε; without a curve the one ε of the calibration. */
  readonly knots: readonly Knot[];
  /** Files that a scan must have for it. */
  readonly needs: readonly Role[];
}

/** The files of a scan: by role, the path of a dropped file or folder. */
export interface ScanFiles {
  readonly roles: Partial<Record<Role, string>>;
  readonly files: readonly Dropped[];
}

/** How files are read; what is left out is as the calibration's scans were read. */
export interface ReadingOptions {
  /** Name of a label scheme. */
  readonly labels?: string | undefined;
  readonly extraLabels?: readonly string[] | undefined;
  readonly predictionUnits?: 'window' | 'hu' | undefined;
  /** Unit of `truth`; HU by default. */
  readonly truthUnits?: 'window' | 'hu' | undefined;
  readonly window?: readonly [number, number] | undefined;
  readonly affineTolerance?: number | undefined;
  /** The most bytes that a scan may take; 1.2e9 by default. */
  readonly limit?: number | undefined;
}

export type ScanId = number;
export type CohortId = number;

/** A scan that lies in the worker's memory. Volumes are x fastest, in the voxel order of the file of `lower`. */
export interface OpenScan {
  readonly id: ScanId;
  readonly shape: readonly [slices: number, height: number, width: number];
  /** Row by row, 16 numbers: voxel (x, y, z) to mm, RAS+. */
  readonly affine: readonly number[];
  /** Direction of the voxel axes: `RAS`, `LPS`, … */
  readonly axes: string;
  readonly spacing: readonly [x: number, y: number, z: number];
  /** HU of 0 and 1. */
  readonly window: readonly [lo: number, hi: number];
  /** Names of the groups by id. */
  readonly labels: Readonly<Record<string, string>>;
  /** The heuristic interval, the point prediction and the ground truth, in windowed intensity. */
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  readonly point: Float32Array | null;
  readonly truth: Float32Array | null;
  /** Group ids. */
  readonly organs: Uint16Array;
  /** One per calibration, in their order. */
  readonly designs: readonly Design[];
  /** Worth knowing, and no error. */
  readonly notes: readonly string[];
}

/** A calibration on an open scan. */
export interface Design {
  readonly facts: CalibrationFacts;
  /** What the promise was calibrated on, where that is not all of this scan; to be shown first. */
  readonly extrapolation: string | null;
  /** Under what condition the promise holds. */
  readonly condition: string;
  /** Whether intervals lie around a corrected point in place of the prediction. */
  readonly recentred: boolean;
}

export type MapName = keyof IntervalMaps;

/** Intervals of an open scan at a knot. */
export interface Intervals {
  readonly knot: Knot;
  readonly maps: Partial<IntervalMaps>;
  /** Labels that have voxels, ascending in id. */
  readonly organs: readonly OrganRow[];
  /** Windowed intensity. */
  readonly meanWidth: number;
  /** Share of voxels whose truth is outside; null without truth. */
  readonly outside: number | null;
  /** What it took in the worker. */
  readonly milliseconds: number;
}

export interface OrganRow {
  readonly id: number;
  readonly name: string;
  readonly voxels: number;
  /** As the calibration says, or `unknown` to it, when the interval is the whole range. */
  readonly status: 'calibrated' | 'infeasible' | 'absent' | 'unknown';
  /** Least and largest λ over the organ's groups and sides, in windowed intensity; maybe Infinity. */
  readonly lambda: readonly [least: number, most: number];
  readonly meanWidth: number;
  readonly meanWidthHu: number;
  readonly outside: number | null;
}

export interface ApplyOptions extends ReadingOptions {
  /** Unit of the results. */
  readonly units: 'window' | 'hu';
}

/** What `semcrc apply` would have written. */
export interface Applied {
  /** `lower.nii.gz` and so on. */
  readonly files: readonly { readonly name: string; readonly blob: Blob }[];
  readonly summary: ApplySummary;
  /** `summary.json`. */
  readonly summaryText: string;
  /** A row per organ. */
  readonly csv: string;
}

export interface OpenCohort {
  readonly id: CohortId;
  readonly name: string;
  readonly scans: readonly string[];
  readonly patients: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly digest: string;
  /** Whether it is known by profile files: no scan of it can be looked at, and what needs voxels cannot be calibrated. */
  readonly profiled: boolean;
  /** Sizes of a split where none are given; as the command's. */
  readonly sizes: { readonly nOpt: number; readonly nCal: number; readonly nTest: number };
  readonly notes: readonly string[];
}

/** Tolerances from one to another, both included. */
export interface CurveRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What is left out takes the default of `semcrc calibrate`. */
export interface CalibrateSettings {
  readonly procedure: Procedure;
  readonly epsilon?: number | undefined;
  readonly curve?: CurveRange | undefined;
  readonly nOpt?: number | undefined;
  readonly nCal?: number | undefined;
  readonly nTest?: number | undefined;
  readonly seed?: number | undefined;
  readonly preset?: 'paper' | 'shortest' | 'recentred' | undefined;
  readonly options?: Partial<ProcedureOptions> | undefined;
  readonly workers?: number | undefined;
}

export interface Calibrated {
  readonly calibration: Calibration;
  /** `calibration.json` as `semcrc calibrate` writes it. */
  readonly text: string;
  readonly facts: CalibrationFacts;
  /**
   * Risk of one λ for all voxels, over all scans that were read, and by label id over those that contain it: `risk-curve.json` of
   * `semcrc experiment` at its λ, and at more of them near 0.
   */
  readonly riskCurve: RiskCurve | null;
  /** On the scans held out, at each knot with a λ; empty where none were. */
  readonly held: readonly { readonly epsilon: number; readonly risk: number; readonly length: number }[];
  /** Worth knowing, and no error. */
  readonly notes: readonly string[];
}

export interface Example {
  /** Of crc, sem-crc, organ-crc and shortest, made when the page was built; without risk curves. */
  readonly calibrations: readonly Calibrated[];
  /** A whole volume with its truth, drawn in the page. */
  readonly scan: OpenScan;
}

/** The page's side of the engine. Every failed call rejects with an `EngineError`. */
export interface Engine {
  /** Bytes that opening a scan would take, by the headers of its files. */
  memoryNeeded(
    files: ScanFiles,
  ): Promise<{ readonly bytes: number; readonly limit: number; readonly voxels: number }>;
  /** Reads a scan whole, under the guard rails of `apply`; once it is there the scan opened before is closed. */
  openScan(
    files: ScanFiles,
    calibrations: readonly NamedCalibration[],
    options?: ReadingOptions,
    work?: Work,
  ): Promise<OpenScan>;
  /** @param design index of a calibration of the scan @param knot index among its knots @param want width, and missed where truth is known, by default */
  intervals(scan: ScanId, design: number, knot: number, want?: readonly MapName[]): Promise<Intervals>;
  /** `semcrc apply` at the calibration's own ε, slab by slab. */
  apply(
    files: ScanFiles,
    calibration: NamedCalibration,
    options: ApplyOptions,
    work?: Work,
  ): Promise<Applied>;
  closeScan(scan: ScanId): Promise<void>;
  openCohort(dropped: readonly Dropped[], work?: Work): Promise<OpenCohort>;
  calibrate(cohort: CohortId, settings: CalibrateSettings, work?: Work): Promise<Calibrated>;
  /** A scan of a cohort, with its truth. */
  openCohortScan(
    cohort: CohortId,
    scan: string,
    calibrations: readonly NamedCalibration[],
    work?: Work,
  ): Promise<OpenScan>;
  closeCohort(cohort: CohortId): Promise<void>;
  /** The built-in example. */
  example(): Promise<Example>;
  /** Draws the cohort of the example in the page and calibrates on it: the texts of {@link example}, bit for bit. */
  calibrateExample(work?: Work): Promise<readonly Calibrated[]>;
  /** Whether its worker crashed or was closed: it does nothing any more. */
  readonly ended: boolean;
  /** Ends all workers; pending calls reject with `interrupted`. */
  close(): Promise<void>;
}
