import { type ExperimentDocument, type RunRecord, summarize } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import type { ExperimentFacts } from './experiment-writer.ts';
import type { Note } from './folder-lock.ts';
import type { Whole } from './parts-folder.ts';
import { beginResults, type ExperimentTarget } from './results-writer.ts';

/** What a merge needs to know of an experiment, or a grid, whose runs were done in parts. */
export interface ExperimentDetails {
  readonly cells: readonly {
    readonly target: ExperimentTarget;
    readonly facts: ExperimentFacts;
    readonly runs: number;
  }[];
}

/** An experiment put together. */
export interface MergedExperiment {
  /** Absolute. */
  readonly path: string;
  readonly document: ExperimentDocument;
}

/**
 * Writes the results of an experiment, or of every experiment of a grid, whose runs were done in parts.
 *
 * @returns in the order of the cells
 * @throws SemcrcError `bad-input` naming the first run that is missing, damaged or of another plan; `usage` as `beginResults`
 */
export async function mergeExperiments(
  out: string,
  whole: Whole,
  note: Note,
): Promise<readonly MergedExperiment[]> {
  const { cells } = whole.details as unknown as ExperimentDetails;
  const targets = cells.map(({ target }) => target);
  const results = await beginResults(out, targets, { onOther: 'refuse', note });
  try {
    const merged: MergedExperiment[] = [];
    for (const [at, { facts, runs }] of cells.entries()) {
      const writer = results.experiments[at];
      const inOrder = Array.from({ length: runs }, (_, run) => {
        const result = writer.finished.get(run);
        if (result === undefined) throw gone(writer.path, run);
        return [run, result] as const;
      });
      const records: readonly RunRecord[] = inOrder.flatMap(([, { records }]) => records);
      const document = await writer.writeResults(facts, inOrder, summarize(records));
      merged.push({ path: writer.path, document });
    }
    await results.finish(merged.map(({ document }) => document));
    return merged;
  } finally {
    results.release();
  }
}

function gone(path: string, run: number): SemcrcError {
  return new SemcrcError(
    'bad-input',
    `${path}: run ${run} is missing, damaged, or a copy of another, though a part had done it; do that part again, then merge`,
    { data: { file: path, run } },
  );
}
