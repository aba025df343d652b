import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  EXPERIMENT_SCHEMA,
  type ExperimentDocument,
  type PositionSpec,
  type RiskCurve,
  type RunRecord,
  type RunResult,
  type Source,
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
import { writeNifti } from '@semcrc/imaging/node';
import { stringify } from 'csv-stringify/sync';
import { Journal } from './journal.ts';
import { openOutputDirectory, writeOutputFile } from './output-file.ts';
import { type Config, flatConfig } from './resolve.ts';

/** A finished run as the journal keeps it: a result whose position map is text. */
interface KeptRun {
  readonly records: readonly RunRecord[];
  readonly positions: (Omit<PositionSpec, 'map'> & { readonly map: string }) | null;
}

/** The folder of one experiment: its journal of finished runs and, once they all are, its results. */
export class ExperimentFolder {
  readonly path: string;
  readonly #config: Config;
  readonly #journal: Journal<KeptRun>;

  /**
   * Opens the folder for an experiment, creating it where there is none. Runs of the same experiment that were finished
   * before are taken over; `runs` may have grown or shrunk since.
   *
   * @throws SemcrcError `usage` when it holds runs of another experiment and `onOther` is 'refuse'
   */
  constructor(
    path: string,
    config: Config,
    identity: { readonly digest: string; readonly version: string },
    onOther: 'refuse' | 'discard',
  ) {
    this.path = path;
    this.#config = config;
    openOutputDirectory(path);
    const { runs: _, source: __, ...terms } = flatConfig(config);
    this.#journal = new Journal(
      join(path, 'runs'),
      { ...terms, sourceDigest: identity.digest, version: identity.version },
      onOther,
    );
    if (this.#journal.begun) {
      for (const name of RESULTS) rmSync(join(path, name), { recursive: true, force: true });
    }
  }

  /** Runs that need not be done again. */
  get finished(): ReadonlyMap<number, RunResult> {
    return new Map([...this.#journal.finished].map(([run, kept]) => [run, revived(kept)]));
  }

  keep(run: number, { records, positions }: RunResult): void {
    const map = positions && Buffer.from(positions.map).toString('base64');
    this.#journal.keep(run, { records, positions: positions && { ...positions, map: map! } });
  }

  get hasRiskCurve(): boolean {
    return existsSync(join(this.path, 'risk-curve.json'));
  }

  writeRiskCurve(curve: RiskCurve): void {
    writeOutputFile(join(this.path, 'risk-curve.json'), `${JSON.stringify(curve)}\n`);
  }

  /** Keeps four slices of one scan, so that a report needs the cohort no more. */
  async writeExample(cohort: Source, scan: string): Promise<void> {
    const directory = join(this.path, 'example');
    const description = join(directory, 'example.json');
    if (existsSync(description)) return;
    openOutputDirectory(directory);
    const sample = await cohort.read(scan);
    const chosen = sliceOffsets(sample.shape[0], Math.min(sample.shape[0], EXAMPLE_SLICES));
    const { truth, lower, upper, point } = sample;
    const images = { truth, lower, upper, ...(point && { point }) };
    const [, height, width] = sample.shape;
    const write = (name: string, slices: Float32Array | Uint16Array) =>
      writeNifti(
        join(directory, `${name}.nii.gz`),
        makeVolume(slices, [chosen.length, height, width], identityAffine) as Volume | LabelVolume,
      );
    for (const [name, voxels] of Object.entries(images)) {
      await write(name, takeSlices(makeVolume(voxels, sample.shape, identityAffine), chosen));
    }
    const groups = Uint16Array.from(sample.organs);
    await write('groups', takeSlices(makeVolume(groups, sample.shape, identityAffine), chosen));
    const facts = { scan, run: 0, slices: chosen, volumes: [...Object.keys(images), 'groups'] };
    writeOutputFile(description, `${JSON.stringify(facts, null, 2)}\n`);
  }

  /** Writes the results of all runs; experiment.json last, so that where it is, everything is. */
  async writeResults(
    cohort: Source,
    runs: readonly (readonly [run: number, RunResult])[],
    summary: readonly SummaryRow[],
  ): Promise<void> {
    const maps = runs.filter(([, { positions }]) => positions !== null);
    if (maps.length > 0) openOutputDirectory(join(this.path, 'membership'));
    for (const [run, { positions }] of maps) {
      const { map, width, height } = positions!;
      const name = `run-${String(run).padStart(3, '0')}.nii.gz`;
      const plane = makeVolume(Uint16Array.from(map), [1, height, width], identityAffine);
      await writeNifti(join(this.path, 'membership', name), plane);
    }
    writeOutputFile(join(this.path, 'summary.csv'), summaryCsv([{ axes: {}, summary }]));
    const experiment = {
      schema: EXPERIMENT_SCHEMA,
      config: { ...flatConfig(this.#config), sourceDigest: cohort.digest },
      labels: { ...cohort.labels },
      runs: runs.flatMap(([, { records }]) => records),
      summary: [...summary],
    } satisfies ExperimentDocument;
    writeOutputFile(join(this.path, 'experiment.json'), `${JSON.stringify(experiment, null, 1)}\n`);
  }
}

const EXAMPLE_SLICES = 4;

/** What an experiment writes beside its journal; what another one left of it would mislead. */
const RESULTS = ['experiment.json', 'summary.csv', 'risk-curve.json', 'example', 'membership'];

function revived({ records, positions }: KeptRun): RunResult {
  if (positions === null) return { records, positions };
  return { records, positions: { ...positions, map: new Uint8Array(Buffer.from(positions.map, 'base64')) } };
}

/** summary.csv: a row per procedure, of every cell of a grid with the values of its axes before it. */
export function summaryCsv(
  cells: readonly {
    readonly axes: Readonly<Record<string, string>>;
    readonly summary: readonly SummaryRow[];
  }[],
): string {
  const rows = cells.flatMap(({ axes, summary }) =>
    summary.map(({ procedure, runs, risk, length }) => ({
      ...axes,
      procedure,
      runs,
      risk_mean: risk?.mean,
      risk_sd: risk?.sd,
      length_mean: length?.mean,
      length_sd: length?.sd,
    })),
  );
  return stringify(rows, { header: true });
}
