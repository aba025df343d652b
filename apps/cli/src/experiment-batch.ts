import { type ExperimentPlan, planRuns, type Source, unitsOf } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import {
  beginResults,
  type ExperimentFacts,
  type ExperimentTarget,
  type ExperimentWriter,
} from '@semcrc/results';
import { type ExperimentResult, type FinishedRun, planOf, runExperiment, toleranceOf } from '@semcrc/runner';
import { calibratedIn, medianScan } from './example-choice.ts';
import type { Cell } from './experiment-file.ts';
import type { Invocation } from './invocation.ts';
import { patientsIn } from './patients.ts';
import { type Config, designNote, flatConfig, resolveConfig } from './resolve.ts';
import { chooseSource, handleOf } from './source.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';
import { noteReading, type OpenCohort, openCohort, StageProgress } from './work.ts';

/** λ at which risk curves are taken. */
const RISK_GRID = Float32Array.from({ length: 101 }, (_, at) => at / 200);

/** Cells that differ in ε alone: the same runs serve them all. */
export interface Batch {
  readonly members: readonly { readonly cell: Cell; readonly config: Config }[];
  readonly open: OpenCohort;
  readonly plan: ExperimentPlan;
}

/** Where and how experiments are run. */
export interface RunCellsOptions {
  readonly out: string;
  readonly workers: number | undefined;
  readonly force: boolean;
}

/** Opens the folders of experiments, or goes on with what is there. */
export function beginCells(
  { out, force }: Pick<RunCellsOptions, 'out' | 'force'>,
  targets: readonly ExperimentTarget[],
  terminal: Terminal,
): ReturnType<typeof beginResults> {
  return beginResults(out, targets, {
    onOther: force ? 'discard' : 'refuse',
    note: (message) => terminal.note(`note: ${message}`),
  });
}

/** What is to be written, in the order of the cells. */
export function targetsOf(cells: readonly Cell[], batches: readonly Batch[]): ExperimentTarget[] {
  const planned = new Map(
    batches.flatMap(({ members, open }) =>
      members.map(({ cell, config }) => [cell, { config, digest: open.cohort.digest }]),
    ),
  );
  return cells.map((cell) => {
    const { config, digest } = planned.get(cell)!;
    const flat = flatConfig(config);
    const { runs: _, source: __, ...settings } = flat;
    return {
      axes: cell.axes,
      config: flat,
      terms: { ...settings, sourceDigest: digest, version: VERSION },
    };
  });
}

/** Opens the cohorts of cells, and checks every plan. */
export async function planBatches(cells: readonly Cell[], terminal: Terminal): Promise<Batch[]> {
  const cohorts = new Map<string, Promise<OpenCohort>>();
  const groups = new Map<string, { members: { cell: Cell; config: Config }[]; open: OpenCohort }>();
  // Cells that differ in ε alone share their splits, so the smallest of them decides on the default sizes.
  const beside = ({ settings: { epsilon: _, ...rest } }: Cell) => JSON.stringify(rest);
  const smallest = new Map<string, number>();
  for (const cell of cells) {
    const known = smallest.get(beside(cell)) ?? Number.POSITIVE_INFINITY;
    smallest.set(beside(cell), Math.min(known, toleranceOf(cell.settings)));
  }
  for (const cell of cells) {
    const choice = chooseSource(cell.settings);
    const handle = handleOf(choice);
    const key = JSON.stringify(handle);
    if (!cohorts.has(key)) cohorts.set(key, openCohort(handle, terminal));
    const open = await cohorts.get(key)!;
    const config = resolveConfig(cell.settings, choice, open.cohort, smallest.get(beside(cell)));
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

/** A batch, and the folders of its cells. */
export type OpenBatch = Batch & { readonly folders: readonly ExperimentWriter[] };
export type ExperimentRunner = Parameters<typeof runExperiment>[2]['executor'];

/** Does runs of a batch, goes on from those that are kept, and keeps each that is finished. */
export async function runRuns(
  { open, plan, folders }: OpenBatch,
  options: {
    readonly executor: ExperimentRunner;
    readonly only: ReadonlySet<number> | undefined;
    readonly withCurve: boolean;
    readonly prefix: string;
    readonly onReady?: () => void;
  },
  { terminal, signal }: Invocation,
): Promise<{ readonly result: ExperimentResult; readonly made: number }> {
  const { executor, only, withCurve, prefix, onReady } = options;
  const total = only?.size ?? plan.runs;
  const kept = folders.map((folder) => folder.finished);
  const finished: FinishedRun[] = [...kept[0].keys()]
    .filter((run) => run < plan.runs && (only?.has(run) ?? true) && kept.every((runs) => runs.has(run)))
    .map((run) => ({ run, results: kept.map((runs) => runs.get(run)!) }));
  if (finished.length > 0) terminal.note(`${prefix}${finished.length} of ${total} runs were finished before`);
  const progress = new StageProgress(terminal, prefix);
  let made = 0;
  const result = await runExperiment(open.opening, plan, {
    executor,
    signal,
    finished,
    only,
    ...(withCurve ? { grid: RISK_GRID } : {}),
    onProgress: (at) => {
      if (at.stage === 'runs' && made === 0) onReady?.();
      progress.update(at);
    },
    onRun: async ({ run, results }) => {
      await Promise.all(results.map((result, at) => folders[at].keep(run, result)));
      made += 1;
    },
  })
    .catch((error: unknown) => {
      if (!(error instanceof SemcrcError && error.code === 'interrupted')) throw error;
      const done = finished.length + made;
      const message = `interrupted: ${done} of ${total} runs are kept; the same command goes on from there`;
      throw new SemcrcError('interrupted', message, { data: { finished: done, runs: total } });
    })
    .finally(() => progress.stop());
  noteReading(terminal, result, result.cohort, plan.options.within);
  return { result, made };
}

/** Keeps the scan with the median loss of the first run, with what every procedure makes of it. */
export async function keepExample(
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
export function factsOf(cohort: Source, { source }: Config): ExperimentFacts {
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
