// The engine's worker: does jobs one after the other as they come, and hears of cancelling between their steps.
import { expose, transfer } from 'comlink';
import { type Outcome, outcomeOf } from './engine-error.ts';
import type { Progress } from './types.ts';
import { type JobWork, WorkerJobs } from './worker-jobs.ts';

const jobs = new WorkerJobs();
const running = new Map<number, AbortController>();

/** Jobs that report their progress and can be given up; the last argument is what they take for it. */
type LongJob = 'openScan' | 'apply';

/** What the page calls. Results that hold arrays hand them over. */
const remote = {
  async short<Name extends Exclude<keyof WorkerJobs, LongJob>>(
    name: Name,
    args: Parameters<WorkerJobs[Name]>,
  ): Promise<Outcome<Awaited<ReturnType<WorkerJobs[Name]>>>> {
    const job = jobs[name] as (...args: unknown[]) => unknown;
    return handedOver(await outcomeOf(() => job.apply(jobs, args))) as never;
  },
  async long<Name extends LongJob>(
    name: Name,
    args: unknown[],
    call: number,
    progress: (progress: Progress) => void,
  ): Promise<Outcome<Awaited<ReturnType<WorkerJobs[Name]>>>> {
    const controller = new AbortController();
    running.set(call, controller);
    const work: JobWork = { signal: controller.signal, progress: (now) => void progress(now) };
    const job = jobs[name] as (...args: unknown[]) => Promise<unknown>;
    return handedOver(
      await outcomeOf(() => job.apply(jobs, [...args, work])).finally(() => running.delete(call)),
    ) as never;
  },
  /** Takes a lock for as long as the worker lives. @returns its name; null where there are no locks */
  holdLock(): Promise<string | null> {
    const name = `semcrc ${performance.timeOrigin} ${Math.random()}`;
    return new Promise((resolve) => {
      const held = navigator.locks?.request(name, () => {
        resolve(name);
        return new Promise<never>(() => {});
      });
      if (held) held.catch(() => resolve(null));
      else resolve(null);
    });
  },
  cancel(call: number): void {
    running.get(call)?.abort();
  },
};

export type RemoteJobs = typeof remote;

/** A value whose arrays are moved, not copied. */
function handedOver<T>(value: T): T {
  const buffers = new Set<ArrayBuffer>();
  collect(value, buffers);
  return buffers.size === 0 ? value : transfer(value, [...buffers]);
}

function collect(value: unknown, into: Set<ArrayBuffer>): void {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) into.add(value.buffer);
  } else if (typeof value === 'object' && value !== null && !(value instanceof Blob)) {
    for (const one of Object.values(value)) collect(one, into);
  }
}

expose(remote);
