import type { NiftiFiles, OpenFile } from '@semcrc/imaging';
import { volumesIn, within } from '../scan/scan-files.ts';

/** A SHA-256 under way. */
export interface Sha256 {
  update(bytes: Uint8Array | string): Sha256;
  digest(as: 'hex'): string;
}

/** Where the files of scans lie, a disk or a page, and how they are digested there. */
export interface FileAccess {
  readonly nifti: NiftiFiles;
  /** A fresh one. */
  sha256(): Sha256;
}

/** Files up to this size are hashed whole, in bytes. */
const WHOLE = 256 * 1024;
/** Larger files: this many blocks of this size, evenly spaced, the first and the last byte always among them. */
const BLOCKS = 12;
const BLOCK = 4096;

async function sampleBytes(file: OpenFile, hash: Sha256): Promise<void> {
  const { size } = file;
  if (size <= WHOLE) {
    const whole = new Uint8Array(size);
    hash.update(whole.subarray(0, await file.read(whole, 0)));
    return;
  }
  const block = new Uint8Array(BLOCK);
  for (let index = 0; index < BLOCKS; index++) {
    const position = Math.floor(((size - BLOCK) * index) / (BLOCKS - 1));
    hash.update(block.subarray(0, await file.read(block, position)));
  }
}

async function addFile({ nifti }: FileAccess, path: string, hash: Sha256, role: string): Promise<void> {
  const file = await nifti.files.open(path);
  try {
    hash.update(`${role}:${file.size}\n`);
    await sampleBytes(file, hash);
  } finally {
    await file.close();
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
export async function fingerprintOf(access: FileAccess, path: string, role: string): Promise<string> {
  const hash = access.sha256();
  const names = volumesIn(access.nifti.files, path);
  if (names === null) await addFile(access, path, hash, role);
  else for (const name of names) await addFile(access, within(path, name), hash, `${role}/${name}`);
  return hash.digest('hex');
}

/** A fresh SHA-256, seeded with the configuration that decides what samples come out of the files. */
export function digestOf(access: Pick<FileAccess, 'sha256'>, config: unknown): Sha256 {
  return access.sha256().update(`${JSON.stringify(config)}\n`);
}
