import { SemcrcError } from '@semcrc/kernels';
import type { FileBlob } from '../files/file-blob.ts';
import type { Affine, Shape } from '../grid/affine.ts';
import { voxelCount } from '../grid/volume.ts';
import type { NiftiDatatype } from './datatype.ts';
import { type EncodedHeader, encodeHeader, type NiftiFormat } from './encode-header.ts';
import { encodeVoxels } from './encode-voxels.ts';

/** Voxels encoded at a time. */
const STEP = 2 ** 18;

/** Compressed bytes gathered before the browser is given them to keep. */
const PART = 2 ** 22;

/**
 * A .nii.gz file that is written slab by slab into a `Blob`: as `NiftiWriter` of `@semcrc/imaging/node` writes it, header and
 * voxels bit by bit, deflated by the platform.
 */
export class NiftiBlobWriter {
  readonly #name: string;
  readonly #header: EncodedHeader;
  readonly #voxels: number;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #gathered: Promise<Blob>;
  #next = 0;

  /**
   * @param name for messages
   * @param shape of the volume, in the file's voxel order
   */
  constructor(name: string, shape: Shape, affine: Affine, datatype: NiftiDatatype, format: NiftiFormat = {}) {
    this.#name = name;
    this.#header = encodeHeader(shape, affine, datatype, format);
    this.#voxels = voxelCount(shape);
    const stream = new CompressionStream('gzip');
    this.#writer = stream.writable.getWriter();
    this.#gathered = gather(stream.readable);
    // Met by whoever writes next, or completes.
    this.#gathered.catch(() => undefined);
    this.#writer.closed.catch(() => undefined);
    this.#writer.write(this.#header.bytes as Uint8Array<ArrayBuffer>).catch(() => undefined);
  }

  /**
   * The next voxels, x fastest; any number of them. The array may be used again when the promise resolves.
   *
   * @throws SemcrcError `usage` for more voxels than the shape has or a value the data type cannot hold.
   */
  async write(data: Float32Array | Uint16Array): Promise<void> {
    if (this.#next + data.length > this.#voxels) {
      throw new SemcrcError(
        'usage',
        `${this.#name}: more than ${this.#voxels} voxels written (${this.#next + data.length})`,
      );
    }
    for (let at = 0; at < data.length; at += STEP) {
      const piece = data.subarray(at, at + STEP);
      const bytes = encodeVoxels(this.#header, piece, this.#next);
      await this.#writer.write(bytes as Uint8Array<ArrayBuffer>);
      this.#next += piece.length;
    }
  }

  /** The file, whole. @throws SemcrcError `usage` when voxels are missing. */
  async complete(): Promise<FileBlob> {
    if (this.#next !== this.#voxels) {
      throw new SemcrcError('usage', `${this.#name}: ${this.#voxels} voxels expected, ${this.#next} written`);
    }
    await this.#writer.close();
    return this.#gathered;
  }

  /** Gives the file up. */
  async abort(): Promise<void> {
    await this.#writer.abort().catch(() => undefined);
  }
}

/** All bytes of a stream; a browser keeps what is in blobs outside of the page's memory. */
async function gather(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const type = 'application/gzip';
  const kept: Blob[] = [];
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const keep = (): void => {
    kept.push(new Blob(parts));
    parts = [];
    length = 0;
  };
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value as Uint8Array<ArrayBuffer>);
    length += value.length;
    if (length >= PART) keep();
  }
  keep();
  return new Blob(kept, { type });
}
