import { chunkPlaces, readLayout, type ShardLayout } from './array-layout.ts';
import { allocate, bytesOf, chunkDecoder } from './codecs.ts';
import { type StoreArray, typeOfArray } from './format.ts';
import { chunkRange, indexRange } from './shard.ts';
import { refuse, type StorePlace, type Voxels } from './store-place.ts';

/** One array of the store, ready to give the chunk of a scan. */
export interface ChunkReader {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The key that a scan's chunk lies at in the store, and what is there is called in messages. */
  key(scan: number): string;
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

/** The bytes of a scan's chunk as they are stored, at most `longest` of them. @param at its place among the shard's chunks */
function readStored(
  store: StorePlace,
  key: string,
  longest: number,
  shards: ShardLayout | null,
  at: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = store.path(key);
  return store.open(key, async ({ size, read }) => {
    const range =
      shards === null
        ? { start: 0, length: size }
        : chunkRange(path, await read(indexRange(path, size, shards)), shards, at, size);
    if (range.length > longest) {
      refuse(path, `the chunk has ${range.length} bytes, more than its voxels can take (${longest})`);
    }
    return read(range);
  });
}

/**
 * Opens one array of a store.
 *
 * @throws SemcrcError `bad-input` for a data type, shape, chunking or codec that a prepared cohort does not have.
 */
export async function openArray(store: StorePlace, name: StoreArray, scans: number): Promise<ChunkReader> {
  const place = store.path(name);
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
  const decoder = chunkDecoder(place, places.codecs, dtype, length, store.gunzip);
  const size = bytesOf(dtype, length);
  const key = (scan: number) => `/${name}/${places.key(scan)}`;
  const path = (scan: number) => store.path(key(scan));
  const { shards } = places;
  const { readInto } = store;
  const stored = (scan: number) =>
    readStored(store, key(scan), decoder.longest, shards, shards === null ? 0 : scan % shards.scans);
  if (decoder.plain && shards === null && readInto) {
    const room = () => allocate(dtype, length);
    return {
      ...{ shape, dtype, path, key },
      plain: { room, read: (scan, into) => void readInto(key(scan), size, () => into) },
      read: async (scan) => readInto(key(scan), size, room),
    };
  }
  return {
    ...{ shape, dtype, path, key },
    plain: null,
    read: async (scan) => decoder.decode(path(scan), await stored(scan)),
  };
}
