import { type Cohort, keepsSurroundings, type MendedVoxels, type Sample, type Source } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { clip, mendIntervals, refuseNaN, refuseNegative } from '../scan/voxels.ts';
import { type ChunkReader, openArray } from './chunks.ts';
import {
  arraysOf,
  type OptionalVolumes,
  parseStoreAttributes,
  type StoreArray,
  type StoreAttributes,
  shapeOfArray,
  slotsOf,
  storedLeftOut,
  storedPreparing,
} from './format.ts';
import { LazySample } from './lazy-sample.ts';
import { refuse, type StorePlace, type Voxels } from './store-place.ts';

async function readDraws(
  image: (name: StoreArray) => Promise<Float32Array>,
  count: number,
): Promise<Float32Array[]> {
  const draws: Float32Array[] = [];
  for (let index = 0; index < count; index++) draws.push(await image(`sample-${index}`));
  return draws;
}

/** Flags that all threads see, where memory can be shared; that each has for itself where it cannot. */
function sharedFlags(count: number): Uint8Array {
  return new Uint8Array(globalThis.SharedArrayBuffer ? new SharedArrayBuffer(count) : new ArrayBuffer(count));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Voxels) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Options for opening a prepared cohort. */
export interface StoreOptions {
  /** What an earlier opening in this run found, perhaps in another thread: chunks are not fingerprinted or verified again. */
  readonly known?: Partial<Pick<Cohort, 'digest' | 'verified'>>;
}

/** Checks what a checksum did not: a store written by another program. Mends bounds as reading files would. */
function judge(
  sample: Omit<Sample, 'mended'>,
  path: (name: StoreArray) => string,
  labelIds: Uint8Array,
): MendedVoxels {
  const [slices, height, width] = sample.shape;
  const voxels = (name: StoreArray, values: ArrayLike<number>) => ({
    scan: sample.id,
    file: path(name),
    size: [width, height, slices] as const,
    values,
  });
  const { truth, lower, upper, point, std, samples = [], organs, surroundings } = sample;
  const images = {
    ...{ truth, lower, upper, point, std },
    'around-point': surroundings?.point,
    'around-width': surroundings?.width,
    'organ-means': surroundings?.organMeans,
  };
  for (const [name, values] of Object.entries(images)) {
    if (values) refuseNaN(voxels(name as StoreArray, values));
  }
  for (const [index, values] of samples.entries()) {
    refuseNaN(voxels(`sample-${index}`, values));
    clip(values);
  }
  if (std) refuseNegative(voxels('std', std));
  for (let index = 0; index < truth.length; index++) {
    const value = truth[index] as number;
    if (value < 0 || value > 1) {
      refuse(path('truth'), `scan ${sample.id}: voxel ${index} is ${value}, expected an intensity in [0, 1]`);
    }
    const label = organs[index] as number;
    if (labelIds[label] !== 1) {
      refuse(
        path('groups'),
        `scan ${sample.id}: voxel ${index} has label ${label}, which the labels do not name`,
      );
    }
  }
  return mendIntervals(lower, upper, point);
}

async function digestStore(
  store: StorePlace,
  attributes: StoreAttributes,
  readers: readonly (readonly [StoreArray, ChunkReader])[],
): Promise<string> {
  const { schema, scans, patients, sites, labels, window, spacing } = attributes;
  const hash = store
    .sha256()
    .update(
      JSON.stringify({ schema, scans, patients, ...(sites ? { sites } : {}), labels, window, spacing }),
    );
  for (const [name, reader] of readers) {
    hash.update(`${name} ${reader.shape.join('x')} ${reader.dtype}\n`);
    const sums = attributes.checksums?.[name];
    // With checksums the content is known without touching a chunk; each is verified when its scan is read.
    if (sums) hash.update(sums.join(','));
    else {
      // A shard holds several scans.
      const keys = new Set(scans.map((_, scan) => reader.key(scan)));
      for (const key of keys) hash.update(await store.fingerprint(key, name));
    }
  }
  return hash.digest('hex');
}

