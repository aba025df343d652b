import { reasonOf } from '@semcrc/imaging/node';
import { type ErrorCode, SemcrcError } from '@semcrc/kernels';
import { CommanderError } from 'commander';

/** What the process exits with, by who can mend the error. Part of the contract with scripts. */
export const EXIT_CODES: Readonly<Record<ErrorCode | 'done', number>> = {
  done: 0,
  usage: 2,
  'bad-input': 3,
  infeasible: 4,
  unsupported: 1,
  internal: 1,
  interrupted: 130,
};

/** Whatever was thrown, as the one error class that has an exit code. */
export function toSemcrcError(error: unknown): SemcrcError {
  if (error instanceof SemcrcError) return error;
  if (error instanceof CommanderError) {
    return new SemcrcError('usage', oneLine(error.message.replace(/^error: /, '')), { cause: error });
  }
  if (error instanceof Error && 'syscall' in error) {
    const reason = reasonOf(error);
    const path = (error as NodeJS.ErrnoException).path;
    const message = path === undefined ? reason : `${path}: ${reason}`;
    return new SemcrcError('bad-input', message, {
      cause: error,
      data: path === undefined ? {} : { file: path },
    });
  }
  const found = error instanceof Error ? error.message : String(error);
  return new SemcrcError('internal', `semcrc failed unexpectedly: ${found}`, { cause: error });
}

/** A message of commander, whose proposals stand on lines of their own. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

/** Lines that say what to do next, beyond the message itself. */
function hints(error: SemcrcError, command: string | undefined): string[] {
  const help = command === undefined ? 'semcrc --help' : `semcrc ${command} --help`;
  const { inputs } = error.data;
  const columns =
    Array.isArray(inputs) && inputs.length > 0 ? [`of a manifest, ${inputs.join(' and ')} is a column`] : [];
  const force = error.data.option === 'force' ? ['--force replaces it'] : [];
  if (error.code === 'usage')
    return [...force, ...columns, `run \`${help}\` for every option and an example`];
  if (error.code === 'unsupported') return ['semcrc needs Node 20 or newer on a CPU with WebAssembly SIMD'];
  if (error.code === 'internal') {
    return [
      'this is a bug of semcrc, not a problem of your data; set SEMCRC_DEBUG=1 for the stack and report it',
    ];
  }
  return [];
}

/** A message with every option that a library names spelt as its flag. */
export function withFlags({ message, data }: SemcrcError): string {
  return flagsIn(message, Array.isArray(data.options) ? data.options.map(String) : []);
}

/** A text in which those options stand as flags that libraries name in backquotes. */
export function flagsIn(text: string, options: readonly string[]): string {
  return options.reduce((spelt, name) => spelt.replaceAll(`\`${name}\``, flagOf(name)), text);
}

/** The flag of an option: `nOpt` is `--n-opt`. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The text for stderr: `error: …`, then `hint: …` lines. A stack only when SEMCRC_DEBUG asks for it. */
export function describeError(error: SemcrcError, command: string | undefined): string {
  const lines = [`error: ${withFlags(error)}`, ...hints(error, command).map((hint) => `hint: ${hint}`)];
  if (process.env.SEMCRC_DEBUG) {
    const origin = error.cause instanceof Error ? error.cause : error;
    lines.push(origin.stack ?? String(origin));
  }
  return lines.join('\n');
}
