export { type Executor, type JobTable, SerialExecutor, type Task, type Workbench } from './executor.ts';
export {
  type CalibrationResult,
  type ExperimentOptions,
  type ExperimentResult,
  type FinishedRun,
  type Progress,
  type ReadingFacts,
  runCalibration,
  runExperiment,
  type WorkOptions,
} from './experiment.ts';
export {
  type LayoutHandle,
  type ManifestHandle,
  type Opening,
  type OpenSource,
  openSource,
  type PhantomHandle,
  type SourceHandle,
  type StoreHandle,
} from './handle.ts';
export type {
  CalibratedSplit,
  ExperimentExecutor,
  ExperimentJobs,
  ExperimentSession,
  ProfiledScan,
} from './job.ts';
export { WorkerPool } from './pool.ts';
export type { Death, SpawnThread, Thread } from './thread.ts';
