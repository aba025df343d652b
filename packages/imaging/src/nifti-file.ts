import { SemcrcError } from '@semcrc/kernels';
import type { Affine, Shape } from './affine.ts';
import { ByteStream } from './byte-stream.ts';
import { decodeVoxels, missingVoxels, type NiftiImage, type VoxelKind, voxelArray } from './nifti.ts';
import { datatypes } from './nifti-datatype.ts';
import {
  headerBytes,
  type NiftiHeader,
  parseHeaderStart,
  recogniseNifti,
  volumeShape,
  voxelBytes,
  withExtensions,
} from './nifti-header.ts';
import { type LabelVolume, makeVolume, type Volume, voxelCount } from './volume.ts';

/** Inflated bytes decoded at a time. */
const decodeStep = 2 ** 20;

/** Steps for reading a header: the first few KiB hold it. */
const headerStep = 2 ** 14;

async function readStart(stream: ByteStream, name: string): Promise<NiftiHeader> {
  const bytes = new Uint8Array(headerBytes[2] + 4);
  let length = await stream.read(bytes.subarray(0, 4));
  const { version } = recogniseNifti(bytes.subarray(0, length), name);
  const end = headerBytes[version] + 4;
  length += await stream.read(bytes.subarray(4, end));
  const { header, hasExtensions } = parseHeaderStart(bytes.subarray(0, length), name);
  const total = header.dataOffset + voxelBytes(header);
  if (!stream.canHold(total)) {
    throw new SemcrcError(
      'bad-input',
      `${name}: the header claims ${total} bytes (${header.shape.join(' × ')} voxels of ${header.datatype} from byte ${header.dataOffset}), the file has ${stream.fileSize}${stream.compressed ? ' compressed' : ''} and cannot hold them`,
      { data: { file: name, expected: total, found: stream.fileSize } },
    );
  }
  if (!hasExtensions) return header;
  return withExtensions(header, await readGrowing(stream, header.dataOffset - end), name);
}

/** Up to `count` bytes in memory that grows with what is there, not with what is claimed. */
async function readGrowing(stream: ByteStream, count: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(Math.min(count, 2 ** 14));
  let length = 0;
  for (;;) {
    length += await stream.read(bytes.subarray(length));
    if (length < bytes.length || length === count) return bytes.subarray(0, length);
    const grown = new Uint8Array(Math.min(count, 2 * bytes.length));
    grown.set(bytes);
    bytes = grown;
  }
}

/** Runs `use` on an open file and closes it whatever happens. */
async function withStream<T>(
  path: string,
  step: number,
  use: (stream: ByteStream) => Promise<T>,
): Promise<T> {
  const stream = await ByteStream.open(path, { step });
  try {
    return await use(stream);
  } finally {
    await stream.close();
  }
}

/**
 * The header of a .nii or .nii.gz file, extensions included. Inflates no more than that, whatever the size of the file.
 *
 * @throws SemcrcError `bad-input` when the file is missing, not NIfTI, or cannot hold what its header claims.
 */
export function readNiftiHeader(path: string): Promise<NiftiHeader> {
  return withStream(path, headerStep, (stream) => readStart(stream, path));
}

/**
 * Whether all voxels of a file are there, and its header: quick where the file's own end vouches for its size (a
 * plain file, or a gzip file of one member), else by inflating it.
 *
 * @throws SemcrcError `bad-input` when they are not.
 */
