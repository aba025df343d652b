import { join } from 'node:path';
import {
  type AppliedScanFiles,
  appliedBefore,
  applyToFiles,
  type IntensityUnits,
  type ScanNote,
  scanFolderName,
} from '@semcrc/cohort/node';
import type { ApplySummary, Calibration } from '@semcrc/core';
import { assignLabels } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { Executor, Workbench } from './executor.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';

/** What every job of one application shares; plain data. */
export interface ApplicationSession {
  readonly calibration: Calibration;
  /** Folder that gets a folder by scan. */
  readonly out: string;
  /** Name of the label scheme and its names by number. */
  readonly scheme: { readonly name: string; readonly names: ReadonlyMap<number, string> };
  readonly extraLabels: readonly string[];
  readonly window: readonly [number, number];
  readonly predictionUnits: IntensityUnits;
  readonly affineTolerance: number;
  readonly units: IntensityUnits;
  readonly replace: 'keep' | 'replace';
}

/** The jobs of an application: one scan each, its files in, its summary out. */
export interface ApplicationJobs {
  readonly apply: { readonly input: AppliedScanFiles; readonly output: Omit<ApplicationScan, 'scan'> };
}

/** Where an application's jobs are done. */
export type ApplicationExecutor = Executor<ApplicationSession, ApplicationJobs>;

export interface ApplicationOptions {
  readonly executor: ApplicationExecutor;
  /** Gives up; scans finished so far are kept, and the next call goes on from them. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** One scan of an application. */
export interface ApplicationScan {
  readonly scan: string;
  readonly folder: string;
  /** `kept`: it was there already, from the same calibration, files and options. */
  readonly state: 'applied' | 'kept';
  readonly summary: ApplySummary;
  /** What is worth knowing of its files and no error; empty where it was kept. */
  readonly notes: readonly ScanNote[];
}

/**
 * Applies a calibration to the files of several scans, several at a time, into a folder by scan. Interrupted at any moment, it
 * can be called again and does what is missing.
 *
 * @throws SemcrcError as `applyToFiles` does, naming the scan; `usage` for scans whose folders would be one.
 */
export async function runApplication(
  session: ApplicationSession,
  scans: readonly AppliedScanFiles[],
  { executor, signal, onProgress }: ApplicationOptions,
): Promise<readonly ApplicationScan[]> {
  const folders = new Map<string, string>();
  for (const { scan } of scans) {
    // Some file systems take two spellings for one.
    const name = scanFolderName(scan).toLowerCase();
    const other = folders.get(name);
    if (other !== undefined) {
      throw new SemcrcError(
        'usage',
        `scans ${other} and ${scan} would share the folder ${name}; rename one`,
        {
          data: { scans: [other, scan] },
        },
      );
    }
    folders.set(name, scan);
  }
  const results = new Array<ApplicationScan>(scans.length);
  let done = 0;
  onProgress?.({ done, total: scans.length });
  await runConcurrently(signal, lanesFor(executor), [...scans.entries()], async ([at, input], either) => {
    const { scan } = input;
    const task = { session, kind: 'apply', input, name: `scan ${scan}`, signal: either } as const;
    results[at] = { scan, ...(await executor.run(task)) };
    done += 1;
    onProgress?.({ done, total: scans.length });
  });
  return results;
}

/** Applies a calibration to scans, one at a time. */
export class ApplicationWorkbench implements Workbench<ApplicationSession, ApplicationJobs> {
  #session: ApplicationSession | undefined;

  async begin(session: ApplicationSession): Promise<void> {
    this.#session = session;
  }

  async perform<Kind extends keyof ApplicationJobs & string>(
    _: Kind,
    input: ApplicationJobs[Kind]['input'],
  ): Promise<ApplicationJobs[Kind]['output']> {
    if (!this.#session) throw new SemcrcError('internal', 'a job came before its session');
    const { calibration, out, scheme, extraLabels, ...options } = this.#session;
    const { scan, ...files }: AppliedScanFiles = input;
    const folder = join(out, scanFolderName(scan));
    const labelling = assignLabels(scheme, extraLabels);
    const notes: ScanNote[] = [];
    try {
      const reading = { labelling, ...options, scan, note: (note: ScanNote) => void notes.push(note) };
      const before = await appliedBefore(calibration, files, folder, reading);
      if (before !== null) return { folder, state: 'kept', summary: before, notes };
      const summary = await applyToFiles(calibration, files, folder, reading);
      return { folder, state: 'applied', summary, notes };
    } catch (error) {
      if (!(error instanceof SemcrcError) || error.code === 'interrupted') throw error;
      const { message, code, data } = error;
      const named = message.startsWith(`scan ${scan}`) ? message : `scan ${scan}: ${message}`;
      throw new SemcrcError(code, named, { data: { ...data, scan }, cause: error });
    }
  }
}
