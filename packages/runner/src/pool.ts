import { SemcrcError } from '@semcrc/kernels';
import { type Remote, wrap } from 'comlink';
import { type Outcome, unwrap } from './error-transfer.ts';
import { type Executor, interrupted, type JobTable, type Task } from './executor.ts';
import type { Death, RemoteWorkbench, SpawnThread, Thread } from './thread.ts';

/** A queued or running task, settled exactly once. */
interface Entry<Session> {
  readonly task: Task<Session, string, unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SemcrcError) => void;
}

/** A live worker thread. Comlink's proxy is kept here for as long as the thread lives: collecting it would release the thread. */
interface WorkerHandle<Session, Jobs extends JobTable<Jobs>> {
  readonly thread: Thread;
  readonly remote: Remote<RemoteWorkbench<Session, Jobs>>;
  /** The session the thread has begun. */
  session?: { readonly value: Session };
  /** Fails the call in progress; a thread that dies never answers. */
  fail?: (error: SemcrcError) => void;
}

/** A place for one thread; it outlives the threads that stand in it. */
interface Slot<Session, Jobs extends JobTable<Jobs>> {
  worker: WorkerHandle<Session, Jobs> | undefined;
  entry: Entry<Session> | undefined;
}

/**
 * A pool of worker threads behind the executor's face. Threads start when first needed, one ahead of the tasks, and stay;
 * one that dies fails the task it was doing and nothing else, and its slot takes the next task with a fresh thread.
 */
export class WorkerPool<Session, Jobs extends JobTable<Jobs>> implements Executor<Session, Jobs> {
  readonly workers: number;
  readonly #spawn: SpawnThread;
  readonly #slots: Slot<Session, Jobs>[];
  readonly #queue: Entry<Session>[] = [];
  readonly #ending = new Set<Promise<void>>();
  /** Unsettled tasks by signal: one listener serves all tasks that share a signal. */
  readonly #watched = new Map<
    AbortSignal,
    { readonly entries: Set<Entry<Session>>; readonly stop: () => void }
  >();
  #closed = false;

  /**
   * @param workers threads at most, from 1.
   * @throws SemcrcError `usage` for a number of workers below 1.
   */
  constructor(spawn: SpawnThread, workers: number) {
    if (!Number.isSafeInteger(workers) || workers < 1) {
      throw new SemcrcError('usage', `workers: expected a whole number from 1, found ${workers}`, {
        data: { workers },
      });
    }
    this.workers = workers;
    this.#spawn = spawn;
    this.#slots = Array.from({ length: workers }, () => ({ worker: undefined, entry: undefined }));
  }

  run<Kind extends keyof Jobs & string>(
    task: Task<Session, Kind, Jobs[Kind]['input']>,
  ): Promise<Jobs[Kind]['output']> {
    const { signal, name } = task;
    if (this.#closed) return Promise.reject(interrupted(name, 'the worker pool is closed'));
    if (signal?.aborted) return Promise.reject(interrupted(name, 'given up before it began'));
    return new Promise<unknown>((resolve, reject) => {
      const entry: Entry<Session> = { task, resolve, reject };
      this.#watch(entry);
      this.#queue.push(entry);
      this.#dispatch();
    }) as Promise<Jobs[Kind]['output']>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#queue.splice(0)) {
      this.#unwatch(entry);
      entry.reject(interrupted(entry.task.name, 'the worker pool was closed before it began'));
    }
    for (const slot of this.#slots) {
      const { worker, entry } = slot;
      if (!worker) continue;
      this.#end(slot, worker);
      worker.fail?.(interrupted(entry?.task.name ?? 'worker', 'the worker pool was closed'));
    }
    await Promise.all(this.#ending);
  }

  #watch(entry: Entry<Session>): void {
    const { signal } = entry.task;
    if (!signal) return;
    const watch = this.#watched.get(signal);
    if (watch) {
      watch.entries.add(entry);
      return;
    }
    const entries = new Set([entry]);
    const stop = (): void => {
      for (const one of entries) this.#abort(one);
    };
    this.#watched.set(signal, { entries, stop });
    signal.addEventListener('abort', stop, { once: true });
  }

