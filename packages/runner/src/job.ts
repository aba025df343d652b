import type {
  CohortIndex,
  CountedStretch,
  Evaluation,
  ExperimentPlan,
  Fit,
  Labels,
  LossScope,
  MendedVoxels,
  Profile,
  RunPlan,
  RunResult,
  Sample,
  ScanCurve,
  ScanEvaluation,
  ScoreRanking,
  Split,
  Stretch,
} from '@semcrc/core';
import type { Executor } from './executor.ts';
import type { SourceHandle } from './handle.ts';

/** What every job of one experiment shares. */
export interface ExperimentSession {
  readonly handle: SourceHandle;
  /** The cohort, once one worker has opened it: the others need not find out again what costs reading. */
  readonly known?: Pick<CohortFacts, 'digest' | 'leftOut' | 'verified'>;
  readonly plan: ExperimentPlan;
  /** Tolerances that every run is calibrated at; the plan's own `epsilon` is not looked at. */
  readonly tolerances: readonly number[];
  /** Ascending λ at which each scan's misses are counted along with its profile; empty: not counted. */
  readonly grid: Float32Array;
  /** Decoded samples each worker may keep of its own, in bytes; it keeps none that its source lends. */
  readonly cacheBytes: number;
  /** Profiles of all scans that runs need; empty while they are being built. */
  readonly profiles: readonly Profile[];
  /** Decoded scans in memory that all workers see; scans not among them are read again. */
  readonly samples: readonly Sample[];
}

/** A cohort as far as planning and reporting need it. */
export interface CohortFacts extends CohortIndex {
  readonly name: string;
  readonly digest: string;
  readonly labels: Labels;
  /** Scans of the files that the cohort does not hold, and why. */
  readonly leftOut: readonly { readonly scan: string; readonly reason: string }[];
  /** Chunks of a prepared cohort found to match their checksums; all workers share it. */
  readonly verified?: Uint8Array;
}

/** A scan's profile and what was noticed while reading it. */
export interface ProfiledScan {
  readonly profile: Profile;
  readonly mended: MendedVoxels;
  /** Null where the session has no grid. */
  readonly curve: ScanCurve | null;
  /** The decoded scan in shared memory, where it was asked for, memory can be shared and reading it again is dear. */
  readonly sample: Sample | null;
}

/** A scan to be profiled. */
export interface ScanToProfile {
  readonly scan: string;
  /** Whether its decoded voxels are wanted back. */
  readonly keep: boolean;
}

/** Scores to be ranked, in stretches that follow each other. */
export interface ScoresToRank {
  readonly scope: LossScope;
  readonly stretches: readonly Stretch[];
}

/** A run to be done, and ranked scores of the session's scans to find λ̂'s in, counted in the order of its profiles. */
export interface RunToDo {
  readonly run: RunPlan;
  readonly rankings: readonly ScoreRanking[];
}

/** One split calibrated and measured. */
export interface CalibratedSplit {
  readonly fit: Fit;
  /** Means over the test scans; null where there are none. */
  readonly evaluation: Evaluation | null;
  /** Each test scan, in split order. */
  readonly scans: readonly ScanEvaluation[];
}

/** The jobs of an experiment: profiles once per scan, rankings of their scores where runs look for many λ, then runs. */
export interface ExperimentJobs {
  readonly cohort: { readonly input: null; readonly output: CohortFacts };
  readonly profile: { readonly input: ScanToProfile; readonly output: ProfiledScan };
  /** Where the λ̂'s of a scope are likely to be. */
  readonly stretches: { readonly input: LossScope; readonly output: readonly CountedStretch[] };
  readonly rankings: { readonly input: ScoresToRank; readonly output: readonly ScoreRanking[] };
  /** Every procedure of the plan on one split; one result per tolerance. */
  readonly run: { readonly input: RunToDo; readonly output: readonly RunResult[] };
  /** The plan's first procedure at the first tolerance on one split, with all that `calibration.json` tells. */
  readonly calibrate: { readonly input: Split; readonly output: CalibratedSplit };
}

/** Where an experiment's jobs are done. */
export type ExperimentExecutor = Executor<ExperimentSession, ExperimentJobs>;
