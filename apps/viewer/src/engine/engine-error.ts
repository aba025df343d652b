import { type ErrorCode, type ErrorData, SemcrcError } from '@semcrc/kernels';

/** What a failed call of the engine rejects with. */
export type EngineErrorCode = ErrorCode | 'too-large' | 'crashed';

/** A failure as plain data, on its way from the worker. */
export interface Failure {
  readonly code: EngineErrorCode;
  readonly message: string;
  readonly data: ErrorData;
}

/** What a call came to: errors lose their class between threads, so they cross as data. */
export type Outcome<T> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'failed'; readonly failure: Failure };

/**
 * A failed call of the engine: `message` names the file, what was expected, what was found and what to do. Names of options
 * stand in backticks, and in `data.options`.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;
  readonly data: ErrorData;

  constructor({ code, message, data }: Failure, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = data;
  }
}

/** Any error as a failure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof EngineError || error instanceof SemcrcError) {
    const { code, message, data } = error;
    return { code, message, data };
  }
  if (error instanceof DOMException && error.name === 'AbortError') {
    return { code: 'interrupted', message: 'The work was cancelled.', data: {} };
  }
  if (error instanceof DOMException && ['NotReadableError', 'NotFoundError'].includes(error.name)) {
    const message = 'A file was changed or moved since it was chosen: choose it again.';
    return { code: 'bad-input', message, data: {} };
  }
  if (error instanceof RangeError && /allocation|array length|out of memory/i.test(error.message)) {
    const message =
      'The browser has no memory left for this scan; close other tabs, or use the command line.';
    return { code: 'too-large', message, data: {} };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'internal', message, data: {} };
}

/** Does work and gives what came of it as data. */
export async function outcomeOf<T>(work: () => Promise<T> | T): Promise<Outcome<T>> {
  try {
    return { state: 'done', value: await work() };
  } catch (error) {
    return { state: 'failed', failure: failureOf(error) };
  }
}

/** The value of an outcome. @throws EngineError */
export function resultOf<T>(outcome: Outcome<T>): T {
  if (outcome.state === 'failed') throw new EngineError(outcome.failure);
  return outcome.value;
}

/** Does work in this thread. @throws EngineError whatever it threw */
export async function asEngine<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof EngineError ? error : new EngineError(failureOf(error), error);
  }
}
