import type { OpenFile } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { Sha256 } from '../sources/digest.ts';

/** The voxels of one chunk. */
export type Voxels = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Bytes from one place of a file to another. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** The bytes at a key, opened to be read in parts. */
export interface StoredBytes {
  readonly size: number;
  /** All bytes of a range that lies in the file. */
  read(range: ByteRange): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Where a prepared cohort lies: a folder on a disk, files of a page. A missing chunk is an error: voxels nobody wrote must not
 * count as data.
 */
export interface StorePlace {
  /** What the store is called. */
  readonly name: string;
  /** What is at a key is called, in messages. */
  path(key: string): string;
  /** The metadata (.json) at a key; undefined where there is none. @throws SemcrcError `bad-input` when it cannot be read */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * What `use` makes of the bytes at the key of a chunk or shard.
   *
   * @throws SemcrcError `bad-input` as {@link chunkProblem}; what `use` throws
   */
  open<T>(key: string, use: (bytes: StoredBytes) => Promise<T>): Promise<T>;
  /** What stands there where no store of Zarr format 3 does, and how one comes of it. */
  whatElse(): Promise<string>;
  /** As `fingerprintOf`, of the bytes at a key. */
  fingerprint(key: string, role: string): Promise<string>;
  sha256(): Sha256;
  crc32(bytes: Uint8Array): number;
  /** Bytes inflated. @throws RangeError when there are more than `most`; any other error for what is no gzip */
  gunzip(bytes: Uint8Array<ArrayBuffer>, most: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Reads the bytes at a key straight into memory, while the thread waits, where they are `size` bytes exactly; not there
   * where files cannot be read so.
   */
  readonly readInto?: (key: string, size: number, room: () => Voxels) => Voxels;
}

/** Metadata of a cohort of a hundred thousand scans has fewer bytes. */
export const LONGEST_METADATA = 2 ** 26;

/** Refuses a store for what is wrong at a place in it. */
export function refuse(place: string, problem: string): never {
  throw new SemcrcError('bad-input', `${place}: ${problem}`, { data: { file: place } });
}

/** Refuses metadata that no cohort has. */
export function refuseLongMetadata(path: string, size: number): void {
  if (size <= LONGEST_METADATA) return;
  throw new SemcrcError('bad-input', `${path}: has ${size} bytes, expected at most ${LONGEST_METADATA}`, {
    data: { file: path, found: size },
  });
}

/** An open file as stored bytes. @param path what it is called, in messages */
export function storedBytes(path: string, file: OpenFile): StoredBytes {
  return {
    size: file.size,
    async read({ start, length }) {
      const bytes = new Uint8Array(length);
      const found = await file.read(bytes, start);
      if (found < length) refuse(path, `the chunk ends after ${found} of ${length} bytes`);
      return bytes;
    },
  };
}

/** What stands in a place without zarr.json, and how a store comes of it. @param has whether a file of that name stands there */
export function withoutZarr3(has: (name: string) => boolean): string {
  return ['.zgroup', '.zattrs', '.zarray'].some(has)
    ? 'it is a store of Zarr format 2; write it in format 3 (zarr_format=3)'
    : 'it holds no zarr.json';
}

/** What a chunk that cannot be read means. */
export function chunkProblem(path: string, cause: unknown, missing: boolean): SemcrcError {
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
