export { type Executor, type JobTable, SerialExecutor, type Task, type Workbench } from './executor.ts';
export { WorkerPool } from './pool.ts';
export type { Death, SpawnThread, Thread } from './thread.ts';
