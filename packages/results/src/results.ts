import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type {
  ExampleDocument,
  ExampleVolume,
  ExperimentDocument,
  GridDocument,
  RiskCurveDocument,
  RunResult,
} from '@semcrc/core';
import type { LabelVolume, Volume } from '@semcrc/imaging';
import { readNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { readDocument } from './document-file.ts';
import { boundName } from './example.ts';
import { journalFolder, readJournal, readRuns } from './journal.ts';
import {
  EXAMPLE_FILE,
  EXAMPLE_FOLDER,
  EXPERIMENT_FILE,
  exampleKind,
  experimentKind,
  GRID_FILE,
  gridKind,
  RISK_CURVE_FILE,
  riskCurveKind,
  volumeFile,
} from './layout.ts';

/** The results of `semcrc experiment`: one experiment, or those of a grid. */
export interface Results {
  /** Absolute. */
  readonly path: string;
  readonly experiments: readonly ExperimentResults[];
}

/** One experiment's folder. Each part is read when it is asked for. */
export interface ExperimentResults {
  /** Absolute. */
  readonly path: string;
  /** Its folder in the grid's; empty where there is no grid. */
  readonly folder: string;
  /** Its values of the grid's axes, as text. */
  readonly axes: Readonly<Record<string, string>>;
  /** Whether every run is done and `experiment.json` written. */
  readonly finished: boolean;
  /** Its `experiment.json`, whether or not it is there yet. */
  readonly file: string;
  /** @throws SemcrcError `bad-input` where the experiment is not finished, or its file is damaged */
  experiment(): ExperimentDocument;
  /**
   * The runs finished so far, by number; those whose files are damaged or belong to another run are not among them.
   *
   * @throws SemcrcError `bad-input` where the journal is damaged
   */
  runs(): ReadonlyMap<number, RunResult>;
  /** Null where none was taken. @throws SemcrcError `bad-input` where its file is damaged */
  riskCurve(): RiskCurveDocument | null;
  /** Null where none was kept. @throws SemcrcError `bad-input` where its description is damaged */
  example(): ExampleScan | null;
}

/** A few slices of one scan, kept so that results can be shown without the cohort. */
export interface ExampleScan extends Omit<ExampleDocument, 'schema'> {
  /**
   * Reads one of `volumes`, `slices × height × width` on an identity affine: windowed intensity, or label ids for `groups`.
   *
   * @throws SemcrcError `bad-input` naming the file
   */
  read(volume: ExampleVolume): Promise<Volume | LabelVolume>;
  /** Reads the calibrated bounds of one of the procedures `calibrated`. @throws SemcrcError `bad-input` naming the file */
  readBounds(procedure: string): Promise<{ readonly lower: Volume; readonly upper: Volume }>;
}

/**
 * Opens the folder of an experiment or of a grid, or an `experiment.json` by itself. Nothing in it is changed.
 *
 * @throws SemcrcError `bad-input` where the path holds no results
 */
export function openResults(path: string): Results {
  const place = resolve(path);
  const found = statSync(place, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new SemcrcError('bad-input', `${path}: no such file or directory`, { data: { file: path } });
  }
  if (!found.isDirectory()) return { path: place, experiments: [openFile(place)] };
  if (existsSync(join(place, GRID_FILE))) {
    const { cells } = readDocument(join(place, GRID_FILE), gridKind);
    return { path: place, experiments: cells.map((cell) => openCell(place, cell)) };
  }
  if (!existsSync(join(place, EXPERIMENT_FILE)) && !existsSync(journalFolder(place))) {
    const names = readdirSync(place).slice(0, 5).join(', ') || 'nothing';
    throw new SemcrcError(
      'bad-input',
      `${path} holds no results of an experiment: expected ${EXPERIMENT_FILE} or ${GRID_FILE}, found ${names}`,
      { data: { file: path } },
    );
  }
  return { path: place, experiments: [openFolder(place, '', {})] };
}

function openCell(grid: string, { folder, axes }: GridDocument['cells'][number]): ExperimentResults {
  // Whoever wrote grid.json by hand must not make a reader leave the folder.
  if (basename(folder) !== folder || folder.startsWith('.')) {
    const file = join(grid, GRID_FILE);
    throw new SemcrcError('bad-input', `${file} names the folder ${folder}, which is none inside its own`, {
      data: { file },
    });
  }
  return openFolder(join(grid, folder), folder, axes);
}

/** An experiment.json under any name; the rest of its folder is looked for where it has its own name. */
function openFile(file: string): ExperimentResults {
  const experiment = () => readDocument(file, experimentKind);
  if (basename(file) === EXPERIMENT_FILE) return openFolder(dirname(file), '', {});
  return {
    path: file,
    folder: '',
    axes: {},
    finished: true,
    file,
    experiment,
    runs: () => new Map(),
    riskCurve: () => null,
    example: () => null,
  };
}

function openFolder(path: string, folder: string, axes: Readonly<Record<string, string>>): ExperimentResults {
  const file = join(path, EXPERIMENT_FILE);
  return {
    path,
    folder,
    axes,
    get finished() {
      return existsSync(file);
    },
    file,
    experiment() {
      if (existsSync(file)) return readDocument(file, experimentKind);
      throw new SemcrcError(
        'bad-input',
        `${path} holds an experiment that is not finished: no ${EXPERIMENT_FILE}`,
        {
          data: { file },
        },
      );
    },
    runs() {
      const directory = journalFolder(path);
      const journal = readJournal(directory);
      return journal.state === 'open' ? readRuns(directory, journal.terms) : new Map();
    },
    riskCurve() {
      const curve = join(path, RISK_CURVE_FILE);
      return existsSync(curve) ? readDocument(curve, riskCurveKind) : null;
    },
    example() {
      const directory = join(path, EXAMPLE_FOLDER);
      const description = join(directory, EXAMPLE_FILE);
      if (!existsSync(description)) return null;
      const { schema: _, ...facts } = readDocument(description, exampleKind);
      return {
        ...facts,
        async read(volume) {
          const name = join(directory, volumeFile(volume));
          const read = volume === 'groups' ? readNifti(name, { as: 'labels' }) : readNifti(name);
          return (await read).volume;
        },
        async readBounds(procedure) {
          const bound = async (name: 'lower' | 'upper') =>
            (await readNifti(join(directory, volumeFile(boundName(procedure, name))))).volume;
          return { lower: await bound('lower'), upper: await bound('upper') };
        },
      };
    },
  };
}
