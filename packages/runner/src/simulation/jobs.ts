import type { Labels } from '@semcrc/core';
import type { StandInData } from '@semcrc/predict';
import type { FileLayout } from '@semcrc/simulate/node';
import type { Executor } from '../executor.ts';
import type { SimulationSpec } from './spec.ts';

/** Where a simulated cohort goes: files in a folder, or a prepared cohort. */
export interface SimulationOutput {
  readonly path: string;
  readonly format: FileLayout | 'store';
}

/** What there is to know of a simulation before its first scan is drawn; plain data. */
export interface SimulationPlan {
  /** SHA-256 over all that decides the voxels. */
  readonly digest: string;
  readonly ids: readonly string[];
  readonly labels: Labels;
  readonly task: string;
  readonly segmenter: string;
  /** The stand-in that was trained for these patients; null where the shipped one serves. */
  readonly standIn: StandInData | null;
}

export interface SimulationSession {
  readonly spec: SimulationSpec;
  readonly output: SimulationOutput;
  readonly plan?: SimulationPlan;
  /** Where the stand-in of an earlier call is kept; none is looked for without it. */
  readonly standInFile?: string | undefined;
}

/** What one scan came to; `quality` is null where nothing was predicted. */
export interface ScanMade {
  readonly scan: string;
  readonly quality: ScanQuality | null;
}

/** How well a scan was segmented and predicted. */
export interface ScanQuality {
  /** F1 score of the segmentation against the true anatomy, by label id; organs that are there. */
  readonly f1: Readonly<Record<string, number>>;
  /** Share of voxels inside lower … upper before calibration, inside the body. */
  readonly coverage: number;
  /** Mean squared error of the point inside the body. */
  readonly squaredError: number;
}

export interface SimulationJobs {
  readonly plan: { readonly input: null; readonly output: SimulationPlan };
  /** Input: place of the scan. It stands at its place when the job is done. */
  readonly scan: { readonly input: number; readonly output: ScanMade };
}

export type SimulationExecutor = Executor<SimulationSession, SimulationJobs>;
