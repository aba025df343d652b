import {
  CALIBRATION_SCHEMA,
  PROCEDURES,
  type Procedure,
  planRuns,
  type ToleranceRange,
  tolerancesOf,
} from '@semcrc/core';
import { cardOf } from '@semcrc/report';
import { calibrationDocument, planOf, runCalibration, toleranceOf } from '@semcrc/runner';
import { Command, InvalidArgumentError, Option } from 'commander';
import { calibrationText } from '../calibration-text.ts';
import type { Invocation } from '../invocation.ts';
import {
  addOptions,
  addSettings,
  addSourceOptions,
  FORCE_FILE,
  JSON_OUTPUT,
  METHOD,
  NO_CARD,
  OUT_FILE,
  QUIET,
  SPLIT,
  WORKERS,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { printSummary } from '../plain-summary.ts';
import { cardBeside, checksOf, claimCard, sha256, writeCard } from '../report-files.ts';
import { designNote, resolveConfig } from '../resolve.ts';
import type { Settings } from '../settings.ts';
import { chooseSource, handleOf, inputsOf } from '../source.ts';
import { VERSION } from '../version.ts';
import { EXPERIMENTS, noteReading, openCohort, StageProgress, withExecutor } from '../work.ts';

interface CalibrateOptions extends Settings {
  readonly procedure?: Procedure;
  readonly curve?: ToleranceRange;
  readonly out?: string;
  readonly force?: boolean;
  readonly workers?: number;
  readonly report: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Options that make a design of one's own. */
const DESIGN: readonly (keyof Settings)[] = [
  ...(['preset', 'anchor', 'anchorVoxels', 'gap', 'backtrack'] as const),
  ...(['sides', 'strata', 'shrink', 'recentre'] as const),
];

const EXAMPLES = `
Examples:
  semcrc calibrate
      the built-in phantom cohort: 18 scans to optimize, 110 to calibrate, 32 held out
  semcrc calibrate manifest.csv --labels suprem --epsilon 0.1 --n-opt 8 --n-cal 28 --n-test 12
      scans of a manifest; the segmentations number their labels as SuPreM does
  semcrc calibrate manifest.csv --labels suprem --procedure organ-crc --n-opt 0 --n-test 0
      every organ's own risk, calibrated on every scan there is
  semcrc calibrate --epsilon 0.1 --curve 0.02:0.2:0.01
      λ at tolerances from 0.02 to 0.2 beside that at 0.1: what a reader may move through`;

/** `semcrc calibrate`: one split → calibration.json and how it does on held-out scans. */
export function calibrateCommand({ terminal, signal }: Invocation): Command {
  const command = new Command('calibrate')
    .description('Calibrate λ on one split of a cohort and measure it on held-out scans.')
    .argument('[source]', 'manifest (.csv, .json), prepared cohort, directory tree, or phantom', 'phantom');
  addSourceOptions(command);
  addSettings(command, 'Split:', SPLIT);
  addOptions(command, 'Method:', [
    new Option(
      '--procedure <name>',
      'what is calibrated (default: shortest; sem-crc where the method is chosen by options)',
    ).choices(PROCEDURES),
    new Option(
      '--curve <from:to:step>',
      'λ at these tolerances, too, on the same split, such as 0.02:0.2:0.01 (default: at ε alone)',
    ).argParser(rangeIn),
  ]);
  addSettings(command, 'Method:', METHOD);
  addOptions(command, 'Output:', [OUT_FILE, FORCE_FILE, NO_CARD, WORKERS, QUIET, JSON_OUTPUT]);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (source: string, options: CalibrateOptions) => {
    const {
      procedure: named,
      curve: range,
      out = 'calibration.json',
      force = false,
      report,
      workers,
      ...rest
    } = options;
    const { json: _, quiet: __, ...settings } = rest;
    const procedure = named ?? (DESIGN.some((option) => option in settings) ? 'sem-crc' : 'shortest');
    const choice = chooseSource({ ...settings, source });
    const handle = handleOf(choice);
    const { cohort, opening } = await openCohort(handle, terminal);
    const epsilon = toleranceOf(settings);
    const curve = range === undefined ? [] : tolerancesOf(range, epsilon);
    const given = { ...settings, procedures: [procedure], runs: 1 };
    const config = resolveConfig(given, choice, cohort, Math.min(epsilon, ...curve));
    const plan = planOf(config, cohort.labels);
    planRuns(plan, cohort);
    const different = designNote(config, cohort);
    if (different !== null) terminal.note(`note: ${different}`);
    const kind = CALIBRATION_SCHEMA.replace(/@.*/, '');
    const inputs = await inputsOf(handle);
    const output = await openOutput(out, { kind, inputs, force });
    const places = report ? await claimCard(cardBeside(output.path), { inputs, force }) : null;

    const progress = new StageProgress(terminal);
    const result = await withExecutor(EXPERIMENTS, workers, (executor) =>
      runCalibration(opening, plan, { executor, signal, curve, onProgress: progress.update }),
    ).finally(() => progress.stop());
    const calibration = calibrationDocument(result, plan, { semcrc: VERSION });
    const text = await output.write(calibration);
    const reported = {
      name: out,
      document: calibration,
      digest: sha256(text),
      evaluation: null,
      checks: checksOf(out, cohort.name),
    };
    if (places) await writeCard(reported, places, { inputs, force });

    noteReading(terminal, result, cohort, plan.options.within);
    printSummary(terminal, cardOf(reported).summary, calibration);
    const card = places ? `; the card is ${places.page}` : '';
    terminal.print(`${calibrationText(calibration)}\n\nwritten to ${output.path}${card}`);
    terminal.printJson(calibration);
  });
}

/** Three numbers between colons. */
function rangeIn(text: string): ToleranceRange {
  const numbers = text.split(':').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [from, to, step] = numbers;
  if (numbers.length !== 3 || !numbers.every(Number.isFinite)) {
    throw new InvalidArgumentError('Expected three numbers, from:to:step, such as 0.02:0.2:0.01.');
  }
  return { from, to, step };
}
