import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import * as zarr from 'zarrita';
import { chunkProblem, type FolderStore } from './folder-store.ts';
import type { StoreArray } from './format.ts';

/** The voxels of one chunk. */
export type Voxels = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

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

/** The few lines of an array's zarr.json that decide how its chunks lie on disk. */
interface ArrayLayout {
  readonly codecs: readonly { name: string; configuration?: { endian?: string } }[];
  readonly chunk_grid: { name: string; configuration: { chunk_shape: readonly number[] } };
  readonly chunk_key_encoding: { name: string; configuration?: { separator?: string } };
}

/** Refuses a store for what is wrong at a place in it. */
export function refuse(place: string, problem: string): never {
  throw new SemcrcError('bad-input', `${place}: ${problem}`, { data: { file: place } });
}

/** The key of a scan's chunk below its array, as Zarr v3 encodes chunk keys. */
function chunkKey(encoding: ArrayLayout['chunk_key_encoding'], scan: number): string {
  const separator = encoding.configuration?.separator ?? (encoding.name === 'default' ? '/' : '.');
  const coordinates = [scan, 0, 0, 0].join(separator);
  return encoding.name === 'default' ? `c${separator}${coordinates}` : coordinates;
}

function allocate(dtype: string, length: number): Voxels {
  if (dtype === 'float32') return new Float32Array(length);
  return dtype === 'uint8' ? new Uint8Array(length) : new Uint16Array(length);
}

/** Reads a whole file into voxels, straight, when it has exactly their size. */
function readWhole(path: string, voxels: Voxels): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw chunkProblem(path, cause);
  }
  try {
    const { size } = fstatSync(file);
    if (size !== voxels.byteLength) {
      refuse(path, `the chunk holds ${size} bytes, expected ${voxels.byteLength}; prepare the cohort again`);
    }
    let read = 0;
    while (read < size) {
      const bytes = readSync(file, voxels, read, size - read, read);
      if (bytes === 0) refuse(path, `the chunk ends after ${read} of ${size} bytes`);
      read += bytes;
    }
  } finally {
    closeSync(file);
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Opens one array of a store.
 *
 * @throws SemcrcError `bad-input` for a data type, shape, chunking or codec that a prepared cohort does not have.
 */
export async function openArray(store: FolderStore, name: StoreArray, scans: number): Promise<ChunkReader> {
  const place = join(store.folder, name);
  const bytes = await store.get(`/${name}/zarr.json`);
  if (!bytes) refuse(place, 'the array is missing from the store');
  let layout: ArrayLayout;
  let array: zarr.Array<zarr.DataType, FolderStore>;
  try {
    layout = JSON.parse(new TextDecoder().decode(bytes));
    array = await zarr.open.v3(zarr.root(store).resolve(name), { kind: 'array' });
  } catch (cause) {
    if (cause instanceof SemcrcError) throw cause;
    throw new SemcrcError('bad-input', `${place} is not a Zarr array: ${(cause as Error).message}`, {
      data: { file: place },
      cause,
    });
  }
  const expected = name === 'groups' ? ['uint8', 'uint16'] : ['float32'];
  if (!expected.includes(array.dtype))
    refuse(place, `expected ${expected.join(' or ')}, found ${array.dtype}`);
  const { shape } = array;
  if (shape.length !== 4 || shape[0] !== scans || shape.some((length) => length < 1)) {
    refuse(place, `expected ${scans} scans × slices × height × width, found the shape ${shape.join(' × ')}`);
  }
  const chunk = layout.chunk_grid.configuration.chunk_shape;
  const codecs = layout.codecs.map((codec) => codec.name);
  const unread = codecs.find((codec) => codec === 'sharding_indexed' || codec === 'transpose');
  if (unread !== undefined)
    refuse(place, `the codec ${unread} is not read; write plain or compressed chunks`);
  if ([1, ...shape.slice(1)].some((length, axis) => chunk[axis] !== length)) {
    refuse(
      place,
      `expected one chunk per scan (1 × ${shape.slice(1).join(' × ')}), found ${chunk.join(' × ')}`,
    );
  }

  const length = (shape[1] as number) * (shape[2] as number) * (shape[3] as number);
  const { dtype } = array;
  const path = (scan: number) => join(place, chunkKey(layout.chunk_key_encoding, scan));
  const plain =
    codecs.length === 1 &&
    codecs[0] === 'bytes' &&
    LITTLE_ENDIAN &&
    layout.codecs[0]?.configuration?.endian !== 'big';
  const readPlain = (scan: number, room: Voxels): void => readWhole(path(scan), room);
  return {
    shape,
    dtype,
    path,
    plain: plain ? { room: () => allocate(dtype, length), read: readPlain } : null,
    async read(scan) {
      if (plain) {
        const voxels = allocate(dtype, length);
        readPlain(scan, voxels);
        return voxels;
      }
      let data: Voxels;
      try {
        data = (await array.getChunk([scan, 0, 0, 0])).data as Voxels;
      } catch (cause) {
        if (cause instanceof SemcrcError) throw cause;
        throw chunkProblem(path(scan), cause);
      }
      if (data.length !== length) {
        refuse(
          path(scan),
          `the chunk holds ${data.length} voxels, expected ${length}; prepare the cohort again`,
        );
      }
      return data;
    },
  };
}
