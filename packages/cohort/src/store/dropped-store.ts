import type { Source } from '@semcrc/core';
import type { FileBlob, LazyFile } from '@semcrc/imaging';
import { within } from '../scan/scan-files.ts';
import { fingerprintOf } from '../sources/digest.ts';
import { pageAccess, pureSha256 } from '../sources/page.ts';
import { pureCrc32 } from './checksums.ts';
import { openStoreAt, type StoreOptions } from './reader.ts';
import {
  chunkProblem,
  refuseLongMetadata,
  type StoredBytes,
  type StorePlace,
  storedBytes,
  withoutZarr3,
} from './store-place.ts';
import { zipEntries } from './zip-entries.ts';

/** A prepared cohort among the files of a page: as plain data, so that workers can be sent it. */
export interface DroppedCohort {
  /** What it is called. */
  readonly name: string;
  /** A zipped store, or the files of a folder by their paths in it, with `/` between folders. */
  readonly content: FileBlob | readonly (readonly [path: string, file: FileBlob])[];
}

/**
 * Opens a prepared cohort that was dropped on a page: a zipped store, or the files of a folder. A store may lie in a folder of
 * the zip.
 *
 * @throws SemcrcError `bad-input` as `openStore` of `@semcrc/cohort/node`, and for what is no zip.
 */
export async function openDroppedStore(
  { name, content }: DroppedCohort,
  options: StoreOptions = {},
): Promise<Source> {
  const files = content instanceof Blob ? await storeIn(name, content) : content;
  return openStoreAt(placeOf(name, files), options);
}

/** The files of a zip by their paths below the folder that holds the store. */
async function storeIn(name: string, zip: Blob): Promise<(readonly [string, LazyFile])[]> {
  const entries = await zipEntries(name, zip);
  // The store's own zarr.json is the one nearest to the top.
  const depth = (path: string) => path.split('/').length;
  const [root = 'zarr.json'] = entries
    .map(([path]) => path)
    .filter((path) => /(^|\/)zarr\.json$/.test(path))
    .sort((a, b) => depth(a) - depth(b));
  const folder = root.slice(0, -'zarr.json'.length);
  return entries
    .filter(([path]) => path.startsWith(folder))
    .map(([path, file]) => [path.slice(folder.length), file] as const);
}

function placeOf(name: string, entries: Iterable<readonly [string, LazyFile]>): StorePlace {
  const files = new Map<string, LazyFile>(entries);
  const access = pageAccess([...files].map(([path, file]) => [within(name, path), file] as const));
  const { files: opened } = access.nifti;
  const reading = async <T>(path: string, missing: boolean, use: (bytes: StoredBytes) => Promise<T>) => {
    try {
      return await use(storedBytes(path, await opened.open(path)));
    } catch (cause) {
      throw chunkProblem(path, cause, missing);
    }
  };
  const pathOf = (key: string) => within(name, key.replace(/^\/+/, ''));
  return {
    name,
    path: pathOf,
    async get(key) {
      if (!files.has(key.replace(/^\/+/, ''))) return undefined;
      const path = pathOf(key);
      return reading(path, false, async (file) => {
        refuseLongMetadata(path, file.size);
        return file.read({ start: 0, length: file.size });
      });
    },
    open: (key, use) => reading(pathOf(key), !files.has(key.replace(/^\/+/, '')), use),
    whatElse: async () => withoutZarr3((one) => files.has(one)),
    fingerprint: (key, role) => fingerprintOf(access, pathOf(key), role),
    sha256: pureSha256,
    crc32: pureCrc32,
    gunzip: inflated,
  };
}

/** Bytes inflated by the platform's stream. @throws RangeError when there are more than `most` */
async function inflated(bytes: Uint8Array<ArrayBuffer>, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const result = new Uint8Array(most);
  let length = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return result.slice(0, length);
    if (length + value.length > most) {
      await reader.cancel();
      throw new RangeError('too large');
    }
    result.set(value, length);
    length += value.length;
  }
}
