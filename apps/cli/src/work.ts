import { describeNotes } from '@semcrc/cohort/node';
import {
  type Cohort,
  type CohortLook,
  cohortOf,
  doubtsOfCohort,
  type LeftOut,
  type MendedVoxels,
  type ScanNote,
  type Source,
} from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { type Part, type PartWriter, partText, whileWriting } from '@semcrc/results';

import type { Opening, SourceHandle, WorkProgress } from '@semcrc/runner';
import {
  defaultWorkers,
  openSource,
  serialApplication,
  serialExecutor,
  serialPrediction,
  serialPreparation,
  serialScan,
  threadApplication,
  threadExecutor,
  threadPrediction,
  threadPreparation,
  threadScan,
  threadSimulation,
} from '@semcrc/runner/node';
import { flagsIn } from './error-report.ts';
import type { Invocation } from './invocation.ts';
import { SETTING_NAMES } from './settings.ts';
import type { Progress, Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** A cohort opened here, and how workers open the same one without reading again what is known of it. */
export interface OpenCohort {
  readonly cohort: Source;
  readonly opening: Opening;
}

/** Opens the cohort a handle names; what is worth knowing and no error becomes a note, unless `note` takes it as data. */
export async function openCohort(
  handle: SourceHandle,
  terminal: Terminal,
  note?: (note: ScanNote) => void,
): Promise<OpenCohort> {
  const warn = (message: string) => terminal.note(`note: ${flagsIn(message, SETTING_NAMES)}`);
  const cohort = await openSource(handle, { warn, ...(note ? { note } : {}) });
  // Preparing a store, or profiling, has named them already.
  if (handle.kind !== 'store' && handle.kind !== 'profiles') noteLeftOut(terminal, cohort.leftOut);
  return { cohort, opening: { ...handle, known: cohortOf(cohort) } };
}

/** Lists the scans that do not qualify, each with its reason. */
export function noteLeftOut(terminal: Terminal, leftOut: readonly LeftOut[]): void {
  for (const { scan, reason } of leftOut) terminal.note(`note: scan ${scan} is left out: ${reason}`);
}

/** Who does one kind of work: this thread, or several. */
interface Executors<Executor> {
  readonly serial: () => Executor;
  readonly threads: (options: { readonly workers: number }) => Executor;
}

/** For experiments and calibrations. */
export const EXPERIMENTS = { serial: serialExecutor, threads: threadExecutor };
/** For preparing cohorts. */
export const PREPARATIONS = { serial: serialPreparation, threads: threadPreparation };
/** For applying calibrations. */
export const APPLICATIONS = { serial: serialApplication, threads: threadApplication };
/** For predicting scans. */
export const PREDICTIONS = { serial: serialPrediction, threads: threadPrediction };
/** For simulating cohorts: in a thread even where there is one, as threads hold less memory. */
export const SIMULATIONS = { serial: () => threadSimulation({ workers: 1 }), threads: threadSimulation };

/** For projecting and reconstructing. */
export const SCANS = { serial: serialScan, threads: threadScan };

/** Runs `use` with an executor of `workers` threads (default: one per core) and closes it afterwards. */
export async function withExecutor<Executor extends { close(): Promise<void> }, T>(
  { serial, threads }: Executors<Executor>,
  workers: number | undefined,
  use: (executor: Executor) => Promise<T>,
): Promise<T> {
  const count = workers ?? defaultWorkers();
  const executor = count === 1 ? serial() : threads({ workers: count });
  try {
    return await use(executor);
  } finally {
    await executor.close();
  }
}

/** What work into one place is done with. */
export interface PlaceWork<Executor> {
  readonly executor: Executor;
  /** The part to be done; null for the whole. */
  readonly part: PartWriter | null;
  /** Whether what other input or options made there gives way. */
  readonly replace: 'keep' | 'replace';
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
  readonly warn: (message: string) => void;
}

/** How a command works into one place. */
export interface PlaceOptions<Executor> {
  readonly executors: Executors<Executor>;
  readonly workers: number | undefined;
  readonly force: boolean;
  /** One of several parts of the work, where it is not all of it. */
  readonly part?: Part | undefined;
  /** What its progress counts. */
  readonly units: string;
}

/** Works into a file or folder while no other semcrc does the same, or the same part of it, and shows how far it is. */
export async function workInto<Executor extends { close(): Promise<void> }, T>(
  out: string,
  { executors, workers, force, part, units }: PlaceOptions<Executor>,
  { terminal, signal }: Invocation,
  work: (options: PlaceWork<Executor>) => Promise<T>,
): Promise<T> {
  refuseForcedPart(part, force);
  const progress = terminal.progress(units, 0);
  const warn = (message: string) => terminal.note(`note: ${flagsIn(message, SETTING_NAMES)}`);
  const replace = force ? 'replace' : 'keep';
  const onProgress: PlaceWork<Executor>['onProgress'] = ({ done, total }) => progress.update(done, total);
  return whileWriting(out, part ?? null, { note: warn, version: VERSION, signal }, (writer) =>
    withExecutor(executors, workers, (executor) =>
      work({ executor, part: writer, replace, signal, onProgress, warn }),
    ),
  ).finally(() => progress.stop());
}

/** Refuses to discard what other parts have written. @throws SemcrcError `usage` */
export function refuseForcedPart(part: Part | undefined, force: boolean): void {
  if (part === undefined || !force) return;
  throw new SemcrcError(
    'usage',
    `\`force\` would discard what other parts have written, so ${partText(part)} does not take it; choose another \`out\`, or remove ` +
      'what stands there before the first part begins',
    { data: { options: ['force', 'out'] } },
  );
}

/** A progress bar for each stage of the runner's work, one after the other. */
export class StageProgress {
  readonly #terminal: Terminal;
  readonly #prefix: string;
  #stage: WorkProgress['stage'] | undefined;
  #bar: Progress | undefined;

  /** @param prefix put before each stage's name. */
  constructor(terminal: Terminal, prefix = '') {
    this.#terminal = terminal;
    this.#prefix = prefix;
  }

  readonly update = ({ stage, done, total }: WorkProgress): void => {
    if (stage !== this.#stage) {
      this.#bar?.stop();
      this.#stage = stage;
      this.#bar = this.#terminal.progress(`${this.#prefix}${stage}`, total, done);
    }
    this.#bar?.update(done);
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#stage = undefined;
  }
}

/** What reading a cohort's scans showed. */
interface Reading {
  readonly mended: MendedVoxels;
  readonly notes: readonly ScanNote[];
  readonly look: CohortLook | null;
}

/** Says what reading a cohort's scans showed, each kind of thing once. @param within voxels that the loss counts */
export function noteReading(
  terminal: Terminal,
  { mended, notes, look }: Reading,
  cohort: Cohort,
  within: 'scan' | 'body',
): void {
  noteMended(terminal, mended);
  noteScans(terminal, notes);
  if (look === null) return;
  const seen = within === 'body' ? { ...look, background: 0 } : look;
  for (const doubt of doubtsOfCohort(seen, cohort.labels, cohort.preparing?.window ?? null)) {
    noteOnce(terminal, `warning: ${flagsIn(doubt, SETTING_NAMES)}`);
  }
}

/** Says what is worth knowing of scans, each kind once. */
export function noteScans(terminal: Terminal, notes: readonly ScanNote[]): void {
  for (const sentence of describeNotes(notes))
    noteOnce(terminal, `note: ${flagsIn(sentence, SETTING_NAMES)}`);
}

/** What was noted: experiments of a grid read a cohort several times. */
const noted = new WeakMap<Terminal, Set<string>>();

function noteOnce(terminal: Terminal, sentence: string): void {
  const said = noted.get(terminal) ?? new Set();
  noted.set(terminal, said);
  if (!said.has(sentence)) terminal.note(sentence);
  said.add(sentence);
}

/** Says what had to be mended in the predictions, if anything. */
export function noteMended(terminal: Terminal, { clipped, crossed }: MendedVoxels): void {
  if (clipped > 0) {
    noteOnce(terminal, `note: ${voxels(clipped)} of the predictions outside 0..1, clipped`);
  }
  if (crossed > 0) noteOnce(terminal, `note: ${voxels(crossed)} with lower above upper (crossed), swapped`);
}

function voxels(count: number): string {
  return count === 1 ? '1 voxel' : `${count} voxels`;
}
