import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  EXAMPLE_VOLUMES,
  EXPERIMENT_SCHEMA,
  type ExampleDocument,
  type ExperimentDocument,
  type Labels,
  type RiskCurve,
  type RiskCurveDocument,
  type RunResult,
  type Sample,
  type SummaryRow,
} from '@semcrc/core';
import {
  identityAffine,
  type LabelVolume,
  makeVolume,
  sliceOffsets,
  takeSlices,
  type Volume,
} from '@semcrc/imaging';
import { writeFileAtomic, writeNifti } from '@semcrc/imaging/node';
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

/** Slices kept of the example scan. */
const EXAMPLE_SLICES = 4;

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

  async writeRiskCurve({ lambda, risk, organs }: RiskCurve): Promise<void> {
    const document = { schema: 'semcrc/risk-curve@1', lambda, risk, organs } as RiskCurveDocument;
    await writeFileAtomic(join(this.path, RISK_CURVE_FILE), `${JSON.stringify(document)}\n`);
  }

  get hasExample(): boolean {
    return existsSync(join(this.path, EXAMPLE_FOLDER, EXAMPLE_FILE));
  }

  /** Keeps a few slices of one scan, so that showing results needs the cohort no more. */
  async writeExample(sample: Sample, run: number): Promise<void> {
    const directory = join(this.path, EXAMPLE_FOLDER);
    await openOutputFolder(directory);
    const [depth, height, width] = sample.shape;
    const slices = sliceOffsets(depth, Math.min(depth, EXAMPLE_SLICES));
    const { truth, lower, upper, point } = sample;
    const images = { truth, lower, upper, ...(point && { point }), groups: Uint16Array.from(sample.organs) };
    for (const [name, voxels] of Object.entries(images)) {
      const whole = makeVolume(voxels, sample.shape, identityAffine) as Volume | LabelVolume;
      const kept = makeVolume(takeSlices(whole, slices), [slices.length, height, width], identityAffine);
      await writeNifti(join(directory, volumeFile(name)), kept as Volume | LabelVolume);
    }
    const volumes = Object.keys(images) as ExampleDocument['volumes'];
    const document = { schema: 'semcrc/example@1', scan: sample.id, run, slices, volumes };
    await writeFileAtomic(join(directory, EXAMPLE_FILE), `${JSON.stringify(document, null, 2)}\n`);
  }

  /** Writes the results of all runs; experiment.json last, so that where it is, everything is. */
  async writeResults(
    { labels, digest }: { readonly labels: Labels; readonly digest: string },
    runs: readonly (readonly [run: number, RunResult])[],
    summary: readonly SummaryRow[],
  ): Promise<void> {
    const maps = runs.flatMap(([run, { positions }]) => (positions === null ? [] : [{ run, ...positions }]));
    const membership = join(this.path, MEMBERSHIP_FOLDER);
    if (maps.length > 0) await openOutputFolder(membership);
    for (const { run, map, height, width } of maps) {
      const plane = makeVolume(Uint16Array.from(map), [1, height, width], identityAffine);
      await writeNifti(join(membership, membershipFile(run)), plane);
    }
    await writeFileAtomic(join(this.path, SUMMARY_FILE), summaryCsv([{ axes: {}, summary }]));
    const document = {
      schema: EXPERIMENT_SCHEMA,
      config: { ...this.#config, sourceDigest: digest },
      labels: { ...labels },
      runs: runs.flatMap(([, { records }]) => records),
      summary: [...summary],
    } satisfies ExperimentDocument;
    await writeFileAtomic(join(this.path, EXPERIMENT_FILE), `${JSON.stringify(document, null, 1)}\n`);
  }
}

/** Begins an experiment in its folder; results of another one there go, since they would mislead, and nothing else does. */
export async function beginExperiment(path: string, terms: JournalTerms): Promise<void> {
  for (const name of [EXPERIMENT_FILE, SUMMARY_FILE, RISK_CURVE_FILE])
    rmSync(join(path, name), { force: true });
  discard(join(path, EXAMPLE_FOLDER), [EXAMPLE_FILE, ...EXAMPLE_VOLUMES.map(volumeFile)]);
  discard(join(path, MEMBERSHIP_FOLDER), /^run-\d+\.nii\.gz$/);
  await openOutputFolder(journalFolder(path));
  discardRuns(journalFolder(path));
  await writeJournal(journalFolder(path), terms);
}

/** Removes files of ours from a folder of ours, and the folder if nothing else is in it. */
function discard(folder: string, ours: readonly string[] | RegExp): void {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const name of readdirSync(folder)) {
    const isOurs = ours instanceof RegExp ? ours.test(name) : ours.includes(name);
    if (isOurs) rmSync(join(folder, name), { force: true });
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
