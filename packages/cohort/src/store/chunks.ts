import { readSync } from 'node:fs';
import { join } from 'node:path';
import { withRegularFileSync } from '@semcrc/imaging/node';
import { chunkPlaces, readLayout, refuse, type ShardLayout } from './array-layout.ts';
import { allocate, bytesOf, chunkDecoder, type Voxels } from './codecs.ts';
import { chunkProblem, type FolderStore } from './folder-store.ts';
import { type StoreArray, typeOfArray } from './format.ts';
import { type ByteRange, chunkRange, indexRange } from './shard.ts';

/** One array of the store, ready to give the chunk of a scan. */
export interface ChunkReader {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The file a scan's chunk lies in. */
  path(scan: number): string;
  /** Reads a chunk into an array of its own. */
  read(scan: number): Promise<Voxels>;
  /** Where chunks lie on disk as voxels lie in memory, so that reading one is a copy. */
  readonly plain: PlainChunks | null;
}

/** Chunks that are copied as they are. */
export interface PlainChunks {
  /** An array that a chunk fits in. */
  room(): Voxels;
  /** Reads a chunk into such an array. */
  read(scan: number, room: Voxels): void;
}

/** The most voxels of one scan: 4 GiB as f32. */
const MOST_VOXELS = 2 ** 30;

/** Fills an array with the bytes of an open file from a place on. */
function fill(path: string, file: number, into: NodeJS.ArrayBufferView, start: number): void {
  const size = into.byteLength;
  let read = 0;
  while (read < size) {
    const bytes = readSync(file, into, read, size - read, start + read);
    if (bytes === 0) refuse(path, `the chunk ends after ${read} of ${size} bytes`);
    read += bytes;
  }
}

/** Reads a whole file into voxels, straight, when it has exactly their size. @param room makes room for them. */
function readWhole(path: string, size: number, room: () => Voxels): Voxels {
  return ofChunk(path, () =>
    withRegularFileSync(path, (file, found) => {
      if (found !== size) {
        refuse(path, `the chunk holds ${found} bytes, expected ${size}; prepare the cohort again`);
      }
      const voxels = room();
      fill(path, file, voxels, 0);
      return voxels;
    }),
  );
}

/** The bytes of a scan's chunk as they are stored, at most `longest` of them. @param at its place among the shard's chunks */
function readStored(
  path: string,
  longest: number,
  shards: ShardLayout | null,
  at: number,
): Uint8Array<ArrayBuffer> {
  return ofChunk(path, () =>
    withRegularFileSync(path, (file, size) => {
      const bytesIn = ({ start, length }: ByteRange): Uint8Array<ArrayBuffer> => {
        const bytes = new Uint8Array(length);
        fill(path, file, bytes, start);
        return bytes;
      };
      const range =
        shards === null
          ? { start: 0, length: size }
          : chunkRange(path, bytesIn(indexRange(path, size, shards)), shards, at, size);
      if (range.length > longest) {
        refuse(path, `the chunk has ${range.length} bytes, more than its voxels can take (${longest})`);
      }
      return bytesIn(range);
    }),
  );
}

/** Says of a chunk that cannot be read what that means. */
function ofChunk<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw chunkProblem(path, cause);
  }
}

/**
 * Opens one array of a store.
 *
 * @throws SemcrcError `bad-input` for a data type, shape, chunking or codec that a prepared cohort does not have.
 */
export async function openArray(store: FolderStore, name: StoreArray, scans: number): Promise<ChunkReader> {
  const place = join(store.folder, name);
  const layout = await readLayout(store, name);
  const { shape, data_type: dtype } = layout;
  const expected = name === 'groups' ? ['uint8', 'uint16'] : [typeOfArray(name, 1)];
  if (!expected.includes(dtype))
    refuse(place, `expected ${expected.join(' or ')}, found ${dtype}; convert it`);
  if (shape.length !== 4 || shape[0] !== scans) {
    refuse(place, `expected ${scans} scans × slices × height × width, found the shape ${shape.join(' × ')}`);
  }
  const length = shape.slice(1).reduce((product, side) => product * side, 1);
  if (length > MOST_VOXELS)
    refuse(place, `scans of ${length} voxels are more than are read (${MOST_VOXELS})`);
  const places = chunkPlaces(layout, place);
  const decoder = chunkDecoder(place, places.codecs, dtype, length);
  const size = bytesOf(dtype, length);
  const path = (scan: number) => join(place, places.key(scan));
  const { shards } = places;
  if (decoder.plain && shards === null) {
    const room = () => allocate(dtype, length);
    return {
      ...{ shape, dtype, path },
      plain: { room, read: (scan, into) => void readWhole(path(scan), size, () => into) },
      read: async (scan) => readWhole(path(scan), size, room),
    };
  }
  return {
    ...{ shape, dtype, path },
    plain: null,
    read: async (scan) =>
      decoder.decode(
        path(scan),
        readStored(path(scan), decoder.longest, shards, shards === null ? 0 : scan % shards.scans),
      ),
  };
}
