import { layoutNames } from '@semcrc/cohort/node';
import { PreparingOptions, ProcedureOptions } from '@semcrc/core';
import { schemeNames } from '@semcrc/imaging';
import { type Command, Option } from 'commander';
import * as parse from './parse.ts';
import { PRESET_NAMES } from './settings.ts';

const method = ProcedureOptions.properties;
const preparing = PreparingOptions.properties;

/**
 * One option as the user sees it. Commander is given no default: what was not asked for stays undefined, so that a
 * config file and a preset can fill it. `fallback` only tells the reader what that will be.
 */
export interface OptionRow {
  readonly flags: string;
  readonly about: string;
  readonly parse?: (text: string) => unknown;
  readonly choices?: readonly string[];
  readonly fallback?: string;
}

export const SOURCE: readonly OptionRow[] = [
  {
    flags: '--labels <scheme>',
    about: `numbering of the segmentations: ${schemeNames.join(', ')}, or a label map (.json); files need it`,
  },
  {
    flags: '--extra-labels <names>',
    about: 'labels beside the nine organs that get a λ of their own, by name',
    parse: parse.names,
  },
  {
    flags: '--window <lo,hi>',
    about: 'HU window of the truth that becomes 0..1',
    parse: parse.window,
    fallback: '-175,250',
  },
  {
    flags: '--prediction-units <units>',
    about: 'window: predictions in 0..1; hu: in HU, windowed as the truth is',
    choices: preparing.predictionUnits.enum,
    fallback: 'window',
  },
];

const LAYOUT: readonly OptionRow[] = [
  {
    flags: '--layout <name>',
    about: 'the source is a directory tree laid out like this',
    choices: layoutNames,
  },
  { flags: '--dataset <name>', about: 'its data set, where it holds several' },
  { flags: '--task <name>', about: 'its task, where the data set has several' },
  { flags: '--backbone <name>', about: 'the model that segmented the predictions, where there are several' },
  { flags: '--ground-truth-labels', about: "take the data set's own labels instead" },
];

/** @param how scans are made where `--prepare` does not say. */
function prepareOptions(how: 'none' | 'paper'): readonly OptionRow[] {
  return [
    {
      flags: '--prepare <how>',
      about: 'none: canonical orientation and windowing only, every slice kept; paper: as in its section 4',
      choices: preparing.prepare.enum,
      fallback: how,
    },
    {
      flags: '--spacing <x,y,z>',
      about: 'paper: resample to this spacing in mm',
      parse: parse.spacing,
      fallback: "each scan's own",
    },
    {
      flags: '--slices <number>',
      about: 'paper: slices taken from the window, evenly spread',
      parse: parse.count(1),
      fallback: '4',
    },
    {
      flags: '--size <height,width>',
      about: 'paper: what slices are cropped or padded to',
      parse: parse.size,
      fallback: '256,256',
    },
    {
      flags: '--window-slices <number>',
      about: 'paper: slices in the window with the most labelled voxels',
      parse: parse.count(1),
      fallback: '48',
    },
    {
      flags: '--margin <slices>',
      about: 'paper: slices at each end of a scan that no window may hold',
      parse: parse.count(0),
      fallback: '10',
    },
    {
      flags: '--least-labelled <voxels>',
      about: 'paper: a slice with fewer labelled voxels counts 0',
      parse: parse.count(0),
      fallback: '4000',
    },
  ];
}

export const SPLIT: readonly OptionRow[] = [
  {
    flags: '--seed <number>',
    about: 'seed of the splits (run r of seed s is the same split everywhere)',
    parse: parse.seed,
    fallback: '0',
  },
  {
    flags: '--n-opt <patients>',
    about: 'patients the anchor is optimized on',
    parse: parse.count(0),
    fallback: '32',
  },
  {
    flags: '--n-cal <patients>',
    about: 'patients calibrated on, the opt patients among them (phantom: 128)',
    parse: parse.count(1),
    fallback: '512',
  },
  {
    flags: '--n-test <patients>',
    about: 'patients held out to measure risk and length (phantom: 32)',
    parse: parse.count(0),
    fallback: '128',
  },
];

