import type { ProfileBlock } from '@semcrc/cohort';
import type {
  Calibration,
  Cohort,
  CurveRecord,
  Evaluation,
  ExperimentPlan,
  Fit,
  MendedVoxels,
  MoreScans,
  Profile,
  ProfiledScan as ProfiledEntry,
  Profiling,
  RunPlan,
  RunResult,
  Sample,
  SampleFacts,
  ScanCurve,
  ScanEvaluation,
  ScanNote,
  SitesRecord,
  Split,
} from '@semcrc/core';
import type { Executor } from './executor.ts';
import type { Opening } from './handle.ts';

/** What every job of one experiment shares. */
export interface ExperimentSession {
  readonly opening: Opening;
  readonly plan: ExperimentPlan;
  /** Ascending λ at which each scan's misses are counted along with its profile; empty: not counted. */
  readonly grid: Float32Array;
  /** Profiles of all scans that runs need; empty while they are being built. */
  readonly profiles: readonly Profile[];
  /** Decoded scans in memory that all workers see; scans not among them are read again. */
  readonly samples: readonly Sample[];
}

/** What the jobs of one evaluation share: a calibration to be measured on scans of a cohort. */
export interface EvaluationSession {
  readonly opening: Opening;
  readonly calibration: Calibration;
}

/** What the jobs of profiling a cohort for a file share. */
export interface ProfilingSession {
  readonly opening: Opening;
  readonly profiling: Profiling;
}

/** What the jobs of work on one cohort share. */
export type CohortSession = ExperimentSession | EvaluationSession | ProfilingSession;

/** A scan as a profile file holds it, and what was noticed while reading it. */
export interface EncodedScan {
  readonly shape: ProfiledEntry['shape'];
  readonly patient: string;
  readonly block: ProfileBlock;
  readonly mended: MendedVoxels;
  readonly notes: readonly ScanNote[];
  readonly look: SampleFacts;
}

/** A scan's profile and what was noticed while reading it. */
export interface ProfiledScan {
  /** Null where the source holds profiles itself: every worker reads them from there. */
  readonly profile: Profile | null;
  readonly mended: MendedVoxels;
  readonly notes: readonly ScanNote[];
  /** Of a profile: its background, and nothing of intensities. */
  readonly look: SampleFacts;
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

/** How a calibration does on a scan, and what was noticed while reading it. */
export interface EvaluatedScan {
  readonly evaluation: ScanEvaluation;
  readonly mended: MendedVoxels;
  readonly notes: readonly ScanNote[];
  readonly look: SampleFacts;
}

/** One split calibrated and measured. */
export interface CalibratedSplit {
  readonly fit: Fit;
  /** Means over the test scans; null where there are none. */
  readonly evaluation: Evaluation | null;
  /** Each test scan, in split order. */
  readonly scans: readonly ScanEvaluation[];
  /** What more calibration scans would give. */
  readonly moreScans: readonly MoreScans[];
  /** λ̂ at the tolerances asked for; null where none were. */
  readonly toleranceCurve: CurveRecord | null;
  /** How they do on the test scans, where that was asked for, one for each tolerance with a λ̂. */
  readonly heldOut: readonly HeldOut[];
  /** Results by site, where the cohort names sites. */
  readonly sites?: SitesRecord;
}

/** Mean risk and length on the test scans at a tolerance. */
export interface HeldOut {
  readonly epsilon: number;
  readonly risk: number;
  readonly length: number;
}

/** A split to be calibrated. */
export interface SplitToCalibrate {
  readonly split: Split;
  /** Ascending tolerances at which λ̂ is found, too, the plan's first among them; empty: at none. */
  readonly curve: readonly number[];
  /** What is measured on the test scans besides λ̂ of the plan's first tolerance. */
  readonly measure: 'nothing' | 'curve';
}

/** Jobs on a cohort: of an experiment, profiles once per scan, then runs; of an evaluation, scan by scan. */
export interface ExperimentJobs {
  readonly cohort: { readonly input: null; readonly output: Cohort };
  readonly profile: { readonly input: ScanToProfile; readonly output: ProfiledScan };
  /** A scan, by its id, profiled for a file. */
  readonly encode: { readonly input: string; readonly output: EncodedScan };
  /** Every procedure of the plan on one split; one result per tolerance. */
  readonly run: { readonly input: RunPlan; readonly output: readonly RunResult[] };
  /** The plan's first procedure at the first tolerance on one split, with all that `calibration.json` holds. */
  readonly calibrate: { readonly input: SplitToCalibrate; readonly output: CalibratedSplit };
  /** The session's calibration on one scan, by its id. */
  readonly evaluate: { readonly input: string; readonly output: EvaluatedScan };
}

/** Where the jobs of experiments and evaluations are done. */
export type ExperimentExecutor = Executor<CohortSession, ExperimentJobs>;
