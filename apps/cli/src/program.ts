import { Command } from 'commander';
import type { Invocation } from './invocation.ts';
import { VERSION } from './version.ts';

/** The commands in the order of the help. Each is loaded when it is asked for: none waits for what the others import. */
const COMMANDS: Readonly<Record<string, (invocation: Invocation) => Promise<Command>>> = {
  calibrate: async (invocation) => (await import('./commands/calibrate.ts')).calibrateCommand(invocation),
  experiment: async (invocation) => (await import('./commands/experiment.ts')).experimentCommand(invocation),
  evaluate: async (invocation) => (await import('./commands/evaluate.ts')).evaluateCommand(invocation),
  report: async (invocation) => (await import('./commands/report.ts')).reportCommand(invocation),
  apply: async (invocation) => (await import('./commands/apply.ts')).applyCommand(invocation),
  prepare: async (invocation) => (await import('./commands/prepare.ts')).prepareCommand(invocation),
  manifest: async (invocation) => (await import('./commands/manifest.ts')).manifestCommand(invocation),
  simulate: async (invocation) => (await import('./commands/simulate.ts')).simulateCommand(invocation),
  project: async (invocation) => (await import('./commands/project.ts')).projectCommand(invocation),
  reconstruct: async (invocation) =>
    (await import('./commands/reconstruct.ts')).reconstructCommand(invocation),
  predict: async (invocation) => (await import('./commands/predict.ts')).predictCommand(invocation),
  merge: async (invocation) => (await import('./commands/merge.ts')).mergeCommand(invocation),
  status: async (invocation) => (await import('./commands/status.ts')).statusCommand(invocation),
  slurm: async (invocation) => (await import('./commands/slurm.ts')).slurmCommand(invocation, COMMANDS),
  inspect: async (invocation) => (await import('./commands/inspect.ts')).inspectCommand(invocation),
};

/**
 * The command line for these arguments: with the one command they name, or with all where help or an error lists them.
 * Errors are thrown, never printed here; only help and the version are.
 */
export async function buildProgram(invocation: Invocation, args: readonly string[]): Promise<Command> {
  const program = new Command('semcrc')
    .description('Calibrate CT uncertainty intervals: conformal risk control by organ.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  for (const name of commandsFor(args[0])) program.addCommand(await COMMANDS[name](invocation));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => {} });
    command.configureHelp({ helpWidth: helpWidth() });
  }
  return program;
}

function commandsFor(first: string | undefined): readonly string[] {
  if (first === '--version' || first === '-V') return [];
  return isCommand(first) ? [first] : Object.keys(COMMANDS);
}

/** Whether a word is the name of a command. */
export function isCommand(word: string | undefined): word is string {
  return word !== undefined && Object.hasOwn(COMMANDS, word);
}

/** Help is as wide as the terminal, within reason. */
function helpWidth(): number {
  return Math.min(Math.max(process.stdout.columns ?? 110, 40), 110);
}

const EXAMPLES = `
Examples:
  semcrc calibrate                                        the built-in phantom cohort
  semcrc calibrate manifest.csv --labels suprem --n-opt 8 --n-cal 28 --n-test 12
  semcrc experiment --runs 20 --out results
  semcrc report results
  semcrc prepare manifest.csv --labels suprem --spacing 1.5,1.5,3 --out cohort.zarr
  semcrc manifest scans                                   a manifest of the scans in a folder
  semcrc apply calibration.json new-scans.csv --units hu --out intervals
  semcrc simulate phantom -n 160 --size 128,128,64 --spacing 3,3,3 --out phantoms
  semcrc project ct.nii.gz --units hu --out sinogram.zarr
  semcrc reconstruct sinogram.zarr --out fbp.nii.gz
  semcrc predict --model unet.onnx --input phantoms/manifest.csv --out predicted
  semcrc prepare manifest.csv --labels suprem --out cohort.zarr --part 3/20
  semcrc merge cohort.zarr                                once all parts are done
  semcrc slurm prepare manifest.csv --labels suprem --out cohort.zarr --parts 20
  semcrc inspect scan.nii.gz
  semcrc <command> --help                                 every option, with examples

Exit codes: 0 done, 2 usage, 3 bad input, 4 too few scans for the guarantee, 1 internal, 130 interrupted.`;
