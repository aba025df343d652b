import { ByteStream } from '../files/byte-stream.ts';
import type { Files } from '../files/open-file.ts';
import type { LabelVolume, Volume } from '../grid/volume.ts';
import type { NiftiHeader } from './header.ts';
import { missingVoxels, type NiftiImage, type VoxelKind } from './memory.ts';
import { voxelBytes, whichVolume } from './shape.ts';
import { decodeStep, readStart, type SliceSpan, spansOf, VoxelReader, withStream } from './stream.ts';

/** Steps for reading a header: the first few KiB hold it. */
const headerStep = 2 ** 14;

/** As {@link NiftiFiles.header}. */
export function readHeader(files: Files, path: string): Promise<NiftiHeader> {
  return withStream(files, path, headerStep, (stream) => readStart(stream, path));
}

/** As {@link NiftiFiles.check}. */
export function checkVoxels(files: Files, path: string): Promise<NiftiHeader> {
  return withStream(files, path, headerStep, async (stream) => {
    const header = await readStart(stream, path);
    const total = header.dataOffset + voxelBytes(header);
    if (await stream.claims(total)) return header;
    await stream.skip(total - stream.position);
    if (stream.position < total) {
      throw missingVoxels(header, Math.max(0, stream.position - header.dataOffset), path);
    }
    return header;
  });
}

/** Which part of a file is read, and where to. */
export interface NiftiReadOptions<T extends Float32Array | Uint16Array> {
  /**
   * Only these slices (voxel axis z of the file), from `first` to before `end`; the affine moves to the first of them. Of
   * several spans, which ascend without overlap, the volume reaches from the first slice to the last, and slices between
   * spans hold what `into` held before, 0 in a new array. The file is inflated to its end all the same, so that its checksum
   * counts, but nothing else is decoded or kept.
   */
  readonly slices?: SliceSpan | readonly SliceSpan[];
  /** An array to read into, at least as long as there are voxels; the volume is a view of it. A new one when left out. */
  readonly into?: T;
}

/** Which volume of a file is read. */
export interface VolumeChoice {
  /** `keep` reads images that hold NaN, to look at them; `refuse` by default. */
  readonly nans?: 'refuse' | 'keep';
  /** Its number along the fourth axis, from 0. When left out, the file must hold one volume only. */
  readonly volume?: number;
}

/** As {@link NiftiFiles.read}. */
export function readVolume(
  files: Files,
  path: string,
  {
    as = 'image',
    volume: chosen,
    slices,
    into,
    nans = 'refuse',
  }: { as?: VoxelKind } & VolumeChoice & NiftiReadOptions<Float32Array | Uint16Array> = {},
): Promise<NiftiImage<Volume | LabelVolume>> {
  return withStream(files, path, decodeStep, async (stream) => {
    const header = await readStart(stream, path);
    const { shape, index } = whichVolume(header, chosen, path);
    const spans = spansOf(slices, shape, path);
    const reader = await VoxelReader.start(stream, header, path);
    reader.nans = nans;
    const volume = await reader.slices(shape, index, spans, as, into);
    await reader.finish();
    return { header, volume, rounded: reader.rounded };
  });
}

/** Some slices of a volume in the file's own order. */
export interface Slab<V extends Volume | LabelVolume = Volume> {
  /** Index of the first slice (voxel axis z of the file). */
  readonly first: number;
  /** The slices; its affine is that of the whole volume moved to the first slice. */
  readonly volume: V;
}

/** As {@link NiftiFiles.slabs}. */
export async function* readSlabs(
  files: Files,
  path: string,
  { slices, as = 'image' }: { slices: number; as?: VoxelKind },
): AsyncGenerator<Slab<Volume | LabelVolume>, void, void> {
  const stream = await ByteStream.open(files, path, { step: decodeStep });
  try {
    const header = await readStart(stream, path);
    const { shape, index } = whichVolume(header, undefined, path);
    const reader = await VoxelReader.start(stream, header, path);
    for (let first = 0; first < shape[0]; first += slices) {
      const span = { first, end: Math.min(first + slices, shape[0]) };
      yield { first, volume: await reader.slices(shape, index, [span], as) };
    }
  } finally {
    await stream.close();
  }
}