/**
 * Opens a prepared cohort: a Zarr v3 group (format 3) with one chunk per scan, written by semcrc or by another program.
 * Chunks are read one scan at a time. A missing, short or damaged chunk is an error, never zeros; where the store carries
 * checksums, each chunk is checked against its own the first time it is read. Stores as semcrc writes them offer
 * views where files can be read while a thread waits. `digest` covers scans, patients, labels, window, spacing and the
 * chunks: through the checksums, else through their fingerprints.
 *
 * @throws SemcrcError `bad-input` naming the file, for anything that is not such a store.
 */
export async function openStoreAt(store: StorePlace, options: StoreOptions = {}): Promise<Source> {
  const { name: path } = store;
  const root = await store.get('/zarr.json');
  if (!root) refuse(path, `is not a prepared cohort: ${await store.whatElse()}`);
  let metadata: { attributes?: unknown };
  try {
    metadata = JSON.parse(new TextDecoder().decode(root));
  } catch (cause) {
    return refuse(store.path('zarr.json'), `is not JSON: ${(cause as Error).message}`);
  }
  const attributes = parseStoreAttributes(metadata?.attributes, path);
  const { scans, patients, labels, checksums, mended, affines } = attributes;
  const has = async (name: StoreArray) => (await store.get(`/${name}/zarr.json`)) !== undefined;
  let draws = 0;
  while (await has(`sample-${draws}`)) draws++;
  const held = {
    point: await has('point'),
    std: await has('std'),
    measurement: await has('measurement'),
    samples: draws,
  };
  const preparing = storedPreparing(attributes, held);
  const volumes: OptionalVolumes = { ...held, surroundings: keepsSurroundings(preparing) };
  const names = arraysOf(volumes);
  const readers = await Promise.all(
    names.map(async (name) => [name, await openArray(store, name, scans.length)] as const),
  );
  const reader = new Map(readers);
  const shape = (reader.get('truth') as ChunkReader).shape;
  const [slices, height, width] = shape.slice(1) as [number, number, number];
  for (const [name, { shape: other }] of readers) {
    const expected = [scans.length, ...shapeOfArray(name, [slices, height, width], slotsOf(labels))];
    if (other.join() !== expected.join()) {
      refuse(
        store.path(name),
        expected.join() === shape.join()
          ? `its shape ${other.join(' × ')} differs from that of truth, ${shape.join(' × ')}`
          : `its shape is ${other.join(' × ')}, expected ${expected.join(' × ')}; prepare the cohort again`,
      );
    }
    const sums = checksums?.[name];
    if (checksums && sums?.length !== scans.length)
      refuse(path, `checksums of ${name} do not cover every scan`);
  }
  if (mended && (mended.clipped.length !== scans.length || mended.crossed.length !== scans.length)) {
    refuse(path, 'the counts of mended voxels do not cover every scan');
  }
  if (affines && affines.length !== scans.length) refuse(path, 'the affines do not cover every scan');

  const labelIds = new Uint8Array(65536);
  for (const id of Object.keys(labels)) labelIds[Number(id)] = 1;
  const indexOf = new Map(scans.map((scan, index) => [scan, index]));

  const verified = options.known?.verified ?? sharedFlags(names.length * scans.length);
  const firstOf = new Map(names.map((name, index) => [name, index * scans.length]));
  /** Refuses the chunk of an array whose checksum differs, the first time it is read. */
  const verify = (name: StoreArray, scan: number, voxels: Voxels): void => {
    const expected = checksums?.[name]?.[scan];
    const place = (firstOf.get(name) as number) + scan;
    if (expected === undefined || verified[place] === 1) return;
    if (store.crc32(bytesOf(voxels)) !== expected) {
      refuse(
        (reader.get(name) as ChunkReader).path(scan),
        `scan ${scans[scan]}: the chunk is damaged (its checksum differs); prepare it again`,
      );
    }
    verified[place] = 1;
  };
  const scanOf = (id: string): number => {
    const scan = indexOf.get(id);
    if (scan !== undefined) return scan;
    throw new SemcrcError('usage', `${path} has no scan "${id}"`, { data: { scan: id } });
  };
  const factsOf = (scan: number) => ({
    id: scans[scan] as string,
    patient: patients[scan] as string,
    shape: [slices, height, width] as const,
    ...(affines ? { affine: affines[scan] } : {}),
  });
  const counted = (scan: number): MendedVoxels | undefined =>
    checksums &&
    mended && { clipped: mended.clipped[scan] as number, crossed: mended.crossed[scan] as number };

  const chunkOf = async (name: StoreArray, scan: number): Promise<Voxels> => {
    const voxels = await (reader.get(name) as ChunkReader).read(scan);
    verify(name, scan, voxels);
    return voxels;
  };
  const read = async (id: string): Promise<Sample> => {
    const scan = scanOf(id);
    const image = async (name: StoreArray) => (await chunkOf(name, scan)) as Float32Array<ArrayBuffer>;
    const sample: Omit<Sample, 'mended'> = {
      ...factsOf(scan),
      truth: await image('truth'),
      lower: await image('lower'),
      upper: await image('upper'),
      ...(reader.has('point') ? { point: await image('point') } : {}),
      ...(reader.has('std') ? { std: await image('std') } : {}),
      ...(draws > 0 ? { samples: await readDraws(image, draws) } : {}),
      organs: (await chunkOf('groups', scan)) as Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>,
      ...(volumes.surroundings
        ? {
            surroundings: {
              point: await image('around-point'),
              width: await image('around-width'),
              inside: (await chunkOf('around-inside', scan)) as Uint8Array<ArrayBuffer>,
              organMeans: await image('organ-means'),
            },
          }
        : {}),
    };
    const judged = () => judge(sample, (name) => (reader.get(name) as ChunkReader).path(scan), labelIds);
    return { ...sample, mended: counted(scan) ?? judged() };
  };

  const rooms = new Map<StoreArray, Voxels>();
  let viewed = -1;
  const viewOf = (scan: number, counts: MendedVoxels): Sample => {
    viewed = scan;
    const volume = (name: StoreArray): Voxels | undefined => {
      const chunks = reader.get(name)?.plain;
      if (!chunks) return undefined;
      if (viewed !== scan) {
        throw new SemcrcError(
          'internal',
          `scan ${scans[scan]} is looked at, but another one was viewed since`,
        );
      }
      const room = rooms.get(name) ?? chunks.room();
      rooms.set(name, room);
      chunks.read(scan, room);
      verify(name, scan, room);
      return room;
    };
    return new LazySample(factsOf(scan), counts, volume, volumes) as Sample;
  };

  /** Volumes that are no part of a sample are not judged with it. */
  const measurement = async (id: string): Promise<Float32Array | null> => {
    const scan = scanOf(id);
    if (!reader.has('measurement')) return null;
    const values = (await chunkOf('measurement', scan)) as Float32Array;
    const file = (reader.get('measurement') as ChunkReader).path(scan);
    refuseNaN({ scan: id, file, size: [width, height, slices], values });
    return values;
  };

  // Chunks that must be decompressed, or judged voxel by voxel, are dearer to read again than to keep.
  const quick = readers.every(([, { plain }]) => plain) && checksums && mended;
  return {
    name: path,
    ids: scans,
    patients,
    ...(attributes.sites === undefined ? {} : { sites: attributes.sites }),
    labels,
    digest: options.known?.digest ?? (await digestStore(store, attributes, readers)),
    draws,
    leftOut: storedLeftOut(attributes),
    ...(attributes.fingerprints === undefined ? {} : { fingerprints: attributes.fingerprints }),
    preparing,
    verified,
    read,
    measurement,
    ...(quick
      ? {
          async view(id: string) {
            const scan = scanOf(id);
            return viewOf(scan, counted(scan) as MendedVoxels);
          },
        }
      : {}),
  };
}
