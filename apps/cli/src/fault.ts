import { type ErrorCode, SemcrcError } from '@semcrc/kernels';
import { CommanderError } from 'commander';

/** What the process exits with, by who can mend the error. Part of the contract with scripts. */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  'bad-input': 3,
  infeasible: 4,
  unsupported: 1,
  internal: 1,
  interrupted: 130,
};

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EIO: 'the disk reports an input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or directory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'part of the path is a file, not a directory',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
};

/** The reason behind a failed system call in plain words; undefined for any other error. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code !== 'string' || (error as NodeJS.ErrnoException).syscall === undefined) return undefined;
  return SYSTEM_REASONS[code] ?? code;
}

/** Whatever was thrown, as the one error class that has an exit code. */
export function toSemcrcError(error: unknown): SemcrcError {
  if (error instanceof SemcrcError) return error;
  if (error instanceof CommanderError) {
    return new SemcrcError('usage', error.message.replace(/^error: /, '').trim(), { cause: error });
  }
  const reason = systemReason(error);
  if (reason !== undefined) {
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

/** Lines that tell the reader what to do next, beyond what the message says itself. */
function hints(error: SemcrcError, command: string | undefined): string[] {
  const help = command === undefined ? 'semcrc --help' : `semcrc ${command} --help`;
  if (error.code === 'usage') return [`run \`${help}\` for every option and an example`];
  if (error.code === 'unsupported') return ['semcrc needs Node 20 or newer on a CPU with WebAssembly SIMD'];
  if (error.code === 'internal') {
    return ['this is a fault of semcrc, not of your data; set SEMCRC_DEBUG=1 for the stack and report it'];
  }
  return [];
}

/** A message with every option that a library names spelt as its flag. */
export function withFlags({ message, data }: SemcrcError): string {
  const options = Array.isArray(data['options']) ? data['options'].map(String) : [];
  return options.reduce((text, name) => text.replaceAll(`\`${name}\``, flagOf(name)), message);
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
  return `${lines.join('\n')}\n`;
}
