import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';

/** Files up to this size are hashed whole, in bytes. */
const WHOLE = 256 * 1024;
/** Larger files: this many blocks of this size, evenly spaced, the first and the last byte always among them. */
const BLOCKS = 12;
const BLOCK = 4096;

async function sampleBytes(handle: FileHandle, size: number, hash: Hash): Promise<void> {
  if (size <= WHOLE) {
    hash.update(await handle.readFile());
    return;
  }
  const block = Buffer.alloc(BLOCK);
  for (let index = 0; index < BLOCKS; index++) {
    const position = Math.floor(((size - BLOCK) * index) / (BLOCKS - 1));
    const { bytesRead } = await handle.read(block, 0, BLOCK, position);
    hash.update(block.subarray(0, bytesRead));
  }
}

async function addFile(path: string, hash: Hash, role: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause);
    throw new SemcrcError('bad-input', `${path}: ${reason} (expected the ${role})`, {
      data: { file: path, role },
      cause,
    });
  }
  try {
    const { size } = await handle.stat();
    hash.update(`${role}:${size}\n`);
    await sampleBytes(handle, size, hash);
  } finally {
    await handle.close();
  }
}

/**
 * Adds a file's fingerprint to a hash: its size and its content. Files up to 256 KiB are hashed whole; of larger ones
 * only twelve 4 KiB blocks spread over the file, so a change that keeps the size and misses every block goes unseen. In a
 * .nii.gz almost any change moves the compressed bytes after it and the checksum at the end. Paths and times do not
 * enter: a cohort copied elsewhere keeps its fingerprint. A folder stands for the files in it, by sorted name.
 *
 * @throws SemcrcError `bad-input` naming the path and its role when it cannot be opened.
 */
export async function fingerprint(path: string, hash: Hash, role: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return addFile(path, hash, role);
  for (const name of (await readdir(path)).sort()) {
    if (/\.nii(\.gz)?$/.test(name)) await addFile(join(path, name), hash, `${role}/${name}`);
  }
}

/** A fresh SHA-256, seeded with the configuration that decides what samples come out of the files. */
export function digestOf(config: unknown): Hash {
  return createHash('sha256').update(`${JSON.stringify(config)}\n`);
}
