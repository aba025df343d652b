import type {
  ExperimentDocument,
  Losses,
  MendedVoxels,
  RiskCurve,
  RunRecord,
  UnitsRecord,
} from '@semcrc/core';
import type { ExampleScan } from './maps/example.ts';
import { mean, populationSd } from './statistics/moments.ts';
import { unitsIn } from './units.ts';

/** One experiment with what stands beside its experiment.json. */
export interface ReportedExperiment {
  /** What its reader calls it: the folder or file. */
  readonly name: string;
  readonly document: ExperimentDocument;
  readonly curve: RiskCurve | null;
  /** Voxels of predictions that reading mended; null where it was not recorded. */
  readonly mended: MendedVoxels | null;
  /** Mean share of voxels that are background or padding over the cohort; null where it was not recorded. */
  readonly background: number | null;
  readonly example: ExampleScan | null;
  /** SHA-256 of experiment.json, in hexadecimal; null where it was not read from a file. */
  readonly digest: string | null;
}

/** A mean over runs with its population standard deviation. */
export interface OverRuns {
  readonly mean: number;
  readonly sd: number;
}

/** Runs of one procedure, and what they come to. */
export interface ProcedureRuns {
  readonly procedure: RunRecord['procedure'];
  readonly records: readonly RunRecord[];
  readonly risk: OverRuns | null;
  readonly length: OverRuns | null;
}

/** An experiment as tables, figures and verdicts read it. */
export interface ExperimentFacts {
  readonly experiment: ReportedExperiment;
  readonly epsilon: number;
  /** Where the scans came from, and the task, where the config names one. */
  readonly source: string;
  readonly task: string | null;
  readonly units: UnitsRecord | null;
  readonly bound: string;
  readonly delta: number | null;
  readonly sizes: { readonly opt: number; readonly cal: number; readonly test: number };
  readonly runs: number;
  readonly procedures: readonly ProcedureRuns[];
  /** The procedure that the report follows in detail: sem-crc, else the first that is not for comparison only. */
  readonly followed: ProcedureRuns;
}

/** Reads the facts of an experiment out of its document. */
export function factsOf(experiment: ReportedExperiment): ExperimentFacts {
  const { document } = experiment;
  const { config, runs } = document;
  const names = [...new Set(runs.map(({ procedure }) => procedure))];
  const procedures = names.map((procedure) => {
    const records = runs.filter((record) => record.procedure === procedure);
    return {
      procedure,
      records,
      risk: overRuns(records.flatMap(({ test }) => (test ? [test.risk] : []))),
      length: overRuns(records.flatMap(({ test }) => (test ? [test.length] : []))),
    };
  });
  const said = (key: string) => (typeof config[key] === 'string' ? (config[key] as string) : null);
  const [first] = runs;
  const bound = said('bound') ?? 'crc';
  return {
    experiment,
    epsilon: Number(config.epsilon),
    source: [said('dataset'), said('source')].find((name) => name !== null) ?? experiment.name,
    task: said('task'),
    units: unitsIn(document),
    bound,
    delta: bound === 'crc' ? null : Number(config.delta),
    sizes: {
      opt: first?.split.opt.length ?? 0,
      cal: first?.split.cal.length ?? 0,
      test: first?.split.test.length ?? 0,
    },
    runs: new Set(runs.map(({ run }) => run)).size,
    procedures,
    followed: followedProcedure(procedures)!,
  };
}

/** Of several procedures the one that a reader is shown in detail; undefined of none. */
export function followedProcedure<Named extends { readonly procedure: string }>(
  procedures: readonly Named[],
): Named | undefined {
  return (
    procedures.find(({ procedure }) => procedure === 'sem-crc') ??
    procedures.find(({ procedure }) => procedure !== 'pooled') ??
    procedures[0]
  );
}

function overRuns(values: readonly number[]): OverRuns | null {
  return values.length === 0 ? null : { mean: mean(values), sd: populationSd(values)! };
}

/** What one procedure does to one organ, over runs. */
export interface OrganOverRuns {
  readonly id: string;
  readonly risk: OverRuns;
  readonly length: OverRuns;
  /** Test scans with the organ, fewest and most over the runs. */
  readonly scans: readonly [least: number, most: number];
}

/** Risk and length of every organ that some test scan of the runs contains, by label id. */
export function organsOverRuns({ records }: ProcedureRuns): OrganOverRuns[] {
  const ids = [...new Set(records.flatMap(({ test }) => Object.keys(test?.organs ?? {})))];
  return ids.map((id) => {
    const own = records.flatMap(({ test }) =>
      test && Object.hasOwn(test.organs, id) ? [test.organs[id]] : [],
    );
    const scans = own.map(({ scans }) => scans);
    return {
      id,
      risk: overRuns(own.map(({ risk }) => risk))!,
      length: overRuns(own.map(({ length }) => length))!,
      scans: [Math.min(...scans), Math.max(...scans)],
    };
  });
}

/** Losses of the test patients of one run: n, mean and sample sd; sd null where it was not recorded. */
export function testLosses({ split, test }: RunRecord): Losses | null {
  return test && { n: test.units ?? split.test.length, mean: test.risk, sd: test.sd ?? null };
}

/** Losses of the test patients that have one organ; null where none has. */
export function organLosses({ test }: RunRecord, id: string): Losses | null {
  if (!test || !Object.hasOwn(test.organs, id)) return null;
  const organ = test.organs[id];
  return { n: organ.units ?? organ.scans, mean: organ.risk, sd: organ.sd ?? null };
}

/** λ of the groups of one organ in a record: `id`, or `id/bin` for each of its strata. */
export function lambdasOfOrgan(lambda: RunRecord['lambda'], id: string): RunRecord['lambda'][string][] {
  return Object.entries(lambda).flatMap(([key, value]) =>
    key === id || key.startsWith(`${id}/`) ? [value] : [],
  );
}

/** Whether a procedure's λ belong to organs, so that they can be shown by organ. */
export function hasOrganLambda({ procedure }: { readonly procedure: string }): boolean {
  return procedure !== 'crc' && procedure !== 'k-crc';
}
