import { schemeNames } from '@semcrc/imaging';
import { parsePart } from '@semcrc/results';
import { type Command, Option } from 'commander';
import { Type } from 'typebox';
import { type OptionWords, schemaOption } from './schema-option.ts';
import { LAYOUT_FIELDS, METHOD_FIELDS, PLAN_FIELDS, PREPARING_FIELDS } from './settings.ts';

/** Settings by name, with their schemas. */
type Fields = Readonly<Record<string, Type.TSchema>>;

const WORDS: Readonly<Record<string, OptionWords>> = {
  labels: { value: 'scheme' },
  extraLabels: { value: 'names' },
  window: { value: 'lo,hi' },
  spacing: { value: 'x,y,z', fallback: "each scan's own" },
  size: { value: 'height,width' },
  nOpt: {
    value: 'patients',
    fallback:
      'a seventh of the calibration patients, from 4 to 32; with --preset paper a quarter, at most 32; at least 1/ε − 1 are left',
  },
  nCal: { value: 'patients', fallback: 'all that are not held out, at most 512' },
  nTest: { value: 'patients', fallback: 'a fifth, at most 128' },
  procedures: { value: 'names', fallback: 'crc,k-crc,sem-crc,organ-crc,shortest' },
  preset: { fallback: 'paper' },
  anchor: { fallback: null },
  backtrack: { fallback: null },
  sides: { fallback: null },
  strata: {
    value: 'features',
    fallback: null,
    expected: 'none, learned:leaves, or feature:bins separated by commas, such as intensity:6,width:4',
  },
  shrink: { fallback: null },
  recentre: { fallback: null },
  control: { value: 'organs' },
};

/** How many threads may be asked for; more than a machine has cores never helps. */
const MOST_WORKERS = 256;

export const OUT_FILE = new Option(
  '--out <file>',
  'where the calibration is written (default: calibration.json)',
);
export const NO_CARD = new Option(
  '--no-report',
  'write no card: the page that people read, and its JSON twin',
);
export const QUIET = new Option('--quiet', 'print nothing but errors: no progress, remarks or summary');
export const JSON_OUTPUT = new Option('--json', 'print the result, or the error, as JSON on stdout');
export const WORKERS = schemaOption(
  'workers',
  Type.Integer({
    minimum: 1,
    maximum: MOST_WORKERS,
    description: 'Worker threads; results do not depend on it.',
  }),
  { fallback: 'the cores there are' },
);

/** For work that many processes share. */
export const PART = new Option(
  '--part <i/n>',
  'do the i-th of n parts only, or slurm: the one of this task of a Slurm array; `semcrc merge` makes a whole of them',
).argParser((text) => parsePart(text, process.env));

/** The options that let a command replace a file of another kind. */
export const FORCE_FILE = new Option(
  '--force',
  'replace a file in that place, whatever it is; never one that is read',
);

const { prepare, spacing, slices, size, windowSlices, margin, leastLabelled, crop, ...reading } =
  PREPARING_FIELDS;
const { seed, runs, procedures, epsilon, ...sizes } = PLAN_FIELDS;

/** How files are read: intensities and labels. */
export const READING: Fields = {
  ...reading,
  labels: Type.String({
    minLength: 1,
    description: `How the segmentations number their labels: ${schemeNames.join(', ')}, or the path of a label map (.json); files need it.`,
  }),
};
export const RUNS: Fields = { runs };
export const SPLIT: Fields = { seed, ...sizes };
export const METHOD: Fields = { epsilon, ...METHOD_FIELDS };
export const PROCEDURES: Fields = { procedures };

/** Adds everything that names and reads a cohort. @param how scans are made where `prepare` does not say */
export function addSourceOptions(command: Command, how: 'none' | 'paper' = 'none'): Command {
  addSettings(command, 'Files of a source:', READING);
  addSettings(command, 'Directory trees:', LAYOUT_FIELDS);
  const paper = { spacing, slices, size, windowSlices, margin, leastLabelled, crop };
  addOptions(command, 'Preparing:', [schemaOption('prepare', prepare, { fallback: how })]);
  return addSettings(command, 'With --prepare paper:', paper);
}

/** Adds the options of settings under a heading of a command's help. */
export function addSettings(command: Command, heading: string, fields: Fields): Command {
  const options = Object.entries(fields).map(([name, schema]) => schemaOption(name, schema, WORDS[name]));
  return addOptions(command, heading, options);
}

/** Adds options under a heading of a command's help. */
export function addOptions(command: Command, heading: string, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option.helpGroup(heading));
  return command;
}
