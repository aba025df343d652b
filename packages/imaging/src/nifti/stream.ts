import { SemcrcError } from '@semcrc/kernels';
import { ByteStream } from '../files/byte-stream.ts';
import type { Files } from '../files/open-file.ts';
import { type Shape, sliceAffine } from '../grid/affine.ts';
import { type LabelVolume, makeVolume, type Volume, voxelCount } from '../grid/volume.ts';
import { datatypes } from './datatype.ts';
import { headerBytes, type NiftiHeader, parseHeaderStart, recogniseNifti, withExtensions } from './header.ts';
import { decodeVoxels, missingVoxels, type VoxelKind, voxelArray } from './memory.ts';
import { voxelBytes } from './shape.ts';

/** Inflated bytes decoded at a time. */
export const decodeStep = 2 ** 18;

/** The header of a stream that stands at its first byte; leaves it somewhere before the first voxel. */
export async function readStart(stream: ByteStream, name: string): Promise<NiftiHeader> {
  const bytes = new Uint8Array(headerBytes[2] + 4);
  let length = await stream.read(bytes.subarray(0, 4));
  const size = new DataView(bytes.buffer).getInt32(0, true);
  // 348 or 540 in either byte order; what else it is shows up to byte 132.
  if (![348, 540, 0x5c010000, 0x1c020000].includes(size)) length += await stream.read(bytes.subarray(4, 132));
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
export async function withStream<T>(
  files: Files,
  path: string,
  step: number,
  use: (stream: ByteStream) => Promise<T>,
): Promise<T> {
  const stream = await ByteStream.open(files, path, { step });
  try {
    return await use(stream);
  } finally {
    await stream.close();
  }
}

/** Slices of a volume (voxel axis z of the file), from `first` to before `end`. */
export interface SliceSpan {
  readonly first: number;
  readonly end: number;
}

/**
 * The spans asked for, all slices when none are.
 *
 * @throws SemcrcError `usage` for slices that are not there, and spans that do not follow one another.
 */
export function spansOf(
  slices: SliceSpan | readonly SliceSpan[] | undefined,
  [count]: Shape,
  name: string,
): readonly SliceSpan[] {
  if (slices === undefined) return [{ first: 0, end: count }];
  const spans = 'first' in slices ? [slices] : slices;
  if (spans.length === 0) throw new SemcrcError('usage', `${name}: expected slices to read, found no span`);
  let from = 0;
  for (const { first, end } of spans) {
    if (!(first >= from && first < end && end <= count)) {
      const where = from === 0 ? '' : ` behind those before ${from}`;
      throw new SemcrcError('usage', `${name}: slices ${first} to ${end} of ${count} cannot be read${where}`);
    }
    from = end;
  }
  return spans;
}

/** Reads the voxels of a file one span after the other, decoded; the end of the gzip stream is checked behind the last. */
export class VoxelReader {
  readonly #stream: ByteStream;
  readonly #header: NiftiHeader;
  readonly #name: string;
  readonly #bytesPerVoxel: number;
  /** Voxels of the whole file, all its volumes. */
  readonly #voxels: number;
  /** Whether the file's own word backs the size its header claims. */
  readonly #vouched: boolean;
  #next = 0;
  /** Labels rounded so far. */
  rounded = 0;
  /** Whether images may hold NaN. */
  nans: 'refuse' | 'keep' = 'refuse';

  private constructor(stream: ByteStream, header: NiftiHeader, vouched: boolean, name: string) {
    this.#stream = stream;
    this.#header = header;
    this.#name = name;
    this.#vouched = vouched;
    this.#bytesPerVoxel = datatypes[header.datatype].bytes;
    this.#voxels = voxelBytes(header) / this.#bytesPerVoxel;
  }

  /** @param stream stands where {@link readStart} left it. */
  static async start(stream: ByteStream, header: NiftiHeader, name: string): Promise<VoxelReader> {
    const total = header.dataOffset + voxelBytes(header);
    // A gzip file's word for its size may be forged: it is taken where it costs little, or is what images deflate to.
    const likely = !stream.compressed || total <= Math.max(2 ** 26, 64 * stream.fileSize);
    const vouched = likely && (await stream.claims(total));
    await stream.skip(header.dataOffset - stream.position);
    return new VoxelReader(stream, header, vouched, name);
  }

  /**
   * Some slices of a volume of the file, which must lie at or behind the last voxel read. The volume reaches from the first
   * of them to the last; between spans it holds what `into` held, 0 in a new array.
   *
   * @param shape of one volume.
   * @param volume which volume of the file, from 0.
   * @param spans as {@link spansOf} gives them.
   * @throws SemcrcError `bad-input` when they are not all there; `usage` when `into` is too short for them.
   */
  async slices(
    shape: Shape,
    volume: number,
    spans: readonly SliceSpan[],
    as: VoxelKind,
    into?: Float32Array | Uint16Array,
  ): Promise<Volume | LabelVolume> {
    const [, height, width] = shape;
    const area = height * width;
    const first = spans[0].first;
    const reach: Shape = [spans[spans.length - 1].end - first, height, width];
    const voxels = voxelCount(reach);
    const start = volume * voxelCount(shape) + first * area;
    let data = this.#room(voxels, as, into);
    for (const span of spans) {
      await this.skipTo(start + (span.first - first) * area);
      const end = (span.end - first) * area;
      for (let at = this.#next - start; at < end; at = this.#next - start) {
        if (at >= data.length) {
          const grown = voxelArray(as, Math.min(voxels, 2 * at));
          grown.set(data);
          data = grown;
        }
        await this.#decode(data.subarray(at, end));
      }
    }
    return makeVolume(data, reach, sliceAffine(this.#header.affine, first)) as Volume | LabelVolume;
  }

  /** Passes over voxels, those up to `index` of the file. @throws SemcrcError `bad-input` when they are not all there. */
  async skipTo(index: number): Promise<void> {
    const count = index - this.#next;
    if (count === 0) return;
    const found = await this.#stream.skip(count * this.#bytesPerVoxel);
    if (found < count * this.#bytesPerVoxel) {
      throw missingVoxels(this.#header, this.#next * this.#bytesPerVoxel + found, this.#name);
    }
    this.#next = index;
    await this.#checkEnd();
  }

  /** Passes over what is left of the file. @throws SemcrcError `bad-input` when it ends early or its checksum fails. */
  finish(): Promise<void> {
    return this.skipTo(this.#voxels);
  }

  /** The array voxels are decoded into. Where nothing but the header claims their number, it starts small and grows. */
  #room(voxels: number, as: VoxelKind, into?: Float32Array | Uint16Array): Float32Array | Uint16Array {
    if (into !== undefined && into.length < voxels) {
      throw new SemcrcError(
        'usage',
        `${this.#name}: ${voxels} voxels do not fit into an array of ${into.length}`,
      );
    }
    return into?.subarray(0, voxels) ?? voxelArray(as, this.#vouched ? voxels : Math.min(voxels, 2 ** 20));
  }

  async #decode(out: Float32Array | Uint16Array): Promise<void> {
    const size = this.#bytesPerVoxel;
    for (let done = 0; done < out.length; ) {
      const bytes = await this.#stream.items(size, (out.length - done) * size);
      if (bytes.length < size)
        throw missingVoxels(this.#header, this.#next * size + bytes.length, this.#name);
      const count = bytes.length / size;
      this.rounded += decodeVoxels(
        this.#header,
        bytes,
        out.subarray(done, done + count),
        this.#next,
        this.#name,
        this.nans,
      );
      done += count;
      this.#next += count;
    }
    await this.#checkEnd();
  }

  /** Behind the last voxel the stream either ends, its checksum checked, or goes on with what nobody asked for. */
  async #checkEnd(): Promise<void> {
    if (this.#next === this.#voxels) await this.#stream.read(new Uint8Array(1));
  }
}
