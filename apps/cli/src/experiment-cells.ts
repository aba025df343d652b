import type { ExperimentDocument } from '@semcrc/core';
import {
  type ExperimentDetails,
  openResults,
  type Part,
  type PartWriter,
  refuseParts,
  whileWriting,
} from '@semcrc/results';
import type { ExperimentResult } from '@semcrc/runner';
import {
  type Batch,
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
import { sha256 } from './report-files.ts';
import { type Config, splitText } from './resolve.ts';
import { VERSION } from './version.ts';
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
  await keepBeside(batch, result);
  const patients = new Set(open.cohort.patients).size;
  const outcomes: CellOutcome[] = [];
  for (const [at, { cell, config }] of members.entries()) {
    const folder = folders[at];
    const { summary } = result.byEpsilon[at];
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

/** Keeps what stands beside the runs of a batch: the risk curve, and an example scan. @param result with the first run */
async function keepBeside({ members, open, folders }: OpenBatch, result: ExperimentResult): Promise<void> {
  const { curve, mended, look } = result;
  for (const [at, { config }] of members.entries()) {
    const folder = folders[at];
    if (curve !== null) await folder.writeRiskCurve(curve, { mended, background: look?.background });
    // Profiles have no voxels to show.
    if (!folder.hasExample && !open.cohort.profiled)
      await keepExample(folder, open.cohort, result.runs[0], at, config);
  }
}

/**
 * Does a part of the runs of all cells. Cells that differ in ε alone share their runs, so that an item is one run of such a batch; whoever
 * does a batch's first run also takes its risk curve and keeps its example.
 *
 * @throws SemcrcError as running all of them does
 */
export async function runPartOfCells(
  cells: readonly Cell[],
  part: Part,
  options: RunCellsOptions,
  invocation: Invocation,
): Promise<void> {
  const { terminal, signal } = invocation;
  const note = (message: string) => terminal.note(`note: ${message}`);
  const batches = await planBatches(cells, terminal);
  await whileWriting(options.out, part, { note, version: VERSION, signal }, async (writer) => {
    await writer!.enter();
    const results = await beginCells({ ...options, force: false }, targetsOf(cells, batches), terminal);
    let own: readonly number[];
    try {
      own = await writer!.begin(wholeOf(cells, batches));
    } finally {
      // The folders stand, and other parts write beside this one.
      results.release();
    }
    let made = 0;
    await withExecutor(EXPERIMENTS, options.workers, async (executor) => {
      for (const [at, batch] of batches.entries()) {
        const first = batches.slice(0, at).reduce((sum, { plan }) => sum + plan.runs, 0);
        const only = new Set(
          own.map((item) => item - first).filter((run) => run >= 0 && run < batch.plan.runs),
        );
        if (only.size === 0) continue;
        const folders = batch.members.map(({ cell }) => results.experiments[cells.indexOf(cell)]);
        made += await runPartOfBatch({ ...batch, folders }, only, writer!, executor, invocation);
      }
    });
    await writer!.finish(null, made);
  });
}

/** What all parts of an experiment make together. */
function wholeOf(cells: readonly Cell[], batches: readonly Batch[]): Parameters<PartWriter['begin']>[0] {
  const targets = targetsOf(cells, batches);
  const details: ExperimentDetails = {
    cells: cells.map((cell, at) => {
      const batch = batches.find(({ members }) => members.some((member) => member.cell === cell))!;
      const { config } = batch.members.find((member) => member.cell === cell)!;
      return { target: targets[at], facts: factsOf(batch.open.cohort, config), runs: batch.plan.runs };
    }),
  };
  const items = batches.flatMap(({ members, plan }) =>
    Array.from({ length: plan.runs }, (_, run) => [members[0].cell.folder, `run ${run}`].join(' ').trim()),
  );
  return {
    ...{ command: 'experiment', noun: 'runs', items, details: { ...details } },
    digest: sha256(JSON.stringify(details)),
  };
}

/** @returns how many runs were done now */
async function runPartOfBatch(
  batch: OpenBatch,
  only: ReadonlySet<number>,
  writer: PartWriter,
  executor: ExperimentRunner,
  invocation: Invocation,
): Promise<number> {
  const first = only.has(0);
  const withCurve = first && !batch.folders.every((folder) => folder.hasRiskCurve);
  const options = { executor, only, withCurve, prefix: '', onReady: () => writer.ready() };
  const { result, made } = await runRuns(batch, options, invocation);
  if (first) await keepBeside(batch, result);
  return made;
}
