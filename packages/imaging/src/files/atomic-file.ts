import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkOutput, type OutputRules, unwritable } from './output.ts';
import { codeOf } from './system-error.ts';

/** Names of what stands beside a file while it is written: `.name.<process>.<random>.partial`, or `.replaced`. */
function beside(path: string, suffix: 'partial' | 'replaced'): string {
  const random = randomBytes(4).toString('hex');
  return join(dirname(path), `.${basename(path)}.${process.pid}.${random}.${suffix}`);
}

/** Whether a process that wrote beside a file may still run. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return codeOf(cause) === 'EPERM';
  }
}

/** Removes what writers of this file left beside it that were killed. */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const owner = /^(\d+)(\.[0-9a-f]{8})?\.(partial|replaced)$/.exec(name.slice(prefix.length))?.[1];
    if (owner === undefined) continue;
    const left = join(dirname(path), name);
    if (Number(owner) === process.pid) {
      // Ours, or of a process that had our number before: in a container that is 1 every time.
      const began = Date.now() - 1000 * process.uptime();
      const written = await stat(left).catch(() => undefined);
      if (written && written.mtimeMs < began) await rm(left, { force: true });
    } else if (!isRunning(Number(owner))) {
      await rm(left, { force: true });
    }
  }
}

/** Flushes a folder, so that the names in it are on the disk. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // Some file systems cannot flush a folder; the file itself is in place.
  }
}

/**
 * A file that is written piece by piece beside its place, flushed to the disk and renamed there: readers see the old file or
 * the whole new one, whatever kills the process. What goes wrong removes what was written so far, and what killed processes
 * left beside the file is removed by the next that writes it.
 */
export class AtomicFile {
  readonly path: string;
  readonly #partial: string;
  readonly #handle: FileHandle;
  #closed = false;

  private constructor(path: string, partial: string, handle: FileHandle) {
    this.path = path;
    this.#partial = partial;
    this.#handle = handle;
  }

  /**
   * Opens the file beside its place.
   *
   * @throws SemcrcError `usage` or `bad-input` as {@link checkOutput}; `bad-input` when the folder cannot take a file.
   */
  static async create(path: string, rules: OutputRules = {}): Promise<AtomicFile> {
    checkOutput(path, rules);
    const partial = beside(path, 'partial');
    try {
      await removeLeftovers(path);
      return new AtomicFile(path, partial, await open(partial, 'wx'));
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /** Adds bytes, which may be used again when the promise resolves. @throws SemcrcError `bad-input` when the disk fails. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        written += (await this.#handle.write(bytes, written)).bytesWritten;
      }
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  /** Flushes the bytes to the disk; nothing more can be written. The first half of {@link commit}. */
  async flush(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#handle.sync();
      await this.#handle.close();
      this.#closed = true;
    } catch (cause) {
      await this.discard();
      throw unwritable(this.path, cause);
    }
  }

  /** Puts the file in its place, all of it. @throws SemcrcError `bad-input`; nothing is left then. */
  async commit(): Promise<void> {
    await this.flush();
    try {
      await rename(this.#partial, this.path);
    } catch (cause) {
      await this.discard();
      throw unwritable(this.path, cause);
    }
    await syncFolder(dirname(this.path));
  }

  /** Closes and removes what was written. Never fails: it follows a failure that is the one to report. */
  async discard(): Promise<void> {
    if (!this.#closed) await this.#handle.close().catch(() => {});
    this.#closed = true;
    await rm(this.#partial, { force: true }).catch(() => {});
  }
}

/**
 * Writes a whole file or nothing: beside its place, to the disk, then renamed there.
 *
 * @param content text is written as UTF-8.
 * @throws SemcrcError as {@link AtomicFile.create}, naming file and reason (no such folder, read-only, disk full, …).
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
  rules: OutputRules = {},
): Promise<void> {
  const file = await AtomicFile.create(path, rules);
  try {
    await file.write(typeof content === 'string' ? new TextEncoder().encode(content) : content);
  } catch (cause) {
    await file.discard();
    throw cause;
  }
  await file.commit();
}

/**
 * Puts several files in place together, in the order given: when one cannot be placed, those placed before it are taken back
 * and the files they replaced stand again. Each is whole at every moment; a process killed in the middle of the renames,
 * which take no time, leaves the first ones new and the rest old, so put the file that stands for all of them last.
 *
 * @throws SemcrcError `bad-input` naming the file; none of the new ones is left then.
 */
export async function commitTogether(files: readonly AtomicFile[]): Promise<void> {
  const placed: { readonly path: string; readonly old: string | null }[] = [];
  try {
    for (const file of files) await file.flush();
    for (const file of files) {
      placed.push({ path: file.path, old: await keepAside(file.path) });
      await file.commit();
    }
  } catch (cause) {
    for (const file of files) await file.discard();
    for (const { path, old } of placed.reverse()) {
      if (old === null) await rm(path, { force: true }).catch(() => {});
      else await rename(old, path).catch(() => {});
    }
    throw cause;
  }
  for (const { old } of placed) if (old !== null) await rm(old, { force: true }).catch(() => {});
}

/** A second name for the file at a path; null where there is none. */
async function keepAside(path: string): Promise<string | null> {
  checkOutput(path);
  const old = beside(path, 'replaced');
  try {
    await link(path, old);
    return old;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
  }
  try {
    // No hard links here: for a moment nothing stands at the path.
    await rename(path, old);
    return old;
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Writes a folder of files, all of them or nothing: beside its place, every file to the disk (which costs little more than one
 * of them), then renamed there. A folder of that name gives way. What a killed process leaves is `<path>.<random>.tmp`.
 *
 * @param files by name; none of them in folders of their own.
 * @throws SemcrcError `bad-input` naming the folder; its `cause` has the code `ENOTEMPTY` or `EEXIST` when another process
 *   wrote the same folder meanwhile.
 */
export async function writeFolderAtomic(
  path: string,
  files: readonly (readonly [name: string, content: Uint8Array | string])[],
): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const handles: FileHandle[] = [];
  try {
    await mkdir(partial, { recursive: true });
    try {
      for (const [name, content] of files) {
        const handle = await open(join(partial, name), 'wx');
        handles.push(handle);
        await handle.writeFile(content);
      }
      for (const handle of handles) await handle.sync();
    } finally {
      for (const handle of handles) await handle.close();
    }
    await rm(path, { recursive: true, force: true });
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    throw unwritable(path, cause);
  }
}
