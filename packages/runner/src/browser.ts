import { SerialExecutor } from './executor.ts';
import { openSource } from './handle.ts';
import type { CohortSession, ExperimentExecutor, ExperimentJobs } from './job.ts';
import { WorkerPool } from './pool.ts';
import { type BrowserThreadOptions, spawnBrowserThread } from './thread-browser.ts';
import { ExperimentWorkbench } from './workbench.ts';

export { type BrowserThreadOptions, spawnBrowserThread } from './thread-browser.ts';

/** Does experiments in the page's own thread. */
export function serialExecutor(): ExperimentExecutor {
  return new SerialExecutor(new ExperimentWorkbench(openSource));
}

/** Does experiments in Web Workers. */
export function threadExecutor(
  options: BrowserThreadOptions & {
    /** Workers at most; default `defaultWorkers()`. */
    readonly workers?: number;
  } = {},
): ExperimentExecutor {
  const { workers = defaultWorkers(), ...thread } = options;
  return new WorkerPool<CohortSession, ExperimentJobs>(() => spawnBrowserThread(thread), workers);
}

/** The cores the browser admits to; 1 where it does not tell. */
export function defaultWorkers(): number {
  return navigator.hardwareConcurrency || 1;
}
