import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegularFile } from '@semcrc/imaging/node';
import { isFolder } from '../scan/scan-files.ts';

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
  const { handle, size } = await openRegularFile(path);
  try {
    hash.update(`${role}:${size}\n`);
    await sampleBytes(handle, size, hash);
  } finally {
    await handle.close();
  }
}

/**
 * The fingerprint of a file, SHA-256 (hex): its role, size and content. Files up to 256 KiB are hashed whole; of larger ones
 * only twelve 4 KiB blocks spread over the file, so a change that keeps the size and misses every block goes unseen. In a
 * .nii.gz almost any change moves the compressed bytes after it and the checksum at the end. Paths and times do not
 * enter: a cohort copied elsewhere keeps its fingerprint. A folder stands for the files in it, by sorted name.
 *
 * @throws SemcrcError `bad-input` naming the path when it cannot be read, or is no regular file.
 */
export async function fingerprintOf(path: string, role: string): Promise<string> {
  const hash = createHash('sha256');
  if (!isFolder(path)) await addFile(path, hash, role);
  else {
    for (const name of (await readdir(path)).sort()) {
      if (/\.nii(\.gz)?$/.test(name)) await addFile(join(path, name), hash, `${role}/${name}`);
    }
  }
  return hash.digest('hex');
}

/** A fresh SHA-256, seeded with the configuration that decides what samples come out of the files. */
export function digestOf(config: unknown): Hash {
  return createHash('sha256').update(`${JSON.stringify(config)}\n`);
}
