import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unwritable, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';

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
    const path = join(this.folder, key);
    await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    await writeFileAtomic(path, value);
  }
}

/** What a chunk that cannot be read means. */
export function chunkProblem(path: string, cause: unknown): SemcrcError {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return new SemcrcError(
    'bad-input',
    missing
      ? `${path}: the chunk is missing; prepare the cohort again (zarr-python leaves chunks out that equal the fill ` +
          'value unless write_empty_chunks=True)'
      : `${path}: the chunk cannot be read: ${(cause as Error).message}`,
    { data: { file: path }, cause },
  );
}
