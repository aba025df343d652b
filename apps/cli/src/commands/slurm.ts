import { spawnSync } from 'node:child_process';
import { SemcrcError } from '@semcrc/kernels';
import { Command, Option } from 'commander';
import { Type } from 'typebox';
import type { Invocation } from '../invocation.ts';
import { addOptions, JSON_OUTPUT, QUIET } from '../options.ts';
import { type Trial, tryOneItem } from '../part-trial.ts';
import { schemaOption } from '../schema-option.ts';
import { slurmScript, type TaskResources } from '../slurm-script.ts';

interface SlurmOptions {
  readonly parts?: number;
  readonly cpus?: number;
  readonly mem?: number;
  readonly time?: number;
  readonly sbatch?: readonly string[];
  readonly semcrc?: string;
  readonly submit?: boolean;
}

/** Where commands write when they are not told. */
const OUTPUTS: Readonly<Record<string, string>> = {
  prepare: 'cohort.zarr',
  simulate: 'simulated',
  predict: 'predicted',
  experiment: 'semcrc-out',
};

const TASKS = [
  schemaOption(
    'parts',
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Tasks of the array, each with a part of the work.',
    }),
    { value: 'n' },
  ),
  schemaOption(
    'cpus',
    Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 4,
      description: 'Cores of each task, and its worker threads.',
    }),
    { value: 'n' },
  ),
  schemaOption('mem', Type.Integer({ minimum: 64, description: 'Memory of each task in MiB.' }), {
    value: 'MiB',
    fallback: 'from a dry run of one scan or run',
  }),
  schemaOption('time', Type.Integer({ minimum: 1, description: 'Time limit of each task in minutes.' }), {
    value: 'minutes',
    fallback: 'from the same',
  }),
  new Option('--sbatch <option>', 'an option for sbatch, such as --partition=cpu; again for more').argParser(
    (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
  ),
  new Option(
    '--semcrc <command>',
    'how tasks call semcrc, such as "apptainer exec semcrc.sif semcrc" (default: as here)',
  ),
];

