import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { PROFILES_SCHEMA, type Source } from '@semcrc/core';
import { openRegularFile, withRegularFileSync } from '@semcrc/imaging/node';
import { type ByteSource, refuse } from './bytes.ts';
import { openProfileFile, type ProfileFile, profilePages } from './profile-file.ts';
import { openProfiles } from './profiled-source.ts';

/** Files that are kept open at a time: far fewer than a process may have. */
const MOST_OPEN = 64;

/** Descriptors of the files read last, the least recently opened making room. */
const descriptors = new Map<object, number>();

function descriptorOf(owner: object, reopen: () => number): number {
  const known = descriptors.get(owner);
  if (known !== undefined) return known;
  if (descriptors.size >= MOST_OPEN) {
    const [oldest] = descriptors.keys();
    release(oldest as object);
  }
  const descriptor = reopen();
  descriptors.set(owner, descriptor);
  return descriptor;
}

function release(owner: object): void {
  const descriptor = descriptors.get(owner);
  descriptors.delete(owner);
  if (descriptor !== undefined) closeSync(descriptor);
}

/**
 * The bytes of a file, read when they are asked for. Any number of files may be open like this: few of them are to the
 * operating system.
 *
 * @throws SemcrcError `bad-input` when it is not there, or no regular file
 */
export async function openFileBytes(path: string): Promise<ByteSource> {
  const { handle, size } = await openRegularFile(path);
  const before = await handle.stat().finally(() => handle.close());
  const owner = {};
  const changed = (): never => refuse(path, 'was changed while it was read');
  const reopen = (): number => {
    const descriptor = openSync(path, 'r');
    const found = fstatSync(descriptor);
    const same =
      found.ino === before.ino &&
      found.dev === before.dev &&
      found.size === size &&
      found.mtimeMs === before.mtimeMs;
    if (same) return descriptor;
    closeSync(descriptor);
    return changed();
  };
  const readNow = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    const descriptor = descriptorOf(owner, reopen);
    let filled = 0;
    while (filled < length) {
      const count = readSync(descriptor, bytes, filled, length - filled, offset + filled);
      if (count === 0) changed();
      filled += count;
    }
    return bytes;
  };
  return {
    name: path,
    size,
    crc32,
    readNow,
    read: async (offset, length) => readNow(offset, length),
    close: async () => release(owner),
  };
}

/** What profile files of any version begin with. */
const FORMAT = PROFILES_SCHEMA.replace(/\d+$/, '');

/** Whether a path is a profile file, by its first bytes. */
export function isProfileFile(path: string): boolean {
  try {
    return withRegularFileSync(path, (file) => {
      const bytes = Buffer.alloc(FORMAT.length);
      return (
        readSync(file, bytes, 0, bytes.length, 0) === bytes.length && bytes.toString('latin1') === FORMAT
      );
    });
  } catch {
    return false;
  }
}

/**
 * Opens profile files, and closes those that were open when one of them cannot be.
 *
 * @throws SemcrcError as `openProfileFile`
 */
export async function openProfileFiles(paths: readonly string[]): Promise<ProfileFile[]> {
  const opened: ByteSource[] = [];
  const files: ProfileFile[] = [];
  const cache = profilePages();
  try {
    for (const path of paths) {
      const bytes = await openFileBytes(path);
      opened.push(bytes);
      files.push(await openProfileFile(bytes, cache));
    }
    return files;
  } catch (error) {
    for (const bytes of opened) await bytes.close?.();
    throw error;
  }
}

/**
 * A cohort known by profile files alone; see `openProfiles`.
 *
 * @throws SemcrcError `bad-input` naming the file that is none, is damaged or does not go with the others
 */
export async function openProfilePaths(paths: readonly string[]): Promise<Source> {
  const files = await openProfileFiles(paths);
  try {
    return await openProfiles(files);
  } catch (error) {
    for (const { source } of files) await source.close?.();
    throw error;
  }
}
