import { proxy, type Remote, wrap } from 'comlink';
import { EngineError, type Outcome, resultOf } from './engine-error.ts';
import type { Progress, Work } from './types.ts';
import type { RemoteJobs } from './worker.ts';
import type { WorkerJobs } from './worker-jobs.ts';

type LongJob = 'openScan' | 'apply';
type Leading<Args extends readonly unknown[]> = Args extends readonly [...infer Rest, unknown] ? Rest : never;

/**
 * The worker as the page calls it. A worker that dies leaves its answers owed for ever: its death rejects every call that waits,
 * and every one to come.
 */
export class WorkerCalls {
  readonly #worker: Worker;
  readonly #remote: Remote<RemoteJobs>;
  readonly #waiting = new Set<(error: EngineError) => void>();
  #ended: EngineError | undefined;
  #calls = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#remote = wrap<RemoteJobs>(worker);
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#end(crashed(event.message || 'its script did not load'));
    });
    void this.#watch().catch(() => {});
    worker.addEventListener('messageerror', () => this.#end(crashed('it sent what cannot be read')));
  }

  call<Name extends Exclude<keyof WorkerJobs, LongJob>>(
    name: Name,
    ...args: Parameters<WorkerJobs[Name]>
  ): Promise<Awaited<ReturnType<WorkerJobs[Name]>>> {
    return this.#race(this.#remote.short(name, args) as never);
  }

  async callLong<Name extends LongJob>(
    name: Name,
    args: Leading<Parameters<WorkerJobs[Name]>>,
    { signal, progress }: Work = {},
  ): Promise<Awaited<ReturnType<WorkerJobs[Name]>>> {
    if (signal?.aborted) throw cancelled();
    const call = ++this.#calls;
    const report = proxy((now: Progress) => progress?.(now));
    const cancel = () => void this.#remote.cancel(call);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const answer = this.#remote.long(name, args as unknown[], call, report) as unknown;
      return await this.#race(answer as Promise<Outcome<Awaited<ReturnType<WorkerJobs[Name]>>>>);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** A worker that the browser ends tells nobody, but lets go of its lock. Pages that have no locks hear of crashes alone. */
  async #watch(): Promise<void> {
    const lock = await this.#remote.holdLock();
    if (lock !== null) await navigator.locks.request(lock, () => this.#end(crashed('the browser ended it')));
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Ends the worker; calls that wait reject with `interrupted`. */
  close(): void {
    this.#end(new EngineError({ code: 'interrupted', message: 'The engine was closed.', data: {} }));
  }

  #race<T>(answer: Promise<Outcome<T>>): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      answer
        .then((outcome) => resolve(resultOf(outcome)))
        .catch(reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  #end(error: EngineError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#worker.terminate();
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }
}

function crashed(reason: string): EngineError {
  return new EngineError({
    code: 'crashed',
    message: `The worker that does the computing stopped (${reason}); what it had open must be opened again.`,
    data: { reason },
  });
}

function cancelled(): EngineError {
  return new EngineError({ code: 'interrupted', message: 'The work was cancelled.', data: {} });
}
