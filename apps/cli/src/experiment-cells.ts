import { type ExperimentDocument, type ExperimentPlan, planRuns, type Source, unitsOf } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { beginResults, type ExperimentFacts, type ExperimentWriter } from '@semcrc/results';
import { type FinishedRun, runExperiment } from '@semcrc/runner';
import { calibratedIn, medianScan } from './example-choice.ts';
import type { Cell } from './experiment-file.ts';
import type { Invocation } from './invocation.ts';
import { patientsIn } from './patients.ts';
import { type Config, designNote, flatConfig, planOf, resolveConfig, splitText } from './resolve.ts';
import { chooseSource, handleOf } from './source.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';
import {
  EXPERIMENTS,
  noteReading,
  type OpenCohort,
  openCohort,
  StageProgress,
  withExecutor,
} from './work.ts';

/** λ at which risk curves are taken. */
const RISK_GRID = Float32Array.from({ length: 101 }, (_, at) => at / 200);

/** One experiment and what it came to. */
export interface CellOutcome {
  readonly cell: Cell;
  readonly config: Config;
  readonly path: string;
  readonly document: ExperimentDocument;
  /** How the cohort's patients were divided, in words. */
  readonly split: string;
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
 * @returns what each cell came to, in their order, and where everything stands
 * @throws SemcrcError as the runner and the results do; `interrupted` saying what is kept
 */
export async function runCells(
  cells: readonly Cell[],
  options: { readonly out: string; readonly workers: number | undefined; readonly force: boolean },
  invocation: Invocation,
): Promise<{ readonly path: string; readonly outcomes: readonly CellOutcome[] }> {
  const { terminal } = invocation;
  const batches = await planBatches(cells, terminal);
  const planned = new Map(
    batches.flatMap(({ members, open }) =>
      members.map(({ cell, config }) => [cell, { config, digest: open.cohort.digest }]),
    ),
  );
  const targets = cells.map((cell) => {
    const { config, digest } = planned.get(cell)!;
    const flat = flatConfig(config);
    const { runs: _, source: __, ...settings } = flat;
    return {
      axes: cell.axes,
      config: flat,
      terms: { ...settings, sourceDigest: digest, version: VERSION },
    };
  });
  const results = await beginResults(options.out, targets, {
    onOther: options.force ? 'discard' : 'refuse',
    note: (message) => terminal.note(`note: ${message}`),
  });
  try {
    const done: CellOutcome[] = [];
    await withExecutor(EXPERIMENTS, options.workers, async (executor) => {
      for (const [at, batch] of batches.entries()) {
        const prefix = batches.length === 1 ? '' : `part ${at + 1}/${batches.length}: `;
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

async function planBatches(cells: readonly Cell[], terminal: Terminal): Promise<Batch[]> {
  const cohorts = new Map<string, Promise<OpenCohort>>();
  const groups = new Map<string, { members: { cell: Cell; config: Config }[]; open: OpenCohort }>();
  for (const cell of cells) {
    const choice = chooseSource(cell.settings, 'none', cell.more);
    const handle = handleOf(choice);
    const key = JSON.stringify(handle);
    if (!cohorts.has(key)) cohorts.set(key, openCohort(handle, terminal));
    const open = await cohorts.get(key)!;
    const config = resolveConfig(cell.settings, choice, open.cohort);
    const { epsilon: _, ...rest } = config;
    const group = groups.get(JSON.stringify(rest)) ?? { members: [], open };
    group.members.push({ cell, config });
    groups.set(JSON.stringify(rest), group);
  }
  return [...groups.values()].map(({ members, open }) => {
    const epsilons = members.map(({ config }) => config.epsilon);
    const plan = { ...planOf(members[0].config, open.cohort.labels), epsilons };
    planRuns(plan, open.cohort);
    const different = designNote(members[0].config, open.cohort);
    if (different !== null) terminal.note(`note: ${different}`);
    return { members, open, plan };
  });
}

async function runBatch(
  { members, open, plan, folders }: Batch & { readonly folders: readonly ExperimentWriter[] },
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
    onRun: async ({ run, results }) => {
      await Promise.all(results.map((result, at) => folders[at].keep(run, result)));
      done += 1;
    },
  })
    .catch((error: unknown) => {
      if (!(error instanceof SemcrcError && error.code === 'interrupted')) throw error;
      const message = `interrupted: ${done} of ${plan.runs} runs are kept; the same command goes on from there`;
      throw new SemcrcError('interrupted', message, { data: { finished: done, runs: plan.runs } });
    })
    .finally(() => progress.stop());
  noteReading(terminal, result, result.cohort, plan.options.within);

  const patients = new Set(open.cohort.patients).size;
  const outcomes: CellOutcome[] = [];
  for (const [at, { cell, config }] of members.entries()) {
    const folder = folders[at];
    const { summary } = result.byEpsilon[at];
    if (result.curve !== null) await folder.writeRiskCurve(result.curve, result.mended);
    // Profiles have no voxels to show.
    if (!folder.hasExample && !open.cohort.profiled)
      await keepExample(folder, open.cohort, result.runs[0], at, config);
    const document = await folder.writeResults(
      factsOf(open.cohort, config),
      result.runs.map(({ run, results }) => [run, results[at]] as const),
      summary,
    );
    outcomes.push({ cell, config, path: folder.path, document, split: splitText(config, patients) });
  }
  return outcomes;
}

/** Keeps the scan with the median loss of the first run, with what every procedure makes of it. */
async function keepExample(
  folder: ExperimentWriter,
  cohort: Source,
  { run, results }: FinishedRun,
  at: number,
  { options }: Config,
): Promise<void> {
  const chosen = medianScan(results[at].records);
  if (chosen === null) return;
  await folder.writeExample({
    sample: await cohort.read(chosen.scan),
    measurement: (await cohort.measurement?.(chosen.scan)) ?? undefined,
    run,
    rule: chosen.rule,
    heuristic: options,
    calibrated: calibratedIn(results[at], cohort.labels),
  });
}

/** What experiment.json says of its cohort beside its runs. */
function factsOf(cohort: Source, { source }: Config): ExperimentFacts {
  const { labels, digest } = cohort;
  const window = cohort.preparing?.window ?? source.window;
  return {
    labels,
    digest,
    ...(window ? { units: unitsOf(window) } : {}),
    ...patientsIn(cohort),
    versions: { semcrc: VERSION },
  };
}
