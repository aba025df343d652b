import { join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { FolderStore } from './folder-store.ts';
import type { StoreArray } from './format.ts';

/** A step from voxels to bytes on disk. */
export const Codec = Type.Object({
  name: Type.String(),
  configuration: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
export type Codec = Static<typeof Codec>;

const Sides = Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1 });

/** The part of an array's zarr.json that decides how its chunks lie on disk. */
const ArrayLayout = Type.Object({
  zarr_format: Type.Literal(3),
  node_type: Type.Literal('array'),
  shape: Sides,
  data_type: Type.String(),
  codecs: Type.Array(Codec, { minItems: 1 }),
  chunk_grid: Type.Object({
    name: Type.Literal('regular'),
    configuration: Type.Object({ chunk_shape: Sides }),
  }),
  chunk_key_encoding: Type.Object({
    name: Type.Enum(['default', 'v2']),
    configuration: Type.Optional(Type.Object({ separator: Type.Optional(Type.Enum(['/', '.'])) })),
  }),
});
export type ArrayLayout = Static<typeof ArrayLayout>;

/** How a shard holds its chunks: one after the other, and where each lies in an index. */
const Sharding = Type.Object({
  chunk_shape: Sides,
  codecs: Type.Array(Codec, { minItems: 1 }),
  index_codecs: Type.Array(Codec, { minItems: 1 }),
  index_location: Type.Optional(Type.Enum(['start', 'end'])),
});

const layoutValidator = Compile(ArrayLayout);
const shardingValidator = Compile(Sharding);

/** Refuses a store for what is wrong at a place in it. */
export function refuse(place: string, problem: string): never {
  throw new SemcrcError('bad-input', `${place}: ${problem}`, { data: { file: place } });
}

/** Where the chunks of scans lie. */
export interface ChunkPlaces {
  /** The file a scan's chunk lies in, below the array's folder. */
  key(scan: number): string;
  /** How the bytes of a chunk are encoded. */
  readonly codecs: readonly Codec[];
  /** Null where every chunk is a file of its own. */
  readonly shards: ShardLayout | null;
}

/** How shards are laid out. */
export interface ShardLayout {
  /** Scans in a shard; the last may hold fewer. */
  readonly scans: number;
  readonly index: 'start' | 'end';
  /** Whether a CRC-32C stands behind the index. */
  readonly checksum: boolean;
}

/** The most scans of one shard: its index is read whole. */
const MOST_SHARDED = 2 ** 20;

/**
 * Reads an array's zarr.json.
 *
 * @throws SemcrcError `bad-input` when it is missing, or no array of format 3
 */
export async function readLayout(store: FolderStore, name: StoreArray): Promise<ArrayLayout> {
  const place = join(store.folder, name);
  const bytes = await store.get(`/${name}/zarr.json`);
  if (!bytes) refuse(place, 'the array is missing from the store');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    refuse(place, `is not a Zarr array: its zarr.json is not JSON: ${(cause as Error).message}`);
  }
  return fitting(json, layoutValidator, place, 'is not a Zarr array');
}

/** What fits a schema. @throws SemcrcError `bad-input` for what does not */
function fitting<T>(
  value: unknown,
  validator: {
    Check(value: unknown): value is T;
    Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[];
  },
  place: string,
  what: string,
): T {
  if (validator.Check(value)) return value;
  const problem = validator.Errors(value)[0];
  return refuse(
    place,
    `${what}: ${problem?.instancePath || 'zarr.json'} ${problem?.message ?? 'does not fit'}`,
  );
}

/**
 * Where the chunks of an array lie.
 *
 * @param place the array, for messages.
 * @throws SemcrcError `bad-input` where a scan is not one chunk, in a file of its own or in a shard of whole scans
 */
export function chunkPlaces(layout: ArrayLayout, place: string): ChunkPlaces {
  const { shape, codecs, chunk_key_encoding: encoding } = layout;
  const [, ...scan] = shape;
  const grid = layout.chunk_grid.configuration.chunk_shape;
  const requireScan = (sides: readonly number[], what: string) => {
    if (sides.length === shape.length && scan.every((side, axis) => sides[axis + 1] === side)) return;
    refuse(place, `expected ${what} (1 × ${scan.join(' × ')}), found ${sides.join(' × ')}`);
  };
  const sharded = codecs.some(({ name }) => name === 'sharding_indexed');
  if (!sharded) {
    requireScan(grid, 'one chunk per scan');
    if (grid[0] !== 1) refuse(place, `expected one chunk per scan, found chunks of ${grid[0]} scans`);
    return { key: (at) => chunkKey(encoding, at), codecs, shards: null };
  }
  const [sharding, ...more] = codecs;
  if (sharding?.name !== 'sharding_indexed' || more.length > 0)
    refuse(place, 'the array is sharded, and its shards are encoded once more; write them plain');
  const {
    chunk_shape,
    codecs: inner,
    index_codecs,
    index_location: index = 'end',
  } = fitting(
    sharding?.configuration,
    shardingValidator,
    place,
    'the array is sharded in no way that is read',
  );
  requireScan(grid, 'shards of whole scans');
  requireScan(chunk_shape, 'one chunk per scan in its shards');
  if (chunk_shape[0] !== 1)
    refuse(place, `expected one chunk per scan in its shards, found chunks of ${chunk_shape[0]} scans`);
  const scans = grid[0] as number;
  if (scans > MOST_SHARDED)
    refuse(place, `shards of ${scans} scans are more than are read (${MOST_SHARDED})`);
  const [first, second, ...others] = index_codecs;
  const plain = first?.name === 'bytes' && first.configuration?.endian !== 'big' && others.length === 0;
  if (!plain || (second !== undefined && second.name !== 'crc32c')) {
    const found = index_codecs.map(({ name }) => name).join(', ');
    refuse(place, `the index of its shards is encoded by ${found}; expected bytes (little), crc32c`);
  }
  return {
    key: (at) => chunkKey(encoding, Math.floor(at / scans)),
    codecs: inner,
    shards: { scans, index, checksum: second !== undefined },
  };
}

/** The key of the first chunk of a scan or shard below its array, as Zarr v3 encodes chunk keys. */
function chunkKey(encoding: ArrayLayout['chunk_key_encoding'], at: number): string {
  const separator = encoding.configuration?.separator ?? (encoding.name === 'default' ? '/' : '.');
  const coordinates = [at, 0, 0, 0].join(separator);
  return encoding.name === 'default' ? `c${separator}${coordinates}` : coordinates;
}
