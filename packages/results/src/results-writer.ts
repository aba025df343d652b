import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExperimentDocument } from '@semcrc/core';
import { kindOfResult, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { cellName } from './cell-name.ts';
import { beginExperiment, ExperimentWriter } from './experiment-writer.ts';
import { lockPlaces, type Note } from './folder-lock.ts';
import { differenceOf, type JournalTerms, journalFolder, readJournal } from './journal.ts';
import { EXPERIMENT_FILE, GRID_FILE, LOCK_FILE, SUMMARY_FILE } from './layout.ts';
import { openOutputFolder } from './output-folder.ts';
import { summaryCsv } from './summary-csv.ts';

/** An experiment to be written. */
export interface ExperimentTarget {
  /** Its values of the grid's axes, as text; empty where there is no grid. */
  readonly axes: Readonly<Record<string, string>>;
  /** Every setting resolved, as `config` of experiment.json records it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the outcome of a run depends on: runs finished before under the same terms are taken over. */
  readonly terms: JournalTerms;
}

/** The folder of an experiment or a grid while it is being written. Release it in the end, whatever happens. */
export interface ResultsWriter {
  /** Absolute. */
  readonly path: string;
  /** In the order of the targets. */
  readonly experiments: readonly ExperimentWriter[];
  /** Writes what stands above the folders of a grid; call it once all are written. */
  finish(documents: readonly ExperimentDocument[]): Promise<void>;
  /** Lets other processes write here. */
  release(): void;
}

/**
 * Begins results in a folder, or goes on with what a killed or interrupted process left there.
 *
 * The folder is created where there is none, and locked against other processes. Only a folder that is empty or carries a
 * mark of semcrc's results is written to, and only files that semcrc wrote are replaced or removed.
 *
 * @param onOther what to do with finished runs of another experiment: refuse, naming the first term that differs, or
 *   discard them with their results
 * @throws SemcrcError `usage` for a folder that is another's, locked, or holds another experiment; `bad-input` where its
 *   journal is damaged
 */
export async function beginResults(
  path: string,
  targets: readonly ExperimentTarget[],
  { onOther, note }: { readonly onOther: 'refuse' | 'discard'; readonly note: Note },
): Promise<ResultsWriter> {
  const place = resolve(path);
  const folders = targets.map(({ axes }) => cellName(axes));
  const isGrid = folders.some((folder) => folder !== '');
  checkFolder(path, place, isGrid ? 'grid' : 'experiment');
  if (isGrid)
    for (const folder of folders) checkFolder(join(path, folder), join(place, folder), 'experiment');

  await openOutputFolder(place);
  const releases = [await lockPlaces([{ name: path, lockFile: join(place, LOCK_FILE) }], note)];
  const release = () => {
    for (const unlock of releases.splice(0).reverse()) unlock();
  };
  try {
    const openAll = () =>
      targets.map(({ terms }, at) => openJournal(join(place, folders[at]), terms, onOther));
    openAll();
    if (isGrid) {
      const cells = targets.map(({ axes }, at) => ({ folder: folders[at], axes }));
      const grid = { schema: 'semcrc/grid@1', cells };
      await writeFileAtomic(join(place, GRID_FILE), `${JSON.stringify(grid, null, 2)}\n`);
      for (const folder of folders) await openOutputFolder(join(place, folder));
      const locks = folders.map((folder) => ({
        name: join(path, folder),
        lockFile: join(place, folder, LOCK_FILE),
      }));
      releases.push(await lockPlaces(locks, note));
    }
    const experiments: ExperimentWriter[] = [];
    for (const [at, begin] of openAll().entries()) {
      experiments.push(new ExperimentWriter(join(place, folders[at]), targets[at].config, await begin()));
    }
    return {
      path: place,
      experiments,
      async finish(documents) {
        if (!isGrid) return;
        const rows = documents.map(({ summary, units = null }, at) => ({
          axes: targets[at].axes,
          summary,
          units,
        }));
        await writeFileAtomic(join(place, SUMMARY_FILE), summaryCsv(rows));
      },
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Checks that an experiment may go into a folder.
 *
 * @returns begins it, or goes on with it, and gives the terms of its journal
 */
function openJournal(
  path: string,
  asked: JournalTerms,
  onOther: 'refuse' | 'discard',
): () => Promise<JournalTerms> {
  const terms = JSON.parse(JSON.stringify(asked)) as JournalTerms;
  const begin = async () => {
    await beginExperiment(path, terms);
    return terms;
  };
  const journal = readJournal(journalFolder(path));
  let difference: string | undefined;
  if (journal.state === 'open') difference = differenceOf(journal.terms, terms);
  if (journal.state === 'older') difference = 'an older semcrc wrote them';
  if (journal.state === 'none' && existsSync(join(path, EXPERIMENT_FILE)))
    difference = 'their journal is gone';
  if (difference === undefined) return journal.state === 'open' ? async () => journal.terms : begin;
  if (onOther === 'discard') return begin;
  throw new SemcrcError(
    'usage',
    `${path} holds finished runs of another experiment: ${difference}; choose another \`out\`, or discard them with \`force\``,
    { data: { options: ['out', 'force'], directory: path, difference } },
  );
}

/** Refuses a folder that semcrc has no business in. Nothing is changed. */
function checkFolder(name: string, path: string, kind: 'grid' | 'experiment'): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    throw refusal(name, 'is a link to nothing');
  }
  if (!found.isDirectory()) {
    throw new SemcrcError('bad-input', `cannot write ${name}: it is not a directory`, {
      data: { file: name },
    });
  }
  const isGrid = kindOfResult(join(path, GRID_FILE)) === 'semcrc/grid';
  const isExperiment =
    kindOfResult(join(path, EXPERIMENT_FILE)) === 'semcrc/experiment' ||
    existsSync(join(journalFolder(path), 'journal.json'));
  if (kind === 'grid' && isExperiment) throw refusal(name, 'holds a single experiment, not a grid');
  if (kind === 'experiment' && isGrid)
    throw refusal(name, 'holds the experiments of a grid, not a single one');
  if (isGrid || isExperiment) return;
  const others = readdirSync(path).filter((entry) => !isTrace(path, entry));
  if (others.length > 0)
    throw refusal(name, `holds files that are not results of semcrc, such as ${others[0]}`);
}

/** What a process that was killed before it began may leave: its lock, half-written files, an empty folder of runs. */
function isTrace(path: string, entry: string): boolean {
  if (entry === LOCK_FILE || /^\.(probe|grid\.json|journal\.json)\.\d+(\.[0-9a-f]+)?\.partial$/.test(entry))
    return true;
  const full = join(path, entry);
  if (full !== journalFolder(path) || !lstatSync(full).isDirectory()) return false;
  return readdirSync(full).every((name) => isTrace(full, name));
}

function refusal(name: string, what: string): SemcrcError {
  return new SemcrcError('usage', `${name} ${what}; choose another \`out\``, {
    data: { options: ['out'], directory: name },
  });
}
