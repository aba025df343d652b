import {
  averageCurves,
  type Cohort,
  type CohortLook,
  type ExperimentPlan,
  lookOf,
  type MendedVoxels,
  type Profile,
  planRuns,
  type RiskCurve,
  type RunPlan,
  type RunRecord,
  type RunResult,
  type Sample,
  type SampleFacts,
  type ScanCurve,
  type ScanNote,
  type Split,
  type SummaryRow,
  summarize,
} from '@semcrc/core';
import type { Opening } from './handle.ts';
import type { CalibratedSplit, ExperimentExecutor, ExperimentSession } from './job.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';
import { arrayBytes } from './shared-memory.ts';

const MEBIBYTE = 2 ** 20;

/** How far the work has come: first every scan is read and profiled once, then runs are done. */
export interface WorkProgress {
  readonly stage: 'scans' | 'runs';
  readonly done: number;
  readonly total: number;
}

/** What any work on a cohort takes besides the plan. */
export interface WorkOptions {
  readonly executor: ExperimentExecutor;
  /** Gives up what is not finished. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: WorkProgress) => void) | undefined;
  /** Ascending λ at which the cohort's risk curve is taken; none by default. */
  readonly grid?: Float32Array | undefined;
  /**
   * Decoded scans kept in memory for all workers, in bytes; 1 GiB by default. Scans beyond it are read each time a run
   * needs them, as all are that cost no more to read than to copy: those of a prepared cohort.
   */
  readonly sampleBytes?: number | undefined;
}

/** A run that is done: one result per tolerance, in their order. */
export interface FinishedRun {
  readonly run: number;
  readonly results: readonly RunResult[];
}

export interface RunExperimentOptions extends WorkOptions {
  /** Runs done before: they are taken over, not done again. */
  readonly finished?: readonly FinishedRun[] | undefined;
  /** Runs to be done here, by number; all by default. Others are done elsewhere, and no part of the result. */
  readonly only?: ReadonlySet<number> | undefined;
  /** Called with each run as it is done, in no particular order, before the experiment goes on. */
  readonly onRun?: ((run: FinishedRun) => void | Promise<void>) | undefined;
}

/** What reading the scans showed. */
export interface ReadingFacts {
  /** Voxels mended over all scans read. */
  readonly mended: MendedVoxels;
  /** What is worth knowing of the scans and no error, in their order. */
  readonly notes: readonly ScanNote[];
  /** What the scans look like; null where none was read. */
  readonly look: CohortLook | null;
  /** Risk at each λ of the grid over all scans read, the same λ in every group; null without a grid. */
  readonly curve: RiskCurve | null;
}

export interface ExperimentResult extends ReadingFacts {
  readonly cohort: Cohort;
  /** In order of run. */
  readonly runs: readonly FinishedRun[];
  /** One per tolerance: its records, by run and in the plan's order of procedures, and their summary. */
  readonly byEpsilon: readonly {
    readonly epsilon: number;
    readonly records: readonly RunRecord[];
    readonly summary: readonly SummaryRow[];
  }[];
}

/**
 * Runs an experiment: reads the cohort, plans the runs, profiles every scan they need once, then does the runs.
 * What comes out depends on the cohort and the plan alone, not on the executor, its workers or their order (timings in
 * `seconds` apart).
 *
 * @throws SemcrcError `usage` or `infeasible` before any scan is read, for plans that cannot work; the first error of a
 * scan or run, naming it, when one fails; `interrupted` when the signal was aborted.
 */
export async function runExperiment(
  opening: Opening,
  plan: ExperimentPlan,
  options: RunExperimentOptions,
): Promise<ExperimentResult> {
  const { executor, finished = [], only, onRun, onProgress } = options;
  const cohort = await readCohort(opening, plan, options);
  const all = planRuns(plan, cohort);
  const plans = only ? all.filter(({ run }) => only.has(run)) : all;
  const asked = new Set(plans.map(({ run }) => run));
  const done = new Map(finished.filter(({ run }) => asked.has(run)).map((run) => [run.run, run]));
  const pending = plans.filter(({ run }) => !done.has(run));
  const grid = options.grid ?? new Float32Array(0);
  const scans = scansOf(grid.length > 0 ? all : pending, cohort);
  const start = sessionOf({ ...opening, known: cohort }, plan, options);
  const { profiles, samples, ...facts } = await profileScans(start, scans, options);

  const session: ExperimentSession = { ...start, profiles, samples };
  onProgress?.({ stage: 'runs', done: done.size, total: plans.length });
  await runConcurrently(options.signal, lanesFor(executor), pending, async (run, signal) => {
    const results = await executor.run({ session, kind: 'run', input: run, name: `run ${run.run}`, signal });
    const finishedRun = { run: run.run, results };
    await onRun?.(finishedRun);
    done.set(run.run, finishedRun);
    onProgress?.({ stage: 'runs', done: done.size, total: plans.length });
  });
  const runs = [...done.values()].sort((a, b) => a.run - b.run);
  const byEpsilon = plan.epsilons.map((epsilon, at) => {
    const records = runs.flatMap(({ results }) => results[at].records);
    return { epsilon, records, summary: summarize(records) };
  });
  return { cohort, runs, byEpsilon, ...facts };
}

