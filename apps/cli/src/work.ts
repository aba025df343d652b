import { cohortOf, type LeftOut, type MendedVoxels, type Source } from '@semcrc/core';
import type { Opening, SourceHandle, WorkProgress } from '@semcrc/runner';
import {
  defaultWorkers,
  openSource,
  serialExecutor,
  serialPrediction,
  serialPreparation,
  serialSimulation,
  threadExecutor,
  threadPrediction,
  threadPreparation,
  threadSimulation,
} from '@semcrc/runner/node';
import type { Progress, Terminal } from './terminal.ts';

/** A cohort opened here, and how workers open the same one without reading again what is known of it. */
export interface OpenCohort {
  readonly cohort: Source;
  readonly opening: Opening;
}

/** Opens the cohort a handle names; what is worth knowing and no error becomes a note. */
export async function openCohort(handle: SourceHandle, terminal: Terminal): Promise<OpenCohort> {
  const cohort = await openSource(handle, { warn: (message) => terminal.note(`note: ${message}`) });
  noteLeftOut(terminal, cohort.leftOut);
  return { cohort, opening: { ...handle, known: cohortOf(cohort) } };
}

/** Lists the scans that do not qualify, each with its reason. */
export function noteLeftOut(terminal: Terminal, leftOut: readonly LeftOut[]): void {
  for (const { scan, reason } of leftOut) terminal.note(`note: scan ${scan} is left out: ${reason}`);
}

/** Who does one kind of work: this thread, or several. */
interface Executors<Executor> {
  readonly serial: () => Executor;
  readonly threads: (options: { readonly workers: number }) => Executor;
}

/** For experiments and calibrations. */
export const EXPERIMENTS = { serial: serialExecutor, threads: threadExecutor };
/** For preparing cohorts. */
export const PREPARATIONS = { serial: serialPreparation, threads: threadPreparation };
/** For predicting scans. */
export const PREDICTIONS = { serial: serialPrediction, threads: threadPrediction };
/** For simulating cohorts. */
export const SIMULATIONS = { serial: serialSimulation, threads: threadSimulation };

/** Runs `use` with an executor of `workers` threads (default: one per core) and closes it afterwards. */
export async function withExecutor<Executor extends { close(): Promise<void> }, T>(
  { serial, threads }: Executors<Executor>,
  workers: number | undefined,
  use: (executor: Executor) => Promise<T>,
): Promise<T> {
  const count = workers ?? defaultWorkers();
  const executor = count === 1 ? serial() : threads({ workers: count });
  try {
    return await use(executor);
  } finally {
    await executor.close();
  }
}

/** A progress bar for each stage of the runner's work, one after the other. */
export class StageProgress {
  readonly #terminal: Terminal;
  readonly #prefix: string;
  #stage: WorkProgress['stage'] | undefined;
  #bar: Progress | undefined;

  /** @param prefix put before each stage's name. */
  constructor(terminal: Terminal, prefix = '') {
    this.#terminal = terminal;
    this.#prefix = prefix;
  }

  readonly update = ({ stage, done, total }: WorkProgress): void => {
    if (stage !== this.#stage) {
      this.#bar?.stop();
      this.#stage = stage;
      this.#bar = this.#terminal.progress(`${this.#prefix}${stage}`, total, done);
    }
    this.#bar?.update(done);
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#stage = undefined;
  }
}

/** Says what had to be mended in the predictions, if anything. */
export function noteMended(terminal: Terminal, { clipped, crossed }: MendedVoxels): void {
  if (clipped > 0) {
    terminal.note(`note: ${voxels(clipped)} of the predictions outside 0..1, clipped`);
  }
  if (crossed > 0) terminal.note(`note: ${voxels(crossed)} with lower above upper (crossed), swapped`);
}

function voxels(count: number): string {
  return count === 1 ? '1 voxel' : `${count} voxels`;
}
