import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import * as zarr from 'zarrita';
import { crc32c } from './checksums.ts';
import type { StoreArray } from './format.ts';
import { chunkProblem, refuse, type StorePlace, type Voxels } from './store-place.ts';

/** One array of the store, ready to give the chunk of a scan. */
export interface ChunkReader {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The key of a scan's chunk in the store, and what it is called in messages. */
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

const Codec = Type.Object({
  name: Type.String(),
  configuration: Type.Optional(Type.Object({ endian: Type.Optional(Type.String()) })),
});

/** The part of an array's zarr.json that decides how its chunks lie on disk. */
const ArrayLayout = Type.Object({
  zarr_format: Type.Literal(3),
  node_type: Type.Literal('array'),
  shape: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1 }),
  data_type: Type.String(),
  codecs: Type.Array(Codec, { minItems: 1 }),
  chunk_grid: Type.Object({
    name: Type.Literal('regular'),
    configuration: Type.Object({ chunk_shape: Type.Array(Type.Integer({ minimum: 1 })) }),
  }),
  chunk_key_encoding: Type.Object({
    name: Type.Enum(['default', 'v2']),
    configuration: Type.Optional(Type.Object({ separator: Type.Optional(Type.Enum(['/', '.'])) })),
  }),
});
type ArrayLayout = Static<typeof ArrayLayout>;
const layoutValidator = Compile(ArrayLayout);

/** The most voxels of one scan: 4 GiB as f32. */
const MOST_VOXELS = 2 ** 30;

/** Codecs whose chunks zarrita decodes; those it would pass over unchecked, or unbounded, are decoded here. */
const DECODED = new Set(['bytes', 'gzip', 'zstd', 'blosc', 'crc32c']);

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

/** The bytes of a chunk without the checksum behind them. @throws SemcrcError `bad-input` when it differs. */
function withoutChecksum(path: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const end = bytes.length - 4;
  const content = bytes.subarray(0, Math.max(0, end));
  const expected = end < 0 ? -1 : new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true);
  if (crc32c(content) !== expected) {
    refuse(path, 'the chunk is damaged (its crc32c differs); copy the store again, or write it anew');
  }
  return content;
}