const OUTPUT = [
  new Option('--submit', 'hand the jobs to Slurm now, by running the script with bash'),
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc slurm prepare manifest.csv --labels suprem --out cohort.zarr --parts 20 > prepare.sh
      look at it, then bash prepare.sh; again after a failure, and only what is missing is done
  semcrc slurm simulate phantom -n 10000 --out phantoms --parts 100 --sbatch=--partition=cpu --submit
  semcrc slurm experiment grid.yaml --out results --parts 40 --cpus 8 --mem 16000 --time 120
      no dry run: memory and time are given`;

type Build = (invocation: Invocation) => Promise<Command>;

/**
 * `semcrc slurm`: any command that works in parts → a script for Slurm.
 *
 * @param commands the command line's own, by name: the words given are read as the command will read them
 */
export function slurmCommand(invocation: Invocation, commands: Readonly<Record<string, Build>>): Command {
  const { terminal, signal } = invocation;
  const command = new Command('slurm')
    .description('Print a script that does a command in parts as a Slurm array, and merges them.')
    .argument('<command...>', `${Object.keys(OUTPUTS).join(', ')}, with its options`)
    .allowUnknownOption();
  addOptions(command, 'Tasks:', TASKS);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (words: string[], options: SlurmOptions) => {
    const { parts, cpus = 4, sbatch = [], submit = false } = options;
    if (parts === undefined) throw refusal('parts', 'says how many tasks share the work, and slurm needs it');
    const out = await outputFor(words, commands, invocation);
    const own = [process.execPath, process.argv[1]];
    const semcrc = options.semcrc === undefined ? own : options.semcrc.split(/\s+/).filter(Boolean);
    const given = options.mem !== undefined && options.time !== undefined;
    if (!given)
      terminal.note('note: a dry run does one item, to tell time and memory; --mem and --time spare it');
    const trial = given ? null : await tryOneItem(own, words, signal);
    const task: TaskResources = {
      cpus,
      memoryMiB: options.mem ?? memoryOf(trial!, cpus),
      minutes: options.time ?? minutesOf(trial!, parts, cpus),
    };
    const merge = { cpus: 1, memoryMiB: Math.max(2048, options.mem ?? 0), minutes: 60 };
    const remarks = trial === null ? [] : [trialText(trial)];
    const work = { semcrc, words, parts, out, directory: process.cwd(), task, merge, sbatch, remarks };
    const script = slurmScript(work);
    if (submit) submitted(script);
    else terminal.print(script.trimEnd());
    terminal.printJson({ script, submitted: submit, parts, task, merge, trial });
  });
}

/**
 * Reads the command as it will be read in each task.
 *
 * @returns where it writes
 * @throws SemcrcError `usage` for a command that has no parts, or options it does not know
 */
async function outputFor(
  words: readonly string[],
  commands: Readonly<Record<string, Build>>,
  invocation: Invocation,
): Promise<string> {
  const [name, ...args] = words;
  if (!Object.hasOwn(OUTPUTS, name)) {
    throw new SemcrcError(
      'usage',
      `semcrc slurm takes a command that works in parts: ${Object.keys(OUTPUTS).join(', ')}; found ${name}`,
      { data: { found: name } },
    );
  }
  const inner = await commands[name](invocation);
  inner.exitOverride().configureOutput({ outputError: () => {} });
  inner.action(() => {});
  await inner.parseAsync(args, { from: 'user' });
  const {
    out = OUTPUTS[name],
    part,
    force,
    dryRun,
    check,
    list,
  } = inner.opts<Record<string, unknown> & { out?: string }>();
  if (part !== undefined) throw refusal('part', 'is what slurm gives each task; leave it out');
  if (force === true) throw refusal('force', 'would let one part discard what another wrote; leave it out');
  if (dryRun === true || check === true || list === true)
    throw new SemcrcError('usage', `semcrc ${words.join(' ')} has no parts: it only looks`);
  return out;
}

function refusal(option: string, why: string): SemcrcError {
  return new SemcrcError('usage', `\`${option}\` ${why}`, { data: { options: [option] } });
}

/** Memory of a task: what one worker took, for each, and a third more; in steps of 256 MiB. */
function memoryOf({ resources: { peakBytes } }: Trial, cpus: number): number {
  const each = peakBytes / 2 ** 20;
  return Math.ceil((each * cpus * 4) / 3 / 256) * 256;
}

/** Time of a task: twice what its items take at the pace of the dry run, and five minutes; in steps of ten. */
function minutesOf({ items, resources }: Trial, parts: number, cpus: number): number {
  const { beforeSeconds, seconds, made } = resources;
  const own = Math.ceil(items / parts);
  const atOnce = Math.min(cpus, own);
  const expected = beforeSeconds + ((seconds / Math.max(1, made)) * own) / atOnce;
  return Math.ceil((2 * expected + 300) / 600) * 10;
}

function trialText({ items, noun, resources }: Trial): string {
  const { beforeSeconds, seconds, peakBytes } = resources;
  return (
    `A dry run did 1 of ${items} ${noun} with one worker: ${beforeSeconds.toFixed(1)} s before it, ${seconds.toFixed(1)} s, ` +
    `${Math.ceil(peakBytes / 2 ** 20)} MiB. Time and memory leave room.`
  );
}

/** @throws SemcrcError `bad-input` where Slurm is not there or refuses the jobs */
function submitted(script: string): void {
  const { status, error, stdout, stderr } = spawnSync('bash', ['-s'], { input: script, encoding: 'utf8' });
  process.stderr.write(stdout ?? '');
  if (status === 0) return;
  const why = error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit code ${status}`;
  throw new SemcrcError('bad-input', `the jobs could not be submitted: ${why}`, { data: { reason: why } });
}
