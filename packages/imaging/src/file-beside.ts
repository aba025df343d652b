import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';

/** Reasons in plain words for what goes wrong in writing. */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder',
  EIO: 'the disk reports an error',
};

function unwritable(path: string, cause: unknown): SemcrcError {
  if (cause instanceof SemcrcError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new SemcrcError('bad-input', `cannot write ${path}: ${reason}`, {
    data: { file: path, reason },
    cause,
  });
}

/** Whether the process that began a partial file still runs, so that the file may be in use. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
}

/** Removes what writers of this file left that were killed. */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix) || !name.endsWith('.partial')) continue;
    const owner = Number(name.slice(prefix.length, -'.partial'.length));
    if (Number.isInteger(owner) && owner > 0 && !isRunning(owner)) {
      await rm(join(dirname(path), name), { force: true });
    }
  }
}

/**
 * A file that is written beside its place, flushed to the disk and renamed there: readers see the old file or the whole
 * new one. What goes wrong removes what was written so far.
 */
export class FileBeside {
  readonly #path: string;
  readonly #beside: string;
  readonly #handle: FileHandle;

  private constructor(path: string, beside: string, handle: FileHandle) {
    this.#path = path;
    this.#beside = beside;
    this.#handle = handle;
  }

  /** @throws SemcrcError `bad-input` when the folder cannot take a file. */
  static async create(path: string): Promise<FileBeside> {
    const beside = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
    try {
      await removeLeftovers(path);
      return new FileBeside(path, beside, await open(beside, 'wx'));
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        written += (await this.#handle.write(bytes, written)).bytesWritten;
      }
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  /** Flushes and renames into place. */
  async commit(): Promise<void> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#beside, this.#path);
    } catch (cause) {
      await this.discard();
      throw unwritable(this.#path, cause);
    }
    try {
      const folder = await open(dirname(this.#path), 'r');
      await folder.sync().finally(() => folder.close());
    } catch {
      // Some file systems cannot flush a folder; the file itself is in place.
    }
  }

  /** Closes and removes what was written. Never fails: it follows a failure that is the one to report. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#beside, { force: true }).catch(() => {});
  }
}
