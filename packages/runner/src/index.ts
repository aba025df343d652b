export { calibrationDocument } from './calibration-document.ts';
export {
  DESIGN,
  type PlanSettings,
  planOf,
  type ResolvedPlan,
  resolvePlan,
  toleranceOf,
} from './calibration-plan.ts';
export { type EvaluationOptions, type EvaluationResult, runEvaluation } from './evaluation.ts';
export { type Executor, type JobTable, SerialExecutor, type Task, type Workbench } from './executor.ts';
export {
  type CalibrationResult,
  type ExperimentResult,
  type FinishedRun,
  type ReadingFacts,
  type RunExperimentOptions,
  runCalibration,
  runExperiment,
  type WorkOptions,
  type WorkProgress,
} from './experiment.ts';
export {
  type DroppedHandle,
  type DroppedProfilesHandle,
  type LayoutHandle,
  type ManifestHandle,
  type Opening,
  type OpenSource,
  openSource,
  type PhantomHandle,
  type ProfilesHandle,
  type SourceHandle,
  type StoreHandle,
} from './handle.ts';
export type {
  CalibratedSplit,
  CohortSession,
  EncodedScan,
  EvaluatedScan,
  EvaluationSession,
  ExperimentExecutor,
  ExperimentJobs,
  ExperimentSession,
  HeldOut,
  ProfiledScan,
  ProfilingSession,
  SplitToCalibrate,
} from './job.ts';
export { WorkerPool } from './pool.ts';
export type { Death, SpawnThread, Thread } from './thread.ts';
