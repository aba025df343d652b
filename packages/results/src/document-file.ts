import { readTextFileSync } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** No document of ours is near this large; what is would only exhaust the memory. */
const MOST_BYTES = 2 ** 29;

/** The text of a document. @throws SemcrcError `bad-input` naming a file that is missing, too large or not regular */
export const readDocumentText = (path: string): string => readTextFileSync(path, { limit: MOST_BYTES });

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
  return kind.parse(path, readDocumentText(path));
}

function damaged(path: string, name: string, reason: string, cause?: unknown): SemcrcError {
  return new SemcrcError('bad-input', `${path} is not a valid ${name}: ${reason}`, {
    data: { file: path, reason },
    cause,
  });
}
