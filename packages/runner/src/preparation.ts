import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  beginStore,
  describeNotes,
  finishedDigest,
  finishStore,
  openPreparation,
  type Preparation,
  readManifest,
  type ScanList,
  type ScanNote,
  type ScanOutcome,
  type StorePlan,
  type StoreSummary,
  scanLayout,
} from '@semcrc/cohort/node';
import { SemcrcError } from '@semcrc/kernels';
import { type PartWriter, partItems } from '@semcrc/results';
import type { Executor, Workbench } from './executor.ts';
import type { LayoutHandle, ManifestHandle } from './handle.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';

/** What every job of one preparation shares. */
export interface PreparationSession {
  readonly handle: ManifestHandle | LayoutHandle;
  /** Digest of the files, once it is known. */
  readonly digest?: string;
  /** Whether others may have begun the same store: what they found of the files is taken over. */
  readonly shared?: boolean;
  /** Where the store is being written. */
  readonly path: string;
}

/** The jobs of a preparation. */
export interface PreparationJobs {
  readonly plan: { readonly input: null; readonly output: { plan: StorePlan; warnings: readonly string[] } };
  /**
   * The scan is in the store when the job is done. `planned`: digest of its files when the store was begun; null where they need not be
   * compared.
   */
  readonly prepare: {
    readonly input: { readonly scan: string; readonly planned: string | null };
    readonly output: ScanOutcome;
  };
}

/** Where a preparation's jobs are done. */
export type PreparationExecutor = Executor<PreparationSession, PreparationJobs>;

export interface PreparationOptions {
  readonly executor: PreparationExecutor;
  /** The part of the scans to be prepared; the whole by default. Parts are put together by {@link mergePreparation}. */
  readonly part?: PartWriter | null | undefined;
  /** Whether a store of other content at the same place gives way; default `keep`: it is an error. */
  readonly replace?: 'keep' | 'replace';
  /** Gives up; scans written so far are kept, and the next call goes on from them. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** Called with each thing worth knowing that is no error. */
  readonly warn?: ((message: string) => void) | undefined;
}

/**
 * Prepares the scans of a manifest or directory tree into a store, several at a time. Interrupted at any moment, by a
 * signal or a crash, it can be called again and goes on where it stood. Null when the store is there already, from the same files
 * and options, or when only a part was asked for and is done.
 *
 * @throws SemcrcError the first error of a scan, naming it; `usage` when other content stands at `path`; `interrupted`.
 */
export async function runPreparation(
  handle: ManifestHandle | LayoutHandle,
  path: string,
  options: PreparationOptions,
): Promise<StoreSummary | null> {
  const { executor, part, replace = 'keep', signal, onProgress, warn } = options;
  await part?.enter();
  const first: PreparationSession = { handle, path, shared: part != null };
  const { plan, warnings } = await executor.run({
    session: first,
    kind: 'plan',
    input: null,
    name: 'cohort',
    signal,
  });
  for (const warning of warnings) warn?.(warning);
  const own = part ? partItems(part.part, plan.ids.length).map((at) => plan.ids[at]) : plan.ids;
  const progress = await beginStore(path, plan, replace, own);
  if (progress.state === 'finished') return null;
  await part?.begin({
    command: 'prepare',
    digest: plan.digest,
    noun: 'scans',
    items: [...plan.ids],
    details: { name: plan.name },
  });
  const total = own.length;
  let done = total - progress.pending.length;
  onProgress?.({ done, total });
  const session: PreparationSession = { ...first, digest: plan.digest };
  const planned = new Map(part ? plan.scanDigests?.map((digest, at) => [plan.ids[at], digest]) : []);
  const notes = new Map<string, readonly ScanNote[]>();
  await runConcurrently(signal, lanesFor(executor), progress.pending, async (id, either) => {
    const input = { scan: id, planned: planned.get(id) ?? null };
    const task = { session, kind: 'prepare', input, name: `scan ${id}`, signal: either } as const;
    const outcome = await executor.run(task);
    if (outcome.state === 'kept') notes.set(id, outcome.notes);
    done += 1;
    onProgress?.({ done, total });
  });
  const inOrder = plan.ids.flatMap((id) => notes.get(id) ?? []);
  for (const sentence of describeNotes(inOrder)) warn?.(sentence);
  if (!part) return finishStore(path);
  await part.finish(null, progress.pending.length);
  return null;
}

/**
 * Puts a store in place whose scans were prepared in parts. Null where it stands there already.
 *
 * @param digest of the cohort, as the parts have it
 * @throws SemcrcError as `finishStore` does
 */
export async function mergePreparation(path: string, digest: string): Promise<StoreSummary | null> {
  const begun = statSync(`${resolve(path)}.partial`, { throwIfNoEntry: false });
  if (begun === undefined && (await finishedDigest(path)) === digest) return null;
  return finishStore(path);
}

/** Prepares scans, one at a time. */
export class PreparationWorkbench implements Workbench<PreparationSession, PreparationJobs> {
  #opened: { readonly handle: string; readonly preparation: Preparation } | undefined;
  #warnings: string[] = [];
  #path = '';

  async begin(session: PreparationSession): Promise<void> {
    const { handle, digest, path, shared } = session;
    const key = JSON.stringify(handle);
    if (this.#opened?.handle !== key) {
      this.#opened = undefined;
      this.#warnings = [];
      const list = await listScans(handle);
      this.#warnings.push(...list.warnings);
      const known = digest === undefined ? {} : { known: { digest } };
      const notes: ScanNote[] = [];
      const preparation = await openPreparation(
        list,
        { ...handle.options, ...known },
        { note: (note) => notes.push(note), begunAt: shared ? path : undefined },
      );
      this.#warnings.push(...describeNotes(notes));
      this.#opened = { handle: key, preparation };
    }
    this.#path = path;
  }

  async perform<Kind extends keyof PreparationJobs>(
    kind: Kind,
    input: PreparationJobs[Kind]['input'],
  ): Promise<PreparationJobs[Kind]['output']> {
    if (!this.#opened) throw new SemcrcError('internal', 'a job came before its session');
    const { preparation } = this.#opened;
    if (kind === 'plan') return { plan: preparation.plan, warnings: this.#warnings };
    const { scan, planned } = input as PreparationJobs['prepare']['input'];
    return preparation.prepare(this.#path, scan, planned ?? undefined);
  }
}

async function listScans(handle: ManifestHandle | LayoutHandle): Promise<ScanList> {
  return handle.kind === 'manifest' ? readManifest(handle.path) : scanLayout(handle.path, handle.options);
}
