import { expose } from 'comlink';
import { type Outcome, outcomeOf } from './error-transfer.ts';
import type { JobTable, Workbench } from './executor.ts';

/** Why a thread ended without being asked to. */
export interface Death {
  readonly reason: 'out-of-memory' | 'exit' | 'error' | 'unreadable-message';
  /** In words, to follow "its worker": `ran out of memory`. */
  readonly words: string;
  readonly cause?: unknown;
}

/** Either end of a channel of messages, as Comlink needs it; a `MessagePort` or a `Worker` is one. */
export interface Endpoint {
  postMessage(message: unknown, transfer?: object[]): void;
  addEventListener(type: string, listener: never, options?: object): void;
  removeEventListener(type: string, listener: never, options?: object): void;
  start?(): void;
}

/** A worker thread as the pool sees it, in Node or a browser. */
export interface Thread {
  /** Carries Comlink's messages. */
  readonly endpoint: Endpoint;
  /** Calls back once, when the thread has ended or cannot be trusted any more, unless it was asked to end. */
  onDeath(listener: (death: Death) => void): void;
  /** Stops the thread at once, whatever it is doing; resolves when it is gone. */
  terminate(): Promise<void>;
}

/** Starts a thread that runs `serveWorkbench`. */
export type SpawnThread = () => Thread;

/** What a thread exposes: a workbench whose errors come back as data. */
export interface RemoteWorkbench<Session, Jobs extends JobTable<Jobs>> {
  begin(session: Session, task: string): Promise<Outcome<void>>;
  perform<Kind extends keyof Jobs & string>(
    kind: Kind,
    input: Jobs[Kind]['input'],
    task: string,
  ): Promise<Outcome<Jobs[Kind]['output']>>;
}

/** Puts a workbench at the other end of an endpoint; called once in each worker thread. */
export function serveWorkbench<Session, Jobs extends JobTable<Jobs>>(
  workbench: Workbench<Session, Jobs>,
  endpoint: Endpoint,
): void {
  const remote: RemoteWorkbench<Session, Jobs> = {
    begin: (session, task) => outcomeOf(task, () => workbench.begin(session)),
    perform: (kind, input, task) => outcomeOf(task, () => workbench.perform(kind, input)),
  };
  expose(remote, endpoint);
}
