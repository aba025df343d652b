import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { systemReason } from './system-reason.ts';

/**
 * Writes a whole file or nothing: beside the target, to the disk, then renamed into place. A reader sees the old file or
 * the new one, never a part, whatever kills the process. What earlier, killed processes left beside it is removed.
 *
 * @throws SemcrcError `bad-input` naming the file and the reason (no such directory, read-only, disk full …)
 */
export function writeOutputFile(path: string, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const partial = partialName(path);
  let handle: number | undefined;
  try {
    removeLeftovers(path);
    handle = openSync(partial, 'wx');
    let written = 0;
    while (written < bytes.length) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
    closeSync(handle);
    handle = undefined;
    renameSync(partial, path);
  } catch (error) {
    if (handle !== undefined) closeSync(handle);
    removeQuietly(partial);
    throw unwritable(path, error);
  }
  syncDirectory(dirname(path));
}

/** Fails now, before hours of computing, if {@link writeOutputFile} could not create this file later. */
export function checkOutputFile(path: string): void {
  const partial = partialName(path);
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new SemcrcError('bad-input', `cannot write ${path}: it is a directory; give a file name`, {
        data: { file: path },
      });
    }
    closeSync(openSync(partial, 'wx'));
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    removeQuietly(partial);
  }
}

/** Creates a directory for results, parents included, and proves that files can be made in it. */
export function openOutputDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw unwritable(path, error);
  }
  checkOutputFile(join(path, 'probe'));
}

function partialName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
}

function removeLeftovers(path: string): void {
  const prefix = `.${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(prefix) || !name.endsWith('.partial')) continue;
    const owner = Number(name.slice(prefix.length, -'.partial'.length));
    if (Number.isInteger(owner) && owner > 0 && !isRunning(owner)) removeQuietly(join(dirname(path), name));
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The first error is the one to report; a partial file beside the target harms nobody.
  }
}

function syncDirectory(path: string): void {
  try {
    const handle = openSync(path, 'r');
    fsyncSync(handle);
    closeSync(handle);
  } catch {
    // Some file systems cannot sync a directory; the rename itself has happened.
  }
}

/** A failed write as an error that names the file and the reason. */
export function unwritable(path: string, error: unknown): SemcrcError {
  if (error instanceof SemcrcError) return error;
  const reason = systemReason(error) ?? (error instanceof Error ? error.message : String(error));
  return new SemcrcError('bad-input', `cannot write ${path}: ${reason}`, {
    data: { file: path, reason },
    cause: error,
  });
}
