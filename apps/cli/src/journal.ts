import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { openOutputDirectory, writeOutputFile } from './output-file.ts';

const SCHEMA = 'semcrc/journal@1';
const HEADER = 'journal.json';

/** What decides the outcome of a run, by name; two experiments with equal terms may share runs. */
export type JournalTerms = Readonly<Record<string, unknown>>;

/**
 * The finished runs of one experiment, a file each, so that killing the process loses only the runs in progress.
 * Every file is written whole or not at all and carries the SHA-256 of its content; one that does not match is redone.
 */
export class Journal<Run> {
  readonly #directory: string;
  readonly #finished = new Map<number, Run>();
  /** Whether this opening began it, nothing of an earlier one being kept. */
  readonly begun: boolean;

  /**
   * Opens the journal in a directory, creating it where there is none.
   *
   * @param terms what the runs depend on; runs kept under other terms are never mixed in
   * @param onOther what to do with them: refuse with the terms that differ, or discard them
   * @throws SemcrcError `usage` when the directory holds runs of another experiment and `onOther` is 'refuse'
   */
  constructor(directory: string, terms: JournalTerms, onOther: 'refuse' | 'discard') {
    this.#directory = directory;
    openOutputDirectory(directory);
    const header = join(directory, HEADER);
    const kept = existsSync(header) ? readTerms(header) : undefined;
    const difference = kept === undefined ? undefined : firstDifference(kept, terms);
    if (difference !== undefined && onOther === 'refuse') {
      throw new SemcrcError(
        'usage',
        `${directory} holds finished runs of another experiment: ${difference}; choose another --out, ` +
          'or discard those runs with --force',
        { data: { directory, difference } },
      );
    }
    for (const name of readdirSync(directory)) {
      const run = /^run-(\d+)\.json$/.exec(name)?.[1];
      if (run === undefined) continue;
      const path = join(directory, name);
      const record = kept !== undefined && difference === undefined ? readRun<Run>(path) : undefined;
      if (record === undefined) rmSync(path, { force: true });
      else this.#finished.set(Number(run), record);
    }
    this.begun = kept === undefined || difference !== undefined;
    if (this.begun) {
      writeOutputFile(header, `${JSON.stringify({ schema: SCHEMA, terms }, null, 2)}\n`);
    }
  }

  /** Finished runs by number. */
  get finished(): ReadonlyMap<number, Run> {
    return this.#finished;
  }

  /** Keeps a finished run; once this returns, it survives the process and the machine. */
  keep(number: number, run: Run): void {
    const content = JSON.stringify(run);
    writeOutputFile(
      join(this.#directory, runName(number)),
      `${JSON.stringify({ sha256: digest(content), content })}\n`,
    );
    this.#finished.set(number, run);
  }
}

function runName(run: number): string {
  return `run-${String(run).padStart(3, '0')}.json`;
}

function digest(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

function readTerms(path: string): JournalTerms | undefined {
  const header = parseQuietly(readFileSync(path, 'utf8'));
  if (header?.schema !== SCHEMA) return undefined;
  return header.terms as JournalTerms;
}

function readRun<Run>(path: string): Run | undefined {
  const file = parseQuietly(readFileSync(path, 'utf8'));
  const content = file?.content;
  if (typeof content !== 'string' || digest(content) !== file?.sha256) return undefined;
  return JSON.parse(content) as Run;
}

function parseQuietly(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function firstDifference(kept: JournalTerms, terms: JournalTerms): string | undefined {
  // Through JSON, so that what cannot be written (undefined) counts as absent on both sides.
  const asked = JSON.parse(JSON.stringify(terms)) as JournalTerms;
  for (const name of new Set([...Object.keys(kept), ...Object.keys(asked)])) {
    const before = JSON.stringify(kept[name]);
    const now = JSON.stringify(asked[name]);
    if (before !== now) return `${name} was ${before ?? 'not set'}, now ${now ?? 'not set'}`;
  }
  return undefined;
}
