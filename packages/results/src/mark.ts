import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that the mark of a document stands in. */
const HEAD = 512;

/**
 * The kind of semcrc document a JSON file says it is, such as `calibration` of `semcrc/calibration@2`: the mark by which
 * files of ours are told from the user's. Undefined for any other file, and where there is none.
 */
export function markOf(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (!fstatSync(descriptor).isFile()) return undefined;
    const head = Buffer.alloc(HEAD);
    const length = readSync(descriptor, head, 0, HEAD, 0);
    return markIn(head.toString('utf8', 0, length));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The mark in the text of a document; it is the document's first field. */
export function markIn(text: string): string | undefined {
  return /^\s*\{\s*"schema"\s*:\s*"semcrc\/([a-z-]+)@\d+"/.exec(text)?.[1];
}
