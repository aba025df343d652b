import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';

/** Wraps a failed write so that its message says where and why. */
export function cannotWrite(path: string, cause: unknown): SemcrcError {
  const { code } = cause as NodeJS.ErrnoException;
  const reason =
    code === 'ENOSPC'
      ? 'the disk is full'
      : code === 'EACCES'
        ? 'permission denied'
        : (cause as Error).message;
  return new SemcrcError('bad-input', `cannot write ${path}: ${reason}`, { data: { file: path }, cause });
}

/**
 * Writes a file beside its place and renames it there, so that no reader ever sees half of it, not even after a power loss:
 * the bytes are on the disk before the name is.
 */
export async function writeBeside(path: string, bytes: Uint8Array | string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, bytes, { flush: true });
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    throw cannotWrite(path, cause);
  }
}

/**
 * A folder as zarrita sees a store. A missing chunk is an error here: zarrita would hand out the fill value instead, and
 * voxels nobody wrote would count as data.
 */
export class FolderStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const path = join(this.folder, key);
    try {
      const bytes = await readFile(path);
      return new Uint8Array(bytes);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && key.endsWith('.json')) return undefined;
      throw chunkProblem(path, cause);
    }
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await writeBeside(join(this.folder, key), value);
  }
}

/** What a chunk that cannot be read means. */
export function chunkProblem(path: string, cause: unknown): SemcrcError {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return new SemcrcError(
    'bad-input',
    missing
      ? `${path}: the chunk is missing; prepare the cohort again (zarr-python leaves chunks out that equal the fill ` +
          'value unless told write_empty_chunks=True)'
      : `${path}: the chunk cannot be read: ${(cause as Error).message}`,
    { data: { file: path }, cause },
  );
}
