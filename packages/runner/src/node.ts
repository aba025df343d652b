import { availableParallelism } from 'node:os';
import {
  type ApplicationExecutor,
  type ApplicationJobs,
  type ApplicationSession,
  ApplicationWorkbench,
} from './application.ts';
import { SerialExecutor } from './executor.ts';
import { openSource } from './handle-node.ts';
import type { EvaluationSession, ExperimentExecutor, ExperimentJobs, ExperimentSession } from './job.ts';
import { WorkerPool } from './pool.ts';
import {
  type PreparationExecutor,
  type PreparationJobs,
  type PreparationSession,
  PreparationWorkbench,
} from './preparation.ts';
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
export { type PreparationExecutor, type PreparationOptions, runPreparation } from './preparation.ts';
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
  return new WorkerPool<ExperimentSession | EvaluationSession, ExperimentJobs>(
    () => spawnNodeThread(thread),
    workers,
  );
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

/** The cores this process may use. */
export function defaultWorkers(): number {
  return availableParallelism();
}