export function checkNifti(path: string): Promise<NiftiHeader> {
  return withStream(path, headerStep, async (stream) => {
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

/** Some slices of a volume in the file's own order. */
export interface Slab<V extends Volume | LabelVolume = Volume> {
  /** Index of the first slice (voxel axis z of the file). */
  readonly first: number;
  /** The slices; its affine is that of the whole volume moved to the first slice. */
  readonly volume: V;
}

/** Reads voxels one span after the other, decoded; the end of the gzip stream is checked behind the last. */
class VoxelReader {
  readonly #stream: ByteStream;
  readonly #header: NiftiHeader;
  readonly #name: string;
  readonly #buffer: Uint8Array;
  readonly #bytesPerVoxel: number;
  readonly #voxels: number;
  #next = 0;

  private constructor(stream: ByteStream, header: NiftiHeader, voxels: number, name: string) {
    this.#stream = stream;
    this.#header = header;
    this.#name = name;
    this.#voxels = voxels;
    this.#bytesPerVoxel = datatypes[header.datatype].bytes;
    this.#buffer = new Uint8Array(Math.min(decodeStep, voxels * this.#bytesPerVoxel));
  }

  static async start(
    stream: ByteStream,
    header: NiftiHeader,
    voxels: number,
    name: string,
  ): Promise<VoxelReader> {
    await stream.skip(header.dataOffset - stream.position);
    return new VoxelReader(stream, header, voxels, name);
  }

  /** Decodes the next `out.length` voxels. @throws SemcrcError `bad-input` when they are not all there. */
  async read(out: Float32Array | Uint16Array): Promise<void> {
    const most = Math.floor(this.#buffer.length / this.#bytesPerVoxel);
    for (let done = 0; done < out.length; ) {
      const count = Math.min(most, out.length - done);
      const bytes = this.#buffer.subarray(0, count * this.#bytesPerVoxel);
      const found = await this.#stream.read(bytes);
      if (found < bytes.length) {
        throw missingVoxels(this.#header, this.#next * this.#bytesPerVoxel + found, this.#name);
      }
      decodeVoxels(this.#header, bytes, out.subarray(done, done + count), this.#next, this.#name);
      done += count;
      this.#next += count;
    }
    await this.#checkEnd();
  }

  /** Passes over voxels. @throws SemcrcError `bad-input` when they are not all there. */
  async skip(count: number): Promise<void> {
    if (count === 0) return;
    const found = await this.#stream.skip(count * this.#bytesPerVoxel);
    if (found < count * this.#bytesPerVoxel) {
      throw missingVoxels(this.#header, this.#next * this.#bytesPerVoxel + found, this.#name);
    }
    this.#next += count;
    await this.#checkEnd();
  }

  /** Behind the last voxel the stream either ends, its checksum checked, or goes on with what nobody asked for. */
  async #checkEnd(): Promise<void> {
    if (this.#next === this.#voxels) await this.#stream.read(new Uint8Array(1));
  }
}

/** Which part of a file is read, and where to. */
export interface NiftiReadOptions<T extends Float32Array | Uint16Array> {
  /**
   * Only these slices (voxel axis z of the file), from `first` to before `end`; the affine moves to the first of them.
   * The file is inflated to its end all the same, so that its checksum counts, but nothing else is decoded or kept.
   */
  readonly slices?: { readonly first: number; readonly end: number };
  /** An array to read into, at least as long as there are voxels; the volume is a view of it. A new one when left out. */
  readonly into?: T;
}

/**
 * The volume of a .nii or .nii.gz file (plain or gzip is told by its first bytes, gzip of several members is read
 * whole), in the file's own voxel order.
 *
 * Reading stops at the size that the header declares; bytes behind it are ignored. Memory: the volume, and a few MiB.
 *
 * @param options.as `image` (default): f32, slope · v + inter in f64 rounded once. `labels`: u16, integers only.
 * @throws SemcrcError `bad-input` when the file is missing, damaged, cut off, holds several volumes, colours or complex
 *   numbers, a NaN, or (for labels) a value that is no label number; `usage` for slices that are not there or an array
 *   that is too short.
 */
export function readNifti(
  path: string,
  options?: { as?: 'image' } & NiftiReadOptions<Float32Array>,
): Promise<NiftiImage>;
export function readNifti(
  path: string,
  options: { as: 'labels' } & NiftiReadOptions<Uint16Array>,
): Promise<NiftiImage<LabelVolume>>;
export function readNifti(
  path: string,
  { as = 'image', slices, into }: { as?: VoxelKind } & NiftiReadOptions<Float32Array | Uint16Array> = {},
): Promise<NiftiImage<Volume | LabelVolume>> {
  return withStream(path, decodeStep, async (stream) => {
    const header = await readStart(stream, path);
    const whole = volumeShape(header, path);
    const { first, end } = slices ?? { first: 0, end: whole[0] };
    if (!(first >= 0 && first < end && end <= whole[0])) {
      throw new SemcrcError('usage', `${path}: slices ${first} to ${end} of ${whole[0]} cannot be read`);
    }
    const shape: Shape = [end - first, whole[1], whole[2]];
    const voxels = voxelCount(shape);
    if (into !== undefined && into.length < voxels) {
      throw new SemcrcError('usage', `${path}: ${voxels} voxels do not fit into an array of ${into.length}`);
    }
    const reader = await VoxelReader.start(stream, header, voxelCount(whole), path);
    await reader.skip(first * whole[1] * whole[2]);
    const vouched = into !== undefined || (await stream.claims(header.dataOffset + voxelBytes(header)));
    // Without the file's own word for its size, memory follows the voxels that are really there.
    let data = into?.subarray(0, voxels) ?? voxelArray(as, vouched ? voxels : Math.min(voxels, 2 ** 20));
    for (let done = 0; ; ) {
      await reader.read(data.subarray(done));
      done = data.length;
      if (done === voxels) break;
      const grown = voxelArray(as, Math.min(voxels, 2 * done));
      grown.set(data);
      data = grown;
    }
    await reader.skip((whole[0] - end) * whole[1] * whole[2]);
    return {
      header,
      volume: makeVolume(data, shape, sliceAffine(header.affine, first)) as Volume | LabelVolume,
    };
  });
}

/** The affine of the slices from `first` on. */
function sliceAffine(affine: Affine, first: number): Affine {
  return first === 0 ? affine : affine.map((v, i) => (i % 4 === 3 && i < 12 ? v + first * affine[i - 1] : v));
}

/**
 * The volume of a file slab by slab, from its first slice (voxel axis z of the file) to its last, for scans that should
 * not lie in memory whole. Slabs have `slices` slices, the last maybe fewer; each is a new array.
 *
 * @throws SemcrcError as {@link readNifti}, when the iteration reaches the fault.
 */
export function readNiftiSlabs(
  path: string,
  options: { slices: number; as?: 'image' },
): AsyncGenerator<Slab, void, void>;
export function readNiftiSlabs(
  path: string,
  options: { slices: number; as: 'labels' },
): AsyncGenerator<Slab<LabelVolume>, void, void>;
export async function* readNiftiSlabs(
  path: string,
  { slices, as = 'image' }: { slices: number; as?: VoxelKind },
): AsyncGenerator<Slab<Volume | LabelVolume>, void, void> {
  const stream = await ByteStream.open(path, { step: decodeStep });
  try {
    const header = await readStart(stream, path);
    const shape = volumeShape(header, path);
    const reader = await VoxelReader.start(stream, header, voxelCount(shape), path);
    for (let first = 0; first < shape[0]; first += slices) {
      const slab: Shape = [Math.min(slices, shape[0] - first), shape[1], shape[2]];
      const data = voxelArray(as, voxelCount(slab));
      await reader.read(data);
      const affine = header.affine.map((v, i) =>
        i % 4 === 3 && i < 12 ? v + first * header.affine[i - 1] : v,
      );
      yield { first, volume: makeVolume(data, slab, affine) as Volume | LabelVolume };
    }
  } finally {
    await stream.close();
  }
}
