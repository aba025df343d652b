import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openRegularFile, unwritable, writeFileAtomic } from '@semcrc/imaging/node';
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
    const metadata = key.endsWith('.json');
    try {
      const { handle, size } = await openRegularFile(path);
      try {
        if (metadata && size > LONGEST_METADATA) {
          throw new SemcrcError(
            'bad-input',
            `${path}: has ${size} bytes, expected at most ${LONGEST_METADATA}`,
            {
              data: { file: path, found: size },
            },
          );
        }
        return new Uint8Array(await handle.readFile());
      } finally {
        await handle.close();
      }
    } catch (cause) {
      if (metadata && isMissing(cause)) return undefined;
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

/** Metadata of a cohort of a hundred thousand scans has fewer bytes. */
export const LONGEST_METADATA = 2 ** 26;

/** Whether a failure to open a file means that nothing stands there. */
function isMissing(cause: unknown): boolean {
  const error = (cause instanceof SemcrcError ? cause.cause : cause) as NodeJS.ErrnoException | undefined;
  const code = error?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What a chunk that cannot be read means. */
export function chunkProblem(path: string, cause: unknown): SemcrcError {
  const missing = isMissing(cause);
  if (!missing && cause instanceof SemcrcError) return cause;
  return new SemcrcError(
    'bad-input',
    missing
      ? `${path}: the chunk is missing; prepare the cohort again (zarr-python leaves chunks out that equal the fill ` +
          'value unless write_empty_chunks=True)'
      : `${path}: the chunk cannot be read: ${(cause as Error).message}`,
    { data: { file: path }, cause },
  );
}
