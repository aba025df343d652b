import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { SemcrcError } from '@semcrc/kernels';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** No document of ours is near this large; what is would only exhaust the memory. */
const MOST_BYTES = 2 ** 29;

/**
 * The text of a regular file. A pipe or a device is refused rather than waited for.
 *
 * @throws SemcrcError `bad-input` naming the file, also where it is larger than any document of ours
 */
export function readTextFile(path: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw unreadable(path, 'it is not a regular file');
    if (found.size > MOST_BYTES)
      throw unreadable(path, `it holds ${found.size} bytes, expected at most ${MOST_BYTES}`);
    return readFileSync(descriptor, 'utf8');
  } catch (error) {
    if (error instanceof SemcrcError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw unreadable(path, code === 'ENOENT' ? 'no such file or directory' : (error as Error).message, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** A kind of JSON document: how a file is checked to be one. */
export interface DocumentKind<Schema extends TSchema> {
  /** What a user would call it, such as `risk curve`. */
  readonly name: string;
  parse(path: string, text: string): Static<Schema>;
}

/** The documents that a schema describes. */
export function documentKind<const Schema extends TSchema>(
  name: string,
  schema: Schema,
): DocumentKind<Schema> {
  const check = Compile(schema);
  return {
    name,
    parse(path, text) {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (cause) {
        throw damaged(path, name, `it is not JSON (${(cause as Error).message})`, cause);
      }
      if (check.Check(value)) return value as Static<Schema>;
      const [error] = check.Errors(value);
      throw damaged(path, name, `${error.instancePath || 'the document'} ${error.message}`);
    },
  };
}

/**
 * Reads one document.
 *
 * @throws SemcrcError `bad-input` naming the file and what is wrong with it
 */
export function readDocument<Schema extends TSchema>(
  path: string,
  kind: DocumentKind<Schema>,
): Static<Schema> {
  return kind.parse(path, readTextFile(path));
}

function unreadable(path: string, reason: string, cause?: unknown): SemcrcError {
  return new SemcrcError('bad-input', `cannot read ${path}: ${reason}`, {
    data: { file: path, reason },
    cause,
  });
}

function damaged(path: string, name: string, reason: string, cause?: unknown): SemcrcError {
  return new SemcrcError('bad-input', `${path} is not a valid ${name}: ${reason}`, {
    data: { file: path, reason },
    cause,
  });
}
