import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32, gunzipSync } from 'node:zlib';
import type { Source } from '@semcrc/core';
import {
  diskFiles,
  openRegularFile,
  unwritable,
  withRegularFileSync,
  writeFileAtomic,
} from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { fingerprintOf } from '../sources/digest.ts';
import { disk } from '../sources/disk.ts';
import { openStoreAt, type StoreOptions } from './reader.ts';
import {
  chunkProblem,
  refuse,
  refuseLongMetadata,
  type StoredBytes,
  type StorePlace,
  storedBytes,
  type Voxels,
  withoutZarr3,
} from './store-place.ts';

/** A folder on a disk as a store. */
export class FolderStore implements StorePlace {
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  path(key: string): string {
    return join(this.name, key);
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const path = this.path(key);
    try {
      const { handle, size } = await openRegularFile(path);
      try {
        refuseLongMetadata(path, size);
        return new Uint8Array(await handle.readFile());
      } finally {
        await handle.close();
      }
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw chunkProblem(path, cause, false);
    }
  }

  async open<T>(key: string, use: (bytes: StoredBytes) => Promise<T>): Promise<T> {
    const path = this.path(key);
    try {
      const file = await diskFiles.open(path);
      try {
        return await use(storedBytes(path, file));
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw chunkProblem(path, cause, isMissing(cause));
    }
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    const path = this.path(key);
    await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    await writeFileAtomic(path, value);
  }

  async whatElse(): Promise<string> {
    const names = await readdir(this.name).catch(() => null);
    if (names === null) {
      return /\.zip$/i.test(this.name)
        ? 'a zipped store is not read; unpack it into a folder'
        : 'there is no such folder';
    }
    return withoutZarr3((name) => names.includes(name));
  }

  fingerprint(key: string, role: string): Promise<string> {
    return fingerprintOf(disk, this.path(key), role);
  }

  sha256 = () => createHash('sha256');

  crc32 = (bytes: Uint8Array) => crc32(bytes);

  async gunzip(bytes: Uint8Array, most: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return new Uint8Array(gunzipSync(bytes, { maxOutputLength: most }));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw cause;
      throw new RangeError('too large', { cause });
    }
  }

  readonly readInto = (key: string, size: number, room: () => Voxels): Voxels => {
    const path = this.path(key);
    try {
      return withRegularFileSync(path, (file, found) => {
        if (found !== size) {
          refuse(path, `the chunk holds ${found} bytes, expected ${size}; prepare the cohort again`);
        }
        const voxels = room();
        let read = 0;
        while (read < size) {
          const bytes = readSync(file, voxels, read, size - read, read);
          if (bytes === 0) refuse(path, `the chunk ends after ${read} of ${size} bytes`);
          read += bytes;
        }
        return voxels;
      });
    } catch (cause) {
      throw chunkProblem(path, cause, isMissing(cause));
    }
  };
}

/** Whether a failure to open a file means that nothing stands there. */
function isMissing(cause: unknown): boolean {
  const error = (cause instanceof SemcrcError ? cause.cause : cause) as NodeJS.ErrnoException | undefined;
  const code = error?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** As {@link openStoreAt}, in a folder on the disk. Stores as semcrc writes them offer views. */
export function openStore(path: string, options: StoreOptions = {}): Promise<Source> {
  return openStoreAt(new FolderStore(path), options);
}
