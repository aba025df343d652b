import { type ExperimentDetails, type Part, type PartWriter, whileWriting } from '@semcrc/results';
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
import { VERSION } from './version.ts';
import { EXPERIMENTS, withExecutor } from './work.ts';

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
  const { folders, open, members } = batch;
  const first = only.has(0);
  const withCurve = first && !folders.every((folder) => folder.hasRiskCurve);
  const options = { executor, only, withCurve, prefix: '', onReady: () => writer.ready() };
  const { result, made } = await runRuns(batch, options, invocation);
  if (!first) return made;
  for (const [at, { config }] of members.entries()) {
    if (result.curve !== null) {
      const { mended, look } = result;
      await folders[at].writeRiskCurve(result.curve, { mended, background: look?.background });
    }
    if (!folders[at].hasExample) await keepExample(folders[at], open.cohort, result.runs[0], at, config);
  }
  return made;
}
