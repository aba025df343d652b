import { Command } from 'commander';
import { applyCommand } from './commands/apply.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { experimentCommand } from './commands/experiment.ts';
import { inspectCommand } from './commands/inspect.ts';
import { prepareCommand } from './commands/prepare.ts';
import { simulateCommand } from './commands/simulate.ts';
import type { Invocation } from './invocation.ts';
import { VERSION } from './version.ts';

/** The whole command line. Errors are thrown, never printed here; only help and the version are. */
export function buildProgram(invocation: Invocation): Command {
  const program = new Command('semcrc')
    .description('Calibrate CT uncertainty intervals: conformal risk control by organ.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  for (const command of [
    calibrateCommand(invocation),
    experimentCommand(invocation),
    evaluateCommand(invocation),
    applyCommand(invocation),
    prepareCommand(invocation),
    simulateCommand(invocation),
    inspectCommand(invocation),
  ]) {
    program.addCommand(command);
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => {} });
    command.configureHelp({ helpWidth: 110 });
  }
  return program;
}

const EXAMPLES = `
Examples:
  semcrc calibrate                                        the built-in phantom cohort
  semcrc calibrate manifest.csv --labels suprem --n-opt 8 --n-cal 28 --n-test 12
  semcrc experiment --runs 20 --out results
  semcrc prepare manifest.csv --labels suprem --spacing 1.5,1.5,3 --out cohort.zarr
  semcrc apply calibration.json --lower q_lo.nii.gz --upper q_hi.nii.gz --segmentation labels.nii.gz
  semcrc simulate phantom -n 160 --size 128,128,64 --spacing 3,3,3 --out phantoms
  semcrc inspect scan.nii.gz
  semcrc <command> --help                                 every option, with examples

Exit codes: 0 done, 2 usage, 3 bad input, 4 too few scans for the guarantee, 1 internal, 130 interrupted.`;