/** A gzip chunk inflated; no more of it than the voxels take. */
async function inflated(
  store: StorePlace,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await store.gunzip(bytes, size);
  } catch (cause) {
    const what = cause instanceof RangeError ? `inflates to more than ${size} bytes` : 'is no gzip';
    throw new SemcrcError('bad-input', `${path}: the chunk ${what}`, { data: { file: path }, cause });
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Opens one array of a store.
 *
 * @throws SemcrcError `bad-input` for a data type, shape, chunking or codec that a prepared cohort does not have.
 */
export async function openArray(store: StorePlace, name: StoreArray, scans: number): Promise<ChunkReader> {
  const place = store.path(name);
  const layout = await readLayout(store, name);
  const { shape, data_type: dtype } = layout;
  const expected = name === 'groups' ? ['uint8', 'uint16'] : ['float32'];
  if (!expected.includes(dtype))
    refuse(place, `expected ${expected.join(' or ')}, found ${dtype}; convert it`);
  if (shape.length !== 4 || shape[0] !== scans) {
    refuse(place, `expected ${scans} scans × slices × height × width, found the shape ${shape.join(' × ')}`);
  }
  const length = shape.slice(1).reduce((product, side) => product * side, 1);
  if (length > MOST_VOXELS)
    refuse(place, `scans of ${length} voxels are more than are read (${MOST_VOXELS})`);
  const chunk = layout.chunk_grid.configuration.chunk_shape;
  const codecs = layout.codecs.map((codec) => codec.name);
  const unread = codecs.find((codec) => !DECODED.has(codec));
  if (unread !== undefined) {
    const sharded = unread === 'sharding_indexed' ? ' (the array is sharded)' : '';
    refuse(
      place,
      `the codec ${unread} is not read${sharded}; write plain or compressed chunks, one for each scan`,
    );
  }
  const checksum = codecs.indexOf('crc32c');
  if (checksum >= 0 && checksum < codecs.length - 1)
    refuse(place, 'the codec crc32c is read as the last one only');
  if ([1, ...shape.slice(1)].some((side, axis) => chunk[axis] !== side)) {
    refuse(
      place,
      `expected one chunk per scan (1 × ${shape.slice(1).join(' × ')}), found ${chunk.join(' × ')}`,
    );
  }

  const size = length * { float32: 4, uint16: 2, uint8: 1 }[dtype as 'float32' | 'uint16' | 'uint8'];
  const key = (scan: number) => `/${name}/${chunkKey(layout.chunk_key_encoding, scan)}`;
  const path = (scan: number) => store.path(key(scan));
  const little = LITTLE_ENDIAN && layout.codecs[0]?.configuration?.endian !== 'big';
  const direct = little && codecs[0] === 'bytes';
  const { readInto } = store;
  if (direct && codecs.length === 1 && readInto) {
    const room = () => allocate(dtype, length);
    return {
      ...{ shape, dtype, path, key },
      plain: { room, read: (scan, into) => void readInto(key(scan), size, () => into) },
      read: async (scan) => readInto(key(scan), size, room),
    };
  }
  const stored = async (scan: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = (await store.get(key(scan))) as Uint8Array<ArrayBuffer>;
    return checksum < 0 ? bytes : withoutChecksum(path(scan), bytes);
  };
  const compressor = codecs.filter((codec) => codec !== 'crc32c').join();
  const array = await openZarr(store, name);
  return {
    ...{ shape, dtype, path, key },
    plain: null,
    async read(scan) {
      const bytes = await stored(scan);
      let voxels: Voxels;
      if (direct && compressor === 'bytes') voxels = asVoxels(new Uint8Array(bytes), dtype);
      else if (direct && compressor === 'bytes,gzip')
        voxels = asVoxels(await inflated(store, path(scan), bytes, size), dtype);
      else {
        try {
          voxels = (await array.getChunk([scan, 0, 0, 0])).data as Voxels;
        } catch (cause) {
          throw chunkProblem(path(scan), cause, false);
        }
      }
      if (voxels.length === length) return voxels;
      return refuse(
        path(scan),
        `the chunk holds ${voxels.length} voxels, expected ${length}; prepare the cohort again`,
      );
    },
  };
}

/** The bytes of a chunk as voxels; none where they are no whole number of voxels. */
function asVoxels(bytes: Uint8Array<ArrayBuffer>, dtype: string): Voxels {
  if (dtype === 'uint8') return bytes;
  const width = dtype === 'float32' ? 4 : 2;
  if (bytes.length % width !== 0) return new Uint8Array(0);
  const { buffer } = bytes;
  return dtype === 'float32' ? new Float32Array(buffer) : new Uint16Array(buffer);
}

/** An array's zarr.json. @throws SemcrcError `bad-input` when it is missing, or no array of format 3. */
async function readLayout(store: StorePlace, name: StoreArray): Promise<ArrayLayout> {
  const place = store.path(name);
  const bytes = await store.get(`/${name}/zarr.json`);
  if (!bytes) refuse(place, 'the array is missing from the store');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    refuse(place, `is not a Zarr array: its zarr.json is not JSON: ${(cause as Error).message}`);
  }
  if (layoutValidator.Check(json)) return json;
  const problem = layoutValidator.Errors(json)[0];
  return refuse(
    place,
    `is not a Zarr array: ${problem?.instancePath || 'zarr.json'} ${problem?.message ?? 'does not fit'}`,
  );
}

async function openZarr(store: StorePlace, name: StoreArray): Promise<zarr.Array<zarr.DataType, StorePlace>> {
  try {
    return await zarr.open.v3(zarr.root(store).resolve(name), { kind: 'array' });
  } catch (cause) {
    if (cause instanceof SemcrcError) throw cause;
    return refuse(store.path(name), `is not a Zarr array: ${(cause as Error).message}`);
  }
}
