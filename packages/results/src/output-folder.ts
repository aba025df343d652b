import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AtomicFile, unwritable } from '@semcrc/imaging/node';

/**
 * Creates a folder for results, parents included, and proves that files can be made in it: before hours of computing.
 *
 * @throws SemcrcError `bad-input` naming the folder or a file in it, and the reason
 */
export async function openOutputFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw unwritable(path, cause);
  }
  await proveWritable(join(path, 'probe'));
}

/** Proves that a file could be written, and leaves nothing. @throws SemcrcError `bad-input` naming it and the reason */
export async function proveWritable(path: string): Promise<void> {
  const file = await AtomicFile.create(path);
  await file.discard();
}
