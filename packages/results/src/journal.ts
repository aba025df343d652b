import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '@semcrc/core';
import { JournalHeader, RunFile } from '@semcrc/core';
import { writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { documentKind, readDocument, readDocumentText } from './document-file.ts';

const HEADER = 'journal.json';
const headerKind = documentKind('journal of runs', JournalHeader);
const runKind = documentKind('finished run', RunFile);

/** What decides the outcome of a run, by name; two experiments with equal terms may share runs. */
export type JournalTerms = JournalHeader['terms'];

/** The folder of an experiment's finished runs, a file each, so that killing the process loses only the runs in progress. */
export const journalFolder = (experiment: string): string => join(experiment, 'runs');

/** What stands in a folder of runs. Reading it changes nothing. */
export interface Journal {
  /** `older`: written by a semcrc whose run files were not bound to their number. */
  readonly state: 'none' | 'older' | 'open';
  /** What the runs depend on; empty unless `open`. */
  readonly terms: JournalTerms;
}

/**
 * Reads the journal of a folder of runs.
 *
 * @throws SemcrcError `bad-input` where the journal is damaged, or missing beside runs that it should describe: runs whose
 *   experiment nobody knows are neither used nor silently done again
 */
export function readJournal(directory: string): Journal {
  const path = join(directory, HEADER);
  if (!existsSync(path)) {
    if (runNumbers(directory).length === 0) return { state: 'none', terms: {} };
    throw lost(path, 'is missing, but finished runs stand beside it');
  }
  const text = readDocumentText(path);
  if (/^\s*\{\s*"schema":\s*"semcrc\/journal@1"/.test(text)) return { state: 'older', terms: {} };
  try {
    return { state: 'open', terms: headerKind.parse(path, text).terms };
  } catch (cause) {
    throw lost(path, `is damaged (${(cause as Error).message})`, cause);
  }
}

/** Numbers of the run files in a folder, ascending, whatever is in them. */
function runNumbers(directory: string): number[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .flatMap((name) => /^run-(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * The finished runs of a journal by number. A run file that is damaged, or belongs to another run or other terms, counts as
 * not there: that run is to be done again.
 */
export function readRuns(directory: string, terms: JournalTerms): Map<number, RunResult> {
  const runs = new Map<number, RunResult>();
  const bound = digestOf(terms);
  for (const number of runNumbers(directory)) {
    const result = readRun(join(directory, runName(number)), number, bound);
    if (result !== undefined) runs.set(number, result);
  }
  return runs;
}

function readRun(path: string, number: number, terms: string): RunResult | undefined {
  let file: RunFile;
  try {
    file = readDocument(path, runKind);
  } catch {
    return undefined;
  }
  const { records, positions } = file.result;
  const itself = file.run === number && records.every(({ run }) => run === number);
  if (!itself || file.terms !== terms || file.sha256 !== digestOf(file.result)) return undefined;
  if (positions === null) return { records, positions };
  return { records, positions: { ...positions, map: new Uint8Array(Buffer.from(positions.map, 'base64')) } };
}

/** Begins a journal: from now on the folder says whose runs it holds. */
export async function writeJournal(directory: string, terms: JournalTerms): Promise<void> {
  const header: JournalHeader = { schema: 'semcrc/journal@2', terms: throughJson(terms) };
  await writeFileAtomic(join(directory, HEADER), `${JSON.stringify(header, null, 2)}\n`);
}

/** Keeps a finished run; once this returns, it survives the process and the machine. */
export async function writeRun(
  directory: string,
  terms: JournalTerms,
  number: number,
  { records, positions }: RunResult,
): Promise<void> {
  const map = positions && Buffer.from(positions.map).toString('base64');
  const result = { records: [...records], positions: positions && { ...positions, map: map! } };
  const file = {
    schema: 'semcrc/run@1',
    run: number,
    terms: digestOf(terms),
    sha256: digestOf(result),
    result,
  };
  await writeFileAtomic(join(directory, runName(number)), `${JSON.stringify(file)}\n`);
}

/** Removes the journal's run files, and nothing else. */
export function discardRuns(directory: string): void {
  for (const number of runNumbers(directory)) rmSync(join(directory, runName(number)), { force: true });
}

/** The first term that differs, in words; undefined where none does. */
export function differenceOf(kept: JournalTerms, asked: JournalTerms): string | undefined {
  const now = throughJson(asked);
  for (const name of new Set([...Object.keys(kept), ...Object.keys(now)])) {
    const [before, after] = [JSON.stringify(kept[name]), JSON.stringify(now[name])];
    if (before !== after) return `${name} was ${before ?? 'not set'}, now ${after ?? 'not set'}`;
  }
  return undefined;
}

function runName(run: number): string {
  return `run-${String(run).padStart(3, '0')}.json`;
}

/** As a file has it: what cannot be written counts as absent. */
function throughJson(terms: JournalTerms): JournalTerms {
  return JSON.parse(JSON.stringify(terms)) as JournalTerms;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function lost(path: string, what: string, cause?: unknown): SemcrcError {
  return new SemcrcError(
    'bad-input',
    `${path} ${what}, so it is unknown which experiment the runs in that folder belong to; ` +
      'put the file back, or delete the folder to do the runs again',
    { data: { file: path }, cause },
  );
}
