import { relative, resolve } from 'node:path';
import { checkOutput, type OutputRules, replacesKind, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { proveWritable } from '@semcrc/results';

/** A JSON document that a command will write, its place checked before any work is done. */
export interface OutputDocument {
  /** Absolute. */
  readonly path: string;
  write(document: object): Promise<void>;
}

/** What a command writes, and what must not be lost to it. */
export interface OutputClaim {
  /** What the document's schema calls its kind, such as `semcrc/calibration`. */
  readonly kind: string;
  /** Files and folders that the command reads. */
  readonly inputs: readonly string[];
  /** Whether a file of the user's may be replaced; without it only a document of the same kind is. */
  readonly force: boolean;
}

/**
 * Checks that a document may be written to a path, and that it can.
 *
 * @throws SemcrcError `usage` for an input, a link, or a file that is no result of this kind; `bad-input` for a place that
 *   takes no file
 */
export async function openOutput(
  path: string,
  { kind, inputs, force }: OutputClaim,
): Promise<OutputDocument> {
  const place = resolve(path);
  const rules: OutputRules = { inputs, ...(force ? {} : { mayReplace: replacesKind(kind) }) };
  checkOutput(place, rules);
  checkOutsideOf(place, inputs);
  await proveWritable(place);
  return {
    path: place,
    write: (document) => writeFileAtomic(place, `${JSON.stringify(document, null, 2)}\n`, rules),
  };
}

/** Refuses a place inside a folder that is read, such as a prepared cohort. */
function checkOutsideOf(place: string, inputs: readonly string[]): void {
  for (const input of inputs) {
    const within = relative(resolve(input), resolve(place));
    if (within === '' || within.startsWith('..')) continue;
    throw new SemcrcError(
      'usage',
      `cannot write ${place}: it lies inside ${input}, which is read; choose another \`out\``,
      {
        data: { options: ['out'], file: place, input },
      },
    );
  }
}
