import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { markOf } from './mark.ts';

/** What a command is about to write, and what must not be lost to it. */
export interface OutputClaim {
  /** The kind of document written, as its schema names it, such as `calibration`. */
  readonly kind: string;
  /** Files and folders that the same command reads. */
  readonly inputs: readonly string[];
  /** What the user wants with a file that is none of ours, or another kind of ours. */
  readonly onOther: 'refuse' | 'replace';
}

/**
 * Checks that a document may be written to a path: nothing is there, or an empty file, or a document of the same kind.
 *
 * @throws SemcrcError `usage` for one of the command's inputs, a link, a device or a pipe, whatever `onOther` says, and for
 *   any other file where it says `refuse`
 */
export function claimFile(path: string, { kind, inputs, onOther }: OutputClaim): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isDirectory()) {
    throw new SemcrcError('bad-input', `cannot write ${path}: it is a directory; give a file name`, {
      data: { file: path },
    });
  }
  refuseInputs(path, inputs);
  if (found.isSymbolicLink()) throw refusal(path, 'is a link; name the file itself');
  if (!found.isFile()) throw refusal(path, 'is a device, a pipe or a socket, not a file');
  if (found.size === 0 || onOther === 'replace' || markOf(path) === kind) return;
  throw replacement(path, `is there already, and is no ${kind} of semcrc`);
}

/**
 * Checks that files may be written into a folder: none of its names is taken, or its document says that they are of the same
 * kind, to be replaced together.
 *
 * @param document the file of the folder that carries the mark
 * @param files names of everything that may be written, the document among them
 * @throws SemcrcError as {@link claimFile} does
 */
export function claimFolder(
  path: string,
  { kind, inputs, onOther }: OutputClaim,
  document: string,
  files: readonly string[],
): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    throw refusal(path, 'is a link to nothing');
  }
  if (!found.isDirectory()) {
    throw new SemcrcError('bad-input', `cannot write ${path}: it is not a directory`, {
      data: { file: path },
    });
  }
  const present = new Set(readdirSync(path));
  const taken = files.filter((name) => present.has(name));
  for (const name of taken) {
    const full = join(path, name);
    refuseInputs(full, inputs);
    if (!lstatSync(full).isFile()) throw refusal(full, 'is a link, a folder, a device or a pipe, not a file');
  }
  if (taken.length === 0 || onOther === 'replace' || markOf(join(path, document)) === kind) return;
  throw replacement(
    join(path, taken[0]),
    `is there already, and ${document} beside it does not say it is semcrc's`,
  );
}

/** Refuses a path that is one of the inputs, by whatever name. */
function refuseInputs(path: string, inputs: readonly string[]): void {
  const own = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (own === undefined) return;
  for (const input of inputs) {
    const other = statSync(input, { bigint: true, throwIfNoEntry: false });
    if (other?.ino === own.ino && other.dev === own.dev) throw refusal(path, 'is one of the inputs');
  }
}

function refusal(path: string, what: string): SemcrcError {
  return new SemcrcError('usage', `${path} ${what}; choose another \`out\``, {
    data: { options: ['out'], file: path },
  });
}

function replacement(path: string, what: string): SemcrcError {
  return new SemcrcError('usage', `${path} ${what}; choose another \`out\`, or replace it with \`force\``, {
    data: { options: ['out', 'force'], file: path },
  });
}
