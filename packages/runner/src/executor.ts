import { SemcrcError } from '@semcrc/kernels';
import { outcomeOf, unwrap } from './error-transfer.ts';

/** The kinds of work a workbench can do, each with what it takes and what it gives; all of it can be cloned. */
export type JobTable<Jobs> = {
  readonly [Kind in keyof Jobs]: { readonly input: unknown; readonly output: unknown };
};

/**
 * What does the jobs of one worker: it begins a session once, then performs its jobs, one at a time. Results are
 * functions of session and input alone, never of the jobs done before.
 */
export interface Workbench<Session, Jobs extends JobTable<Jobs>> {
  begin(session: Session): Promise<void>;
  perform<Kind extends keyof Jobs & string>(
    kind: Kind,
    input: Jobs[Kind]['input'],
  ): Promise<Jobs[Kind]['output']>;
}

/** One job to be done. */
export interface Task<Session, Kind, Input> {
  /** Handed to each worker once, however many tasks share it: tasks of one session share one object. */
  readonly session: Session;
  readonly kind: Kind;
  readonly input: Input;
  /** Names the task in errors: `scan phantom-003`, `run 7`. */
  readonly name: string;
  /** Gives the task up: a queued one is dropped, a running one stopped where the executor can. */
  readonly signal?: AbortSignal | undefined;
}

/** Does tasks, one or several at a time. */
export interface Executor<Session, Jobs extends JobTable<Jobs>> {
  /** Tasks it can do at the same time. */
  readonly workers: number;
  /**
   * Queues a task and resolves with its result.
   *
   * @throws SemcrcError the task's own error; `internal` naming the task when its worker died; `interrupted` when the
   * signal was aborted or the executor closed first.
   */
  run<Kind extends keyof Jobs & string>(
    task: Task<Session, Kind, Jobs[Kind]['input']>,
  ): Promise<Jobs[Kind]['output']>;
  /** Gives up what is queued or running and frees every worker. Nothing can be run after that. */
  close(): Promise<void>;
}

/** The error of a task that was given up. */
export function interrupted(task: string, why: string): SemcrcError {
  return new SemcrcError('interrupted', `${task}: ${why}`, { data: { task } });
}

/** How long the thread may be held before pending events (a Ctrl-C, a repaint) get their turn, in milliseconds. */
const holdFor = 50;

/** Does every task in this thread, one after the other, in the order given. A task that has begun is finished. */
export class SerialExecutor<Session, Jobs extends JobTable<Jobs>> implements Executor<Session, Jobs> {
  readonly workers = 1;
  readonly #bench: Workbench<Session, Jobs>;
  #last: Promise<unknown> = Promise.resolve();
  #session: { readonly value: Session } | undefined;
  #rested = performance.now();
  #closed = false;

  constructor(bench: Workbench<Session, Jobs>) {
    this.#bench = bench;
  }

  run<Kind extends keyof Jobs & string>(
    task: Task<Session, Kind, Jobs[Kind]['input']>,
  ): Promise<Jobs[Kind]['output']> {
    const result = this.#last.then(() => this.#perform(task));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #perform<Kind extends keyof Jobs & string>(
    task: Task<Session, Kind, Jobs[Kind]['input']>,
  ): Promise<Jobs[Kind]['output']> {
    if (performance.now() - this.#rested > holdFor) {
      await new Promise((resolve) => setTimeout(resolve));
      this.#rested = performance.now();
    }
    if (task.signal?.aborted) throw interrupted(task.name, 'given up before it began');
    if (this.#closed) throw interrupted(task.name, 'the executor was closed before it began');
    const outcome = await outcomeOf(task.name, async () => {
      if (this.#session?.value !== task.session) {
        this.#session = undefined;
        await this.#bench.begin(task.session);
        this.#session = { value: task.session };
      }
      return this.#bench.perform(task.kind, task.input);
    });
    return unwrap(outcome);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    this.#session = undefined;
  }
}