  #unwatch(entry: Entry<Session>): void {
    const { signal } = entry.task;
    const watch = signal && this.#watched.get(signal);
    if (!watch) return;
    watch.entries.delete(entry);
    if (watch.entries.size > 0) return;
    signal.removeEventListener('abort', watch.stop);
    this.#watched.delete(signal);
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const free = this.#slots.filter((slot) => slot.entry === undefined);
      if (free.length === 0) return;
      const entry = this.#queue.shift() as Entry<Session>;
      // A thread that knows the session beats one that does not, and that one beats a thread not yet started.
      const slot =
        free.find(({ worker }) => worker?.session?.value === entry.task.session) ??
        free.find(({ worker }) => worker !== undefined) ??
        (free[0] as Slot<Session, Jobs>);
      slot.entry = entry;
      void this.#occupy(slot, entry);
      this.#startAhead();
    }
  }

  /** Starts one thread more than there are tasks, if there is room, so that the next task finds it ready. */
  #startAhead(): void {
    const free = this.#slots.filter((slot) => slot.entry === undefined);
    const [next] = free;
    if (next && free.every(({ worker }) => worker === undefined)) next.worker = this.#start(next);
  }

  async #occupy(slot: Slot<Session, Jobs>, entry: Entry<Session>): Promise<void> {
    try {
      entry.resolve(await this.#perform(slot, entry.task));
    } catch (error) {
      entry.reject(
        error instanceof SemcrcError
          ? error
          : new SemcrcError('internal', `${entry.task.name}: ${String(error)}`, {
              data: { task: entry.task.name },
              cause: error,
            }),
      );
    } finally {
      this.#unwatch(entry);
      // A stopped thread still holds its memory until it is gone.
      if (slot.worker === undefined) await Promise.all(this.#ending);
      slot.entry = undefined;
      this.#dispatch();
    }
  }

  async #perform(slot: Slot<Session, Jobs>, task: Task<Session, string, unknown>): Promise<unknown> {
    slot.worker ??= this.#start(slot);
    const { worker } = slot;
    const { session, kind, input, name } = task;
    if (worker.session?.value !== session) {
      delete worker.session;
      unwrap(await this.#call(worker, worker.remote.begin(session as never, name) as Promise<Outcome<void>>));
      worker.session = { value: session };
    }
    const call = worker.remote.perform(kind as never, input as never, name) as Promise<Outcome<unknown>>;
    return unwrap(await this.#call(worker, call));
  }

  /** Races an answer against the death of the thread that owes it. */
  #call<T>(worker: WorkerHandle<Session, Jobs>, answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      worker.fail = reject;
      answer.then(resolve, reject);
    }).finally(() => {
      delete worker.fail;
    });
  }

  #start(slot: Slot<Session, Jobs>): WorkerHandle<Session, Jobs> {
    const thread = this.#spawn();
    const worker: WorkerHandle<Session, Jobs> = { thread, remote: wrap(thread.endpoint) };
    thread.onDeath((death) => {
      const { entry } = slot;
      this.#end(slot, worker);
      worker.fail?.(died(entry?.task.name ?? 'worker', death));
    });
    return worker;
  }

  /** Clears a slot of its thread. */
  #end(slot: Slot<Session, Jobs>, worker: WorkerHandle<Session, Jobs>): void {
    if (slot.worker !== worker) return;
    slot.worker = undefined;
    const ending = worker.thread.terminate().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #abort(entry: Entry<Session>): void {
    const queued = this.#queue.indexOf(entry);
    if (queued >= 0) {
      this.#queue.splice(queued, 1);
      this.#unwatch(entry);
      entry.reject(interrupted(entry.task.name, 'given up before it began'));
      return;
    }
    const slot = this.#slots.find((candidate) => candidate.entry === entry);
    if (!slot?.worker) return;
    const { worker } = slot;
    // A thread deep in a computation hears nothing: it can only be stopped.
    this.#end(slot, worker);
    worker.fail?.(interrupted(entry.task.name, 'given up'));
  }
}

function died(task: string, death: Death): SemcrcError {
  return new SemcrcError('internal', `${task}: its worker ${death.words}`, {
    data: { task, reason: death.reason },
    cause: death.cause,
  });
}
