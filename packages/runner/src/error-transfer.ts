import { type ErrorCode, type ErrorData, SemcrcError } from '@semcrc/kernels';

/**
 * An error on its way between threads. Structured cloning strips an error of its class and its own fields, so they
 * travel as plain data.
 */
export interface TransferredError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: ErrorData;
  /** Where it was thrown, for the `cause` of the error made from it. */
  readonly stack: string;
}

/** What a call came to. */
export type Outcome<T> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'failed'; readonly error: TransferredError };

/** Runs a task and turns whatever it throws into data that names the task. */
export async function outcomeOf<T>(task: string, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { state: 'done', value: await work() };
  } catch (error) {
    return { state: 'failed', error: transferError(error, task) };
  }
}

/** Describes an error; one that is not semcrc's own becomes `internal`, its message prefixed with the task. */
export function transferError(error: unknown, task: string): TransferredError {
  if (error instanceof SemcrcError) {
    const { code, message, data, stack } = error;
    return { code, message, data: { task, ...data }, stack: stack ?? message };
  }
  const known = error instanceof Error;
  const what = known ? `${error.name}: ${error.message}` : String(error);
  return {
    code: 'internal',
    message: `${task}: ${what}`,
    data: { task },
    stack: known && error.stack ? error.stack : what,
  };
}

/** The error as it was thrown in the other thread, with the original stack as its cause. */
export function receivedError(received: TransferredError): SemcrcError {
  const cause = new Error(received.message);
  cause.stack = received.stack;
  return new SemcrcError(received.code, received.message, { data: received.data, cause });
}

/** The value of an outcome, or its error thrown. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.state === 'failed') throw receivedError(outcome.error);
  return outcome.value;
}
