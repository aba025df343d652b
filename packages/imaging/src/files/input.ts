import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { SemcrcError } from '@semcrc/kernels';
import { unreadable } from './open-file.ts';
import { reasonOf } from './system-error.ts';

/** What stands at a path, in a word. */
export function kindOfFile(found: Stats): string {
  if (found.isDirectory()) return 'folder';
  if (found.isFIFO()) return 'FIFO';
  if (found.isSocket()) return 'socket';
  if (found.isCharacterDevice() || found.isBlockDevice()) return 'device';
  return found.isSymbolicLink() ? 'link' : 'file';
}

function requireRegular(path: string, found: Stats): void {
  if (!found.isFile()) throw unreadable(path, `expected a file, found a ${kindOfFile(found)}`);
}

// Opening a FIFO waits for a writer, for ever perhaps, and opening a device may do anything: both are refused by what stat
// says. Should one take the file's place in between, opening does not wait.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file for reading.
 *
 * @throws SemcrcError `bad-input` when it is not there, not readable, or a folder, FIFO, socket or device.
 */
export async function openRegularFile(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  let handle: FileHandle | undefined;
  try {
    requireRegular(path, await stat(path));
    handle = await open(path, FLAGS);
    const found = await handle.stat();
    requireRegular(path, found);
    return { handle, size: found.size };
  } catch (cause) {
    await handle?.close();
    throw cause instanceof SemcrcError ? cause : unreadable(path, reasonOf(cause), cause);
  }
}

/** Runs `read` on the descriptor of a file, which is closed whatever happens. @throws as {@link openRegularFile}. */
export function withRegularFileSync<T>(path: string, read: (descriptor: number, size: number) => T): T {
  let descriptor: number | undefined;
  try {
    requireRegular(path, statSync(path));
    descriptor = openSync(path, FLAGS);
    const found = fstatSync(descriptor);
    requireRegular(path, found);
    return read(descriptor, found.size);
  } catch (cause) {
    throw cause instanceof SemcrcError ? cause : unreadable(path, reasonOf(cause), cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** How a text is read. */
export interface TextOptions {
  /** The most bytes it may have; 16 MiB when left out. */
  readonly limit?: number;
}

const LONGEST_TEXT = 2 ** 24;

/**
 * A whole file of text (CSV, JSON, YAML), as UTF-8.
 *
 * @throws SemcrcError `bad-input` when it is not there, no regular file, or larger than the limit.
 */
export function readTextFileSync(path: string, { limit = LONGEST_TEXT }: TextOptions = {}): string {
  return withRegularFileSync(path, (descriptor, size) => {
    if (size > limit) throw tooLong(path, size, limit);
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const count = readSync(descriptor, bytes, length, size - length, length);
      if (count === 0) break;
      length += count;
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, length));
  });
}

/** As {@link readTextFileSync}. */
export async function readTextFile(
  path: string,
  { limit = LONGEST_TEXT }: TextOptions = {},
): Promise<string> {
  const { handle, size } = await openRegularFile(path);
  try {
    if (size > limit) throw tooLong(path, size, limit);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

function tooLong(path: string, size: number, limit: number): SemcrcError {
  return new SemcrcError('bad-input', `${path}: has ${size} bytes, expected a text of at most ${limit}`, {
    data: { file: path, expected: limit, found: size },
  });
}