export const METHOD: readonly OptionRow[] = [
  {
    flags: '--epsilon <share>',
    about: 'tolerance ε: the risk allowed',
    parse: parse.share,
    fallback: '0.1',
  },
  {
    flags: '--preset <name>',
    about:
      'paper: gamma, line, one side, no strata; shortest: envelope, path, two sides, intensity:12,width:4',
    choices: PRESET_NAMES,
    fallback: 'paper',
  },
  {
    flags: '--anchor <method>',
    about: "gamma: the paper's convex surrogate; envelope: the loss itself over clamped length",
    choices: method.anchor.enum,
  },
  {
    flags: '--anchor-voxels <which>',
    about: "opt voxels the gamma anchor is solved on: all, or the paper's subsample",
    choices: method.anchorVoxels.enum,
    fallback: 'all',
  },
  {
    flags: '--gap <share>',
    about: 'relative gap between the bounds at which the gamma anchor stops',
    parse: parse.share,
    fallback: '1e-4',
  },
  {
    flags: '--backtrack <how>',
    about: 'line: from the anchor by one offset; path: along the edges of the envelope',
    choices: method.backtrack.enum,
  },
  {
    flags: '--sides <sides>',
    about: 'one λ for both ends of the interval, or one below and one above',
    choices: method.sides.enum,
  },
  {
    flags: '--strata <features>',
    about: 'split every organ by quantiles: none or feature:bins of intensity, width, gradient',
    parse: parse.strata,
  },
  {
    flags: '--bound <name>',
    about: 'crc: the expected risk is at most ε; the others: the risk is, with probability 1 − δ',
    choices: method.bound.enum,
    fallback: 'crc',
  },
  {
    flags: '--delta <share>',
    about: 'δ of the bounds other than crc',
    parse: parse.share,
    fallback: '0.1',
  },
  {
    flags: '--correction <name>',
    about: 'organ-crc with δ: bonferroni divides it by the organs controlled, so that all hold at once',
    choices: method.correction.enum,
    fallback: 'none',
  },
  {
    flags: '--heuristic <name>',
    about: 'what the interval grows from',
    choices: method.heuristic.enum,
    fallback: 'quantile',
  },
  {
    flags: '--weight-floor <width>',
    about: 'least width of the heuristics multiplicative and std, in windowed intensity',
    parse: parse.positive,
    fallback: '0.01',
  },
  {
    flags: '--alpha <share>',
    about: 'tail that the heuristic samples leaves out on each side',
    parse: parse.share,
    fallback: '0.1',
  },
  {
    flags: '--sample-quantiles <how>',
    about: 'quantiles of samples as they are, or calibrated to hold for one more sample',
    choices: method.sampleQuantiles.enum,
    fallback: 'plain',
  },
  {
    flags: '--within <region>',
    about: 'count the loss over the whole scan, or only over voxels that are not background',
    choices: method.within.enum,
    fallback: 'scan',
  },
  {
    flags: '--control <organs>',
    about: 'organ-crc: control these organs and the scan risk as well, by name',
    parse: parse.names,
  },
  {
    flags: '--organ-cal <splits>',
    about: 'organ-crc: calibrate on cal, or on opt and cal',
    choices: method.organCal.enum,
    fallback: 'cal',
  },
];

export const OUT_FILE: OptionRow = { flags: '--out <file>', about: 'where the calibration is written' };

export const WORKERS: OptionRow = {
  flags: '--workers <number>',
  about: 'worker threads; results do not depend on it',
  parse: parse.count(1),
  fallback: 'the cores there are',
};

export const JSON_OUTPUT: OptionRow = {
  flags: '--json',
  about: 'print the result, or the error, as JSON on stdout',
};

/** Adds everything that names and reads a cohort. */
export function addSourceOptions(command: Command, how: 'none' | 'paper' = 'none'): Command {
  addOptions(command, 'Files of a source:', SOURCE);
  addOptions(command, 'Directory trees:', LAYOUT);
  return addOptions(command, 'Preparing:', prepareOptions(how));
}

/** Adds options to a command under a heading of its help. */
export function addOptions(command: Command, heading: string, rows: readonly OptionRow[]): Command {
  for (const row of rows) {
    const about = row.fallback === undefined ? row.about : `${row.about} (default: ${row.fallback})`;
    const option = new Option(row.flags, about).helpGroup(heading);
    if (row.choices) option.choices(row.choices);
    if (row.parse) option.argParser(row.parse);
    command.addOption(option);
  }
  return command;
}
