import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  EXAMPLE_VOLUMES,
  EXPERIMENT_SCHEMA,
  type ExperimentDocument,
  type Labels,
  type MendedVoxels,
  type RiskCurve,
  type RiskCurveDocument,
  type RunResult,
  type SummaryRow,
} from '@semcrc/core';
import { identityAffine, makeVolume } from '@semcrc/imaging';
import { writeFileAtomic, writeNifti } from '@semcrc/imaging/node';
import { loadKernels, sharedInstance } from '@semcrc/kernels';
import { type ExampleChoice, exampleParts } from './example.ts';
import {
  discardRuns,
  type JournalTerms,
  journalFolder,
  readRuns,
  writeJournal,
  writeRun,
} from './journal.ts';
import {
  EXAMPLE_FILE,
  EXAMPLE_FOLDER,
  EXPERIMENT_FILE,
  MEMBERSHIP_FOLDER,
  membershipFile,
  RISK_CURVE_FILE,
  SUMMARY_FILE,
  volumeFile,
} from './layout.ts';
import { openOutputFolder } from './output-folder.ts';
import { summaryCsv } from './summary-csv.ts';

/** What an experiment's document says of its cohort and its making. */
export type ExperimentFacts = Pick<ExperimentDocument, 'units' | 'patients' | 'versions'> & {
  readonly labels: Labels;
  /** Of the source. */
  readonly digest: string;
};

/** Writes one experiment's folder: its runs as they finish and, once they all have, its results. */
export class ExperimentWriter {
  /** Absolute. */
  readonly path: string;
  /** Runs finished before, by number: they need not be done again. */
  readonly finished: ReadonlyMap<number, RunResult>;
  readonly #runs: string;
  readonly #terms: JournalTerms;
  readonly #config: Readonly<Record<string, unknown>>;

  /** @param terms of the folder's journal, as they are written there */
  constructor(path: string, config: Readonly<Record<string, unknown>>, terms: JournalTerms) {
    this.path = path;
    this.#config = config;
    this.#runs = journalFolder(path);
    this.#terms = terms;
    this.finished = readRuns(this.#runs, terms);
  }

  /** Keeps a finished run; once this returns, it survives the process and the machine. */
  async keep(run: number, result: RunResult): Promise<void> {
    await writeRun(this.#runs, this.#terms, run, result);
  }

  get hasRiskCurve(): boolean {
    return existsSync(join(this.path, RISK_CURVE_FILE));
  }

  /** @param seen what reading the scans behind the curve showed: voxels mended, and the mean share of background */
  async writeRiskCurve(
    { lambda, risk, organs }: RiskCurve,
    seen: { readonly mended: MendedVoxels; readonly background?: number | undefined },
  ): Promise<void> {
    const document = { schema: 'semcrc/risk-curve@1', lambda, risk, organs, ...seen } as RiskCurveDocument;
    await writeFileAtomic(join(this.path, RISK_CURVE_FILE), `${JSON.stringify(document)}\n`);
  }

  get hasExample(): boolean {
    return existsSync(join(this.path, EXAMPLE_FOLDER, EXAMPLE_FILE));
  }

  /** Keeps a few slices of one scan and its calibrated intervals, so that showing results needs the cohort no more. */
  async writeExample(choice: ExampleChoice): Promise<void> {
    const directory = join(this.path, EXAMPLE_FOLDER);
    await openOutputFolder(directory);
    const { document, volumes } = exampleParts(await sharedInstance(loadKernels), choice);
    for (const [name, volume] of Object.entries(volumes)) {
      await writeNifti(join(directory, volumeFile(name)), volume);
    }
    await writeFileAtomic(join(directory, EXAMPLE_FILE), `${JSON.stringify(document, null, 2)}\n`);
  }

  /** Writes the results of all runs; experiment.json last, so that where it is, everything is. */
  async writeResults(
    { labels, digest, ...more }: ExperimentFacts,
    runs: readonly (readonly [run: number, RunResult])[],
    summary: readonly SummaryRow[],
  ): Promise<ExperimentDocument> {
    const maps = runs.flatMap(([run, { positions }]) => (positions === null ? [] : [{ run, ...positions }]));
    const membership = join(this.path, MEMBERSHIP_FOLDER);
    if (maps.length > 0) await openOutputFolder(membership);
    for (const { run, map, height, width } of maps) {
      const plane = makeVolume(Uint16Array.from(map), [1, height, width], identityAffine);
      await writeNifti(join(membership, membershipFile(run)), plane);
    }
    await writeFileAtomic(
      join(this.path, SUMMARY_FILE),
      summaryCsv([{ axes: {}, summary, units: more.units ?? null }]),
    );
    const document = {
      schema: EXPERIMENT_SCHEMA,
      config: { ...this.#config, sourceDigest: digest },
      labels: { ...labels },
      ...more,
      runs: runs.flatMap(([, { records }]) => records),
      summary: [...summary],
    } satisfies ExperimentDocument;
    await writeFileAtomic(join(this.path, EXPERIMENT_FILE), `${JSON.stringify(document, null, 1)}\n`);
    return document;
  }
}

/** Begins an experiment in its folder; results of another one there go, since they would mislead, and nothing else does. */
export async function beginExperiment(path: string, terms: JournalTerms): Promise<void> {
  for (const name of [EXPERIMENT_FILE, SUMMARY_FILE, RISK_CURVE_FILE])
    rmSync(join(path, name), { force: true });
  discard(join(path, EXAMPLE_FOLDER), EXAMPLE_FILES);
  discard(join(path, MEMBERSHIP_FOLDER), /^run-\d+\.nii\.gz$/);
  await openOutputFolder(journalFolder(path));
  discardRuns(journalFolder(path));
  await writeJournal(journalFolder(path), terms);
}

/** Names of what an example's folder holds. */
const EXAMPLE_FILES = new RegExp(
  `^(${[EXAMPLE_FILE, ...EXAMPLE_VOLUMES.map(volumeFile), volumeFile('[a-z-]+-(lower|upper|width)')].join('|')})$`,
);

/** Removes files of ours from a folder of ours, and the folder if nothing else is in it. */
function discard(folder: string, ours: readonly string[] | RegExp): void {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const name of readdirSync(folder)) {
    const isOurs = ours instanceof RegExp ? ours.test(name) : ours.includes(name);
    if (isOurs) rmSync(join(folder, name), { force: true });
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