export interface CalibrationResult extends ReadingFacts, CalibratedSplit {
  readonly cohort: Cohort;
  readonly split: Split;
}

/**
 * Calibrates the plan's first procedure on its first split and measures it on the split's test scans.
 *
 * @throws SemcrcError as `runExperiment` does.
 */
export async function runCalibration(
  opening: Opening,
  plan: ExperimentPlan,
  options: WorkOptions & {
    /** Ascending tolerances at which λ̂ is found, too, the plan's first among them; none by default. */
    readonly curve?: readonly number[] | undefined;
    /** What is measured on the test scans besides λ̂ of the plan's first tolerance; nothing by default. */
    readonly measure?: 'nothing' | 'curve' | undefined;
  },
): Promise<CalibrationResult> {
  const { executor, signal, curve = [], measure = 'nothing' } = options;
  const cohort = await readCohort(opening, plan, options);
  const [run] = planRuns({ ...plan, runs: 1 }, cohort);
  const start = sessionOf({ ...opening, known: cohort }, plan, options);
  const { profiles, samples, ...facts } = await profileScans(start, scansOf([run], cohort), options);
  const session: ExperimentSession = { ...start, profiles, samples };
  const { split } = run;
  const calibrated = await executor.run({
    session,
    kind: 'calibrate',
    input: { split, curve, measure },
    name: 'calibration',
    signal,
  });
  return { cohort, split, ...facts, ...calibrated };
}

/** The session before any scan was profiled. */
function sessionOf(opening: Opening, plan: ExperimentPlan, { grid }: WorkOptions): ExperimentSession {
  return { opening, plan, grid: grid ?? new Float32Array(0), profiles: [], samples: [] };
}

function readCohort(opening: Opening, plan: ExperimentPlan, options: WorkOptions): Promise<Cohort> {
  return options.executor.run({
    session: sessionOf(opening, plan, options),
    kind: 'cohort',
    input: null,
    name: 'cohort',
    signal: options.signal,
  });
}

/** Ids of the scans that runs touch, in cohort order. */
function scansOf(runs: readonly RunPlan[], cohort: Cohort): string[] {
  const needed = new Set(runs.flatMap(({ split }) => [...split.opt, ...split.cal, ...split.test]));
  return cohort.ids.filter((id) => needed.has(id));
}

async function profileScans(
  session: ExperimentSession,
  scans: readonly string[],
  options: WorkOptions,
): Promise<ReadingFacts & { readonly profiles: readonly Profile[]; readonly samples: readonly Sample[] }> {
  const { executor, signal, onProgress, sampleBytes = 1024 * MEBIBYTE } = options;
  const samples: Sample[] = [];
  let held = 0;
  const profiles: Profile[] = [];
  const curves = new Array<ScanCurve>(scans.length);
  const notes: (readonly ScanNote[])[] = [];
  const looks: SampleFacts[] = [];
  let [clipped, crossed, done] = [0, 0, 0];
  onProgress?.({ stage: 'scans', done, total: scans.length });
  const places = scans.map((scan, at) => ({ scan, at }));
  await runConcurrently(signal, lanesFor(executor), places, async ({ scan, at }, either) => {
    const input = { scan, keep: held < sampleBytes };
    const task = { session, kind: 'profile', input, name: `scan ${scan}`, signal: either } as const;
    const profiled = await executor.run(task);
    if (profiled.profile) profiles.push(profiled.profile);
    notes[at] = profiled.notes;
    looks[at] = profiled.look;
    if (profiled.sample && held < sampleBytes) {
      samples.push(profiled.sample);
      held += arrayBytes(profiled.sample);
    }
    if (profiled.curve) curves[at] = profiled.curve;
    clipped += profiled.mended.clipped;
    crossed += profiled.mended.crossed;
    done += 1;
    onProgress?.({ stage: 'scans', done, total: scans.length });
  });
  const curve = session.grid.length > 0 ? averageCurves(session.grid, curves) : null;
  const look = looks.length === 0 ? null : lookOf(looks);
  return { profiles, samples, mended: { clipped, crossed }, notes: notes.flat(), look, curve };
}
