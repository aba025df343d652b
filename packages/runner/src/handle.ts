import type { Source } from '@semcrc/cohort';
import { SemcrcError } from '@semcrc/kernels';
import { type PhantomOptions, phantomSource } from '@semcrc/simulate';

/** The built-in phantom cohort; opens anywhere. */
export interface PhantomHandle {
  readonly kind: 'phantom';
  readonly options?: PhantomOptions;
}

/** A prepared cohort in a folder; opens in Node. */
export interface StoreHandle {
  readonly kind: 'store';
  readonly path: string;
}

/** Says which cohort to open, as plain data: every worker opens its own. */
export type SourceHandle = PhantomHandle | StoreHandle;

/** What another thread of the same experiment already found out. */
export interface OpenOptions {
  /** The digest of the same cohort, opened before: it is not computed again. */
  readonly digest?: string;
}

/** Opens the cohort a handle names. */
export type OpenSource = (handle: SourceHandle, options?: OpenOptions) => Promise<Source>;

/**
 * Opens what needs no file system.
 *
 * @throws SemcrcError `unsupported` for any other cohort.
 */
export async function openSource(handle: SourceHandle): Promise<Source> {
  if (handle.kind === 'phantom') return phantomSource(handle.options);
  throw new SemcrcError(
    'unsupported',
    `a ${handle.kind} is opened in Node only; a browser opens the phantom`,
    {
      data: { kind: handle.kind },
    },
  );
}
