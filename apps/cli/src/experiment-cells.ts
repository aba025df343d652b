import type { ExperimentDocument } from '@semcrc/core';
import { openResults, refuseParts } from '@semcrc/results';
import {
  beginCells,
  type ExperimentRunner,
  factsOf,
  keepExample,
  type OpenBatch,
  planBatches,
  type RunCellsOptions,
  runRuns,
  targetsOf,
} from './experiment-batch.ts';
import type { Cell } from './experiment-file.ts';
import type { Invocation } from './invocation.ts';
import { type Config, splitText } from './resolve.ts';
import { EXPERIMENTS, withExecutor } from './work.ts';

/** One experiment and what it came to. */
export interface CellOutcome {
  readonly cell: Cell;
  readonly config: Config;
  readonly path: string;
  readonly document: ExperimentDocument;
  /** How the cohort's patients were divided, in words. */
  readonly split: string;
  /** Mean share of the scans' voxels that are background or padding; null where it is not known. */
  readonly background: number | null;
}

/**
 * Runs every cell and writes its folder. All of them are checked before any scan is read.
 *
 * @returns what each cell came to, in their order, and where everything stands
 * @throws SemcrcError as the runner and the results do; `interrupted` saying what is kept
 */
export async function runCells(
  cells: readonly Cell[],
  options: RunCellsOptions,
  invocation: Invocation,
): Promise<{ readonly path: string; readonly outcomes: readonly CellOutcome[] }> {
  const { terminal } = invocation;
  const batches = await planBatches(cells, terminal);
  const results = await beginCells(options, targetsOf(cells, batches), terminal);
  try {
    refuseParts(options.out);
    const done: CellOutcome[] = [];
    await withExecutor(EXPERIMENTS, options.workers, async (executor) => {
      for (const [at, batch] of batches.entries()) {
        const prefix = batches.length === 1 ? '' : `grid ${at + 1}/${batches.length}: `;
        const folders = batch.members.map(({ cell }) => results.experiments[cells.indexOf(cell)]);
        done.push(...(await runBatch({ ...batch, folders }, executor, prefix, invocation)));
      }
    });
    const outcomes = cells.map((cell) => done.find((outcome) => outcome.cell === cell)!);
    await results.finish(outcomes.map(({ document }) => document));
    return { path: results.path, outcomes };
  } finally {
    results.release();
  }
}

async function runBatch(
  batch: OpenBatch,
  executor: ExperimentRunner,
  prefix: string,
  invocation: Invocation,
): Promise<CellOutcome[]> {
  const { members, open, folders } = batch;
  const withCurve = !folders.every((folder) => folder.hasRiskCurve);
  const { result } = await runRuns(batch, { executor, only: undefined, withCurve, prefix }, invocation);

  const patients = new Set(open.cohort.patients).size;
  const outcomes: CellOutcome[] = [];
  for (const [at, { cell, config }] of members.entries()) {
    const folder = folders[at];
    const { summary } = result.byEpsilon[at];
    if (result.curve !== null) {
      const { mended, look } = result;
      await folder.writeRiskCurve(result.curve, { mended, background: look?.background });
    }
    if (!folder.hasExample) await keepExample(folder, open.cohort, result.runs[0], at, config);
    const document = await folder.writeResults(
      factsOf(open.cohort, config),
      result.runs.map(({ run, results }) => [run, results[at]] as const),
      summary,
    );
    const [{ riskCurve }] = openResults(folder.path).experiments;
    outcomes.push({
      ...{ cell, config, path: folder.path, document, split: splitText(config, patients) },
      background: riskCurve()?.background ?? null,
    });
  }
  return outcomes;
}
