import { describeCalibration, PROCEDURES, type Procedure, planRuns } from '@semcrc/core';
import { runCalibration } from '@semcrc/runner';
import { Command } from 'commander';
import { calibrationText } from '../calibration-text.ts';
import type { Invocation } from '../invocation.ts';
import { addOptions, addSourceOptions, JSON_OUTPUT, METHOD, OUT_FILE, SPLIT, WORKERS } from '../options.ts';
import { checkOutputFile, writeOutputFile } from '../output-file.ts';
import { planOf, resolveConfig } from '../resolve.ts';
import type { Settings } from '../settings.ts';
import { handleOf, preparingOf } from '../source.ts';
import { VERSION } from '../version.ts';
import { EXPERIMENTS, noteMended, openCohort, StageProgress, withExecutor } from '../work.ts';

interface CalibrateOptions extends Settings {
  readonly procedure?: Procedure;
  readonly out?: string;
  readonly workers?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  semcrc calibrate
      the built-in phantom cohort: 32 scans to optimize, 96 to calibrate, 32 held out
  semcrc calibrate manifest.csv --labels suprem --epsilon 0.1 --n-opt 8 --n-cal 28 --n-test 12
      scans of a manifest; the segmentations number their labels as SuPreM does
  semcrc calibrate manifest.csv --labels suprem --procedure organ-crc --n-opt 0 --n-test 0
      every organ's own risk, calibrated on every scan there is`;

/** `semcrc calibrate`: one split → calibration.json and how it does on held-out scans. */
export function calibrateCommand({ terminal, signal }: Invocation): Command {
  const command = new Command('calibrate')
    .description('Calibrate λ on one split of a cohort and measure it on held-out scans.')
    .argument('[source]', 'manifest (.csv, .json), prepared cohort, directory tree, or phantom', 'phantom');
  addSourceOptions(command);
  addOptions(command, 'Split:', SPLIT);
  addOptions(command, 'Method:', [
    { flags: '--procedure <name>', about: 'what is calibrated', choices: PROCEDURES, fallback: 'sem-crc' },
    ...METHOD,
  ]);
  addOptions(command, 'Output:', [{ ...OUT_FILE, fallback: 'calibration.json' }, WORKERS, JSON_OUTPUT]);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (source: string, options: CalibrateOptions) => {
    const { procedure = 'sem-crc', out = 'calibration.json', workers, json: _, ...settings } = options;
    const config = resolveConfig({ ...settings, source, procedures: [procedure], runs: 1 });
    const { cohort, opening } = await openCohort(handleOf(config.source), terminal);
    const everything = settings.nTest === 0 && settings.nCal === undefined;
    const plan = {
      ...planOf(config, cohort.labels),
      ...(everything ? { nCal: new Set(cohort.patients).size } : {}),
    };
    planRuns(plan, cohort);
    checkOutputFile(out);

    const progress = new StageProgress(terminal);
    const result = await withExecutor(EXPERIMENTS, workers, (executor) =>
      runCalibration(opening, plan, { executor, signal, onProgress: progress.update }),
    ).finally(() => progress.stop());
    const calibration = describeCalibration(result.fit, {
      epsilon: config.epsilon,
      options: plan.options,
      labels: cohort.labels,
      draws: cohort.draws,
      seed: plan.seed,
      split: result.split,
      source: {
        name: cohort.name,
        digest: cohort.digest,
        scans: cohort.ids.length,
        preparing: preparingOf(config.source, cohort.preparing),
      },
      test: result.evaluation,
      versions: { semcrc: VERSION },
    });
    writeOutputFile(out, `${JSON.stringify(calibration, null, 2)}\n`);

    noteMended(terminal, result.mended);
    terminal.print(`${calibrationText(calibration)}\n\nwritten to ${out}`);
    terminal.printJson(calibration);
  });
}
