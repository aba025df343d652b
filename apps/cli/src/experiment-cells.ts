import { join } from 'node:path';
import { type ExperimentPlan, planRuns, type SummaryRow } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { type FinishedRun, runExperiment } from '@semcrc/runner';
import type { Cell } from './experiment-file.ts';
import { ExperimentFolder, summaryCsv } from './experiment-folder.ts';
import type { Invocation } from './invocation.ts';
import { openOutputDirectory, writeOutputFile } from './output-file.ts';
import { whileAlone } from './place-lock.ts';
import { type Config, planOf, resolveConfig } from './resolve.ts';
import { handleOf } from './source.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';
import { EXPERIMENTS, noteMended, type OpenCohort, openCohort, StageProgress, withExecutor } from './work.ts';

/** λ at which risk curves are taken. */
const RISK_GRID = Float32Array.from({ length: 101 }, (_, at) => at / 200);

/** One experiment and what it came to. */
export interface CellOutcome {
  readonly cell: Cell;
  readonly config: Config;
  readonly path: string;
  readonly summary: readonly SummaryRow[];
}

/** Cells that differ in ε alone: the same runs serve them all. */
interface Batch {
  readonly members: readonly { readonly cell: Cell; readonly config: Config }[];
  readonly open: OpenCohort;
  readonly plan: ExperimentPlan;
}

/**
 * Runs every cell and writes its folder. All of them are checked before any scan is read.
 *
 * @throws SemcrcError as the runner does; `interrupted` saying what is kept
 */
export async function runCells(
  cells: readonly Cell[],
  options: { readonly out: string; readonly workers: number | undefined; readonly force: boolean },
  invocation: Invocation,
): Promise<CellOutcome[]> {
  const batches = await planBatches(cells, invocation.terminal);
  const places = [...new Set(['', ...cells.map(({ folder }) => folder)])].map((folder) => {
    const name = join(options.out, folder);
    openOutputDirectory(name);
    return { name, lockFile: join(name, '.lock') };
  });
  return whileAlone(places, invocation.terminal, () => runBatches(cells, batches, options, invocation));
}

async function runBatches(
  cells: readonly Cell[],
  batches: readonly Batch[],
  options: { readonly out: string; readonly workers: number | undefined; readonly force: boolean },
  invocation: Invocation,
): Promise<CellOutcome[]> {
  const onOther = options.force ? 'discard' : 'refuse';
  const opened = batches.map((batch) => ({
    ...batch,
    folders: batch.members.map(({ cell, config }) => {
      const identity = { digest: batch.open.cohort.digest, version: VERSION };
      return new ExperimentFolder(join(options.out, cell.folder), config, identity, onOther);
    }),
  }));
  const done: CellOutcome[] = [];
  await withExecutor(EXPERIMENTS, options.workers, async (executor) => {
    for (const [at, batch] of opened.entries()) {
      const prefix = opened.length === 1 ? '' : `part ${at + 1}/${opened.length}: `;
      done.push(...(await runBatch(batch, executor, prefix, invocation)));
    }
  });
  const outcomes = cells.map((cell) => done.find((outcome) => outcome.cell === cell)!);
  if (cells.some(({ folder }) => folder !== '')) writeGrid(options.out, outcomes);
  return outcomes;
}

async function planBatches(cells: readonly Cell[], terminal: Terminal): Promise<Batch[]> {
  const groups = new Map<string, { cell: Cell; config: Config }[]>();
  for (const cell of cells) {
    const config = resolveConfig(cell.settings);
    const { epsilon: _, ...rest } = config;
    const key = JSON.stringify(rest);
    groups.set(key, [...(groups.get(key) ?? []), { cell, config }]);
  }
  const cohorts = new Map<string, Promise<OpenCohort>>();
  const batches: Batch[] = [];
  for (const members of groups.values()) {
    const handle = handleOf(members[0].config.source);
    const key = JSON.stringify(handle);
    if (!cohorts.has(key)) cohorts.set(key, openCohort(handle, terminal));
    const open = await cohorts.get(key)!;
    const epsilons = members.map(({ config }) => config.epsilon);
    const plan = { ...planOf(members[0].config, open.cohort.labels), epsilons };
    planRuns(plan, open.cohort);
    batches.push({ members, open, plan });
  }
  return batches;
}

async function runBatch(
  { members, open, plan, folders }: Batch & { readonly folders: readonly ExperimentFolder[] },
  executor: Parameters<typeof runExperiment>[2]['executor'],
  prefix: string,
  { terminal, signal }: Invocation,
): Promise<CellOutcome[]> {
  const kept = folders.map((folder) => folder.finished);
  const finished: FinishedRun[] = [...kept[0].keys()]
    .filter((run) => run < plan.runs && kept.every((runs) => runs.has(run)))
    .map((run) => ({ run, results: kept.map((runs) => runs.get(run)!) }));
  if (finished.length > 0)
    terminal.note(`${prefix}${finished.length} of ${plan.runs} runs were finished before`);
  const progress = new StageProgress(terminal, prefix);
  let done = finished.length;
  const result = await runExperiment(open.opening, plan, {
    executor,
    signal,
    finished,
    ...(folders.every((folder) => folder.hasRiskCurve) ? {} : { grid: RISK_GRID }),
    onProgress: progress.update,
    onRun: ({ run, results }) => {
      results.forEach((cell, at) => {
        folders[at].keep(run, cell);
      });
      done += 1;
    },
  })
    .catch((error: unknown) => {
      if (!(error instanceof SemcrcError && error.code === 'interrupted')) throw error;
      const message = `interrupted: ${done} of ${plan.runs} runs are kept; the same command goes on from there`;
      throw new SemcrcError('interrupted', message, { data: { finished: done, runs: plan.runs } });
    })
    .finally(() => progress.stop());
  noteMended(terminal, result.mended);

  const [first] = planRuns({ ...plan, runs: 1 }, open.cohort);
  const example = first.split.test[0] ?? first.split.cal[0];
  const outcomes: CellOutcome[] = [];
  for (const [at, { cell, config }] of members.entries()) {
    const folder = folders[at];
    const { summary } = result.cells[at];
    if (result.curve !== null) folder.writeRiskCurve(result.curve);
    await folder.writeExample(open.cohort, example);
    await folder.writeResults(
      open.cohort,
      result.runs.map(({ run, results }) => [run, results[at]] as const),
      summary,
    );
    outcomes.push({ cell, config, path: folder.path, summary });
  }
  return outcomes;
}

/** What stands above the folders of a grid: which cell is where, and one table of them all. */
function writeGrid(out: string, outcomes: readonly CellOutcome[]): void {
  const listed = outcomes.map(({ cell: { folder, axes } }) => ({ folder, axes }));
  writeOutputFile(
    join(out, 'grid.json'),
    `${JSON.stringify({ schema: 'semcrc/grid@1', cells: listed }, null, 2)}\n`,
  );
  writeOutputFile(
    join(out, 'summary.csv'),
    summaryCsv(outcomes.map(({ cell, summary }) => ({ axes: cell.axes, summary }))),
  );
}
