import { availableParallelism } from 'node:os';
import {
  type ApplicationExecutor,
  type ApplicationJobs,
  type ApplicationSession,
  ApplicationWorkbench,
} from './application.ts';
import { SerialExecutor } from './executor.ts';
import { openSource } from './handle-node.ts';
import type { CohortSession, ExperimentExecutor, ExperimentJobs } from './job.ts';
import { WorkerPool } from './pool.ts';
import {
  type PredictionExecutor,
  type PredictionJobs,
  type PredictionSession,
  PredictionWorkbench,
} from './prediction.ts';
import {
  type PreparationExecutor,
  type PreparationJobs,
  type PreparationSession,
  PreparationWorkbench,
} from './preparation.ts';
import { type ScanExecutor, type ScanJobs, type ScanSession, ScanWorkbench } from './scan.ts';
import type { SimulationExecutor, SimulationJobs, SimulationSession } from './simulation/jobs.ts';
import { type NodeThreadOptions, spawnNodeThread } from './thread-node.ts';
import { ExperimentWorkbench } from './workbench.ts';

export {
  type ApplicationExecutor,
  type ApplicationOptions,
  type ApplicationScan,
  type ApplicationSession,
  runApplication,
} from './application.ts';
export { openSource } from './handle-node.ts';
export {
  mergePrediction,
  type PredictionExecutor,
  type PredictionOptions,
  type PredictionSpec,
  type PredictionSummary,
  runPrediction,
} from './prediction.ts';
export { BUILT_IN_MODELS } from './prediction-model.ts';
export {
  mergePreparation,
  type PreparationExecutor,
  type PreparationOptions,
  runPreparation,
} from './preparation.ts';
export {
  type ProfilingOptions,
  type ProfilingSummary,
  type ProfilingTerms,
  profilesHeader,
  runProfiling,
} from './profiling.ts';
export { runProjection, runReconstruction, type ScanExecutor, type ScanRunOptions } from './scan.ts';
export { estimateSimulation, type SimulationEstimate } from './simulation/estimate.ts';
export type { SimulationExecutor, SimulationOutput } from './simulation/jobs.ts';
export {
  mergeSimulation,
  runSimulation,
  type SimulationOptions,
  type SimulationSummary,
} from './simulation/run.ts';
export type { PatientsToDraw, SimulationSpec } from './simulation/spec.ts';
export { type NodeThreadOptions, serveNodeThread, spawnNodeThread } from './thread-node.ts';

/** Does experiments in this thread. */
export function serialExecutor(): ExperimentExecutor {
  return new SerialExecutor(new ExperimentWorkbench(openSource));
}

/** Does experiments in worker threads. Close it, or the process stays. */
export function threadExecutor(
  options: NodeThreadOptions & {
    /** Threads at most; default `defaultWorkers()`. */
    readonly workers?: number;
  } = {},
): ExperimentExecutor {
  const { workers = defaultWorkers(), ...thread } = options;
  return new WorkerPool<CohortSession, ExperimentJobs>(() => spawnNodeThread(thread), workers);
}

/** Prepares cohorts in this thread. */
export function serialPreparation(): PreparationExecutor {
  return new SerialExecutor(new PreparationWorkbench());
}

/** Prepares cohorts in worker threads. Close it, or the process stays. */
export function threadPreparation(
  options: NodeThreadOptions & {
    /** Threads at most; default `defaultWorkers()`. */
    readonly workers?: number;
  } = {},
): PreparationExecutor {
  const { workers = defaultWorkers(), ...rest } = options;
  const thread = { script: new URL('./bundled/worker-preparation.js', import.meta.url), ...rest };
  return new WorkerPool<PreparationSession, PreparationJobs>(() => spawnNodeThread(thread), workers);
}

/** Applies calibrations in this thread. */
export function serialApplication(): ApplicationExecutor {
  return new SerialExecutor(new ApplicationWorkbench());
}

/** Applies calibrations in worker threads. Close it, or the process stays. */
export function threadApplication(
  options: NodeThreadOptions & {
    /** Threads at most; default `defaultWorkers()`. */
    readonly workers?: number;
  } = {},
): ApplicationExecutor {
  const { workers = defaultWorkers(), ...rest } = options;
  const thread = { script: new URL('./bundled/worker-application.js', import.meta.url), ...rest };
  return new WorkerPool<ApplicationSession, ApplicationJobs>(() => spawnNodeThread(thread), workers);
}

/** Scans and reconstructs in this thread. */
export function serialScan(): ScanExecutor {
  return new SerialExecutor(new ScanWorkbench());
}

/** Scans and reconstructs in worker threads. Close it, or the process stays. */
export function threadScan(
  options: NodeThreadOptions & {
    /** Threads at most; default `defaultWorkers()`. */
    readonly workers?: number;
  } = {},
): ScanExecutor {
  const { workers = defaultWorkers(), ...rest } = options;
  const thread = { script: new URL('./bundled/worker-scan.js', import.meta.url), ...rest };
  return new WorkerPool<ScanSession, ScanJobs>(() => spawnNodeThread(thread), workers);
}

/**
 * Heap of a thread that simulates. It holds no voxels, so this is plenty; but the engine takes back arrays that are no longer
 * used once they come to half of it, and where it is as large as it may be, to gigabytes.
 */
const SIMULATION_HEAP = { maxOldGenerationSizeMb: 192 };

/** Simulates cohorts in worker threads. Close it, or the process stays. */
export function threadSimulation(
  options: NodeThreadOptions & {
    /** Threads at most; default `defaultWorkers()`. */
    readonly workers?: number;
  } = {},
): SimulationExecutor {
  const { workers = defaultWorkers(), ...rest } = options;
  const script = new URL('./bundled/worker-simulation.js', import.meta.url);
  const thread = { script, resourceLimits: SIMULATION_HEAP, ...rest };
  return new WorkerPool<SimulationSession, SimulationJobs>(() => spawnNodeThread(thread), workers);
}

/** Predicts scans in this thread. */
export function serialPrediction(): PredictionExecutor {
  return new SerialExecutor(new PredictionWorkbench());
}

/** Predicts scans in worker threads, each with the network loaded once. Close it, or the process stays. */
export function threadPrediction(
  options: NodeThreadOptions & {
    /** Threads at most; default `defaultWorkers()`. */
    readonly workers?: number;
  } = {},
): PredictionExecutor {
  const { workers = defaultWorkers(), ...rest } = options;
  const thread = { script: new URL('./bundled/worker-prediction.js', import.meta.url), ...rest };
  return new WorkerPool<PredictionSession, PredictionJobs>(() => spawnNodeThread(thread), workers);
}

/** The cores this process may use. */
export function defaultWorkers(): number {
  return availableParallelism();
}
