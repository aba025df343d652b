import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { SemcrcError } from '@semcrc/kernels';
import { kindOfFile, readTextFileSync } from './input.ts';
import { codeOf, reasonOf } from './system-error.ts';

/** What a file that is written must leave alone. */
export interface OutputRules {
  /** Files that are read to make it: the output may be none of them, by whatever name. Those that are not there don't count. */
  readonly inputs?: readonly string[];
  /**
   * Whether a file that stands at the place may give way. Every one when left out; {@link replacesKind} makes a rule for
   * files that say what they are.
   */
  readonly mayReplace?: (path: string) => boolean;
}

/** A failed write as an error that names the file and the reason; an error that does already is returned as it is. */
export function unwritable(path: string, cause: unknown): SemcrcError {
  if (cause instanceof SemcrcError) return cause;
  const reason = codeOf(cause) === 'ENOENT' ? 'no such folder' : reasonOf(cause);
  return new SemcrcError('bad-input', `cannot write ${path}: ${reason}`, {
    data: { file: path, reason },
    cause,
  });
}

/**
 * Refuses a place that an output must not take: a folder, device, FIFO or socket, a link (what it leads to might be dear to
 * someone), an input of the same work, and a file that {@link OutputRules.mayReplace} does not give up. Looks, and writes
 * nothing. Every function here that writes calls it first; call it before long work, too.
 *
 * @throws SemcrcError `bad-input` for what is no file, `usage` for a link, an input, or a file that stays (`data.options` then
 *   names `force`, the option by which a command may let its user insist).
 */
export function checkOutput(path: string, { inputs = [], mayReplace }: OutputRules = {}): void {
  let found: Stats | undefined;
  try {
    found = lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    // A part of the path is no folder, say: opening the file says so.
    if (codeOf(cause) !== 'ENOTDIR') throw unwritable(path, cause);
  }
  if (found === undefined) return;
  const data = { file: path };
  if (found.isSymbolicLink()) {
    throw new SemcrcError(
      'usage',
      `cannot write ${path}: it is a link to ${readlinkSync(path)}; name the file itself`,
      { data },
    );
  }
  if (!found.isFile()) {
    throw new SemcrcError(
      'bad-input',
      `cannot write ${path}: it is a ${kindOfFile(found)}; give the name of a file`,
      { data },
    );
  }
  for (const input of inputs) {
    const read = statSync(input, { throwIfNoEntry: false });
    if (read?.dev !== found.dev || read.ino !== found.ino) continue;
    throw new SemcrcError(
      'usage',
      `cannot write ${path}: it is an input${input === path ? '' : ` (${input})`}; choose another name`,
      {
        data: { ...data, input },
      },
    );
  }
  if (mayReplace && !mayReplace(path)) {
    throw new SemcrcError(
      'usage',
      `${path} exists and is not a result of this kind; choose another name, or replace it with \`force\``,
      {
        data: { ...data, options: ['force'] },
      },
    );
  }
}

/** JSON files that are asked what they are may have this many bytes. */
const LARGEST_RESULT = 2 ** 28;

/**
 * The `schema` that a JSON file names, without its version: `semcrc/calibration` of `semcrc/calibration@2`. Null for a file
 * that names none, or cannot be read.
 */
export function kindOfResult(path: string): string | null {
  try {
    const json: unknown = JSON.parse(readTextFileSync(path, { limit: LARGEST_RESULT }));
    const schema = typeof json === 'object' && json !== null && 'schema' in json ? json.schema : null;
    return typeof schema === 'string' ? schema.replace(/@\d+$/, '') : null;
  } catch {
    return null;
  }
}

/** A rule for {@link OutputRules.mayReplace}: only JSON results of the same kind, as `semcrc/calibration`, give way. */
export function replacesKind(kind: string): (path: string) => boolean {
  return (path) => kindOfResult(path) === kind;
}
