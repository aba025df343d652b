import { once } from 'node:events';
import { createGzip, type Gzip } from 'node:zlib';
import { SemcrcError } from '@semcrc/kernels';
import { AtomicFile } from '../files/atomic-file.ts';
import type { OutputRules } from '../files/output.ts';
import type { Affine, Shape } from '../grid/affine.ts';
import { type LabelVolume, type Volume, voxelCount } from '../grid/volume.ts';
import type { NiftiDatatype } from './datatype.ts';
import { type EncodedHeader, encodeHeader, type NiftiFormat } from './encode-header.ts';
import { encodeVoxels } from './encode-voxels.ts';

/** How a file is written. */
export interface NiftiWriteOptions extends NiftiFormat {
  /** How hard deflate tries, 1 (fast) to 9; 6 when left out. Files whose name does not end in `.gz` are not deflated. */
  readonly level?: number;
  /** What the file must leave alone; see {@link OutputRules}. */
  readonly rules?: OutputRules;
}

/** Voxels encoded at a time. */
const step = 2 ** 18;

/**
 * A NIfTI file that is written slab by slab. Nothing stands at its path until {@link finish}; {@link abort}, and any
 * failure, removes what was written.
 */
export class NiftiWriter {
  readonly #path: string;
  readonly #file: AtomicFile;
  readonly #header: EncodedHeader;
  readonly #voxels: number;
  readonly #gzip: Gzip | null;
  readonly #pumped: Promise<unknown>;
  #failure: unknown = null;
  #next = 0;
  #open = true;

  private constructor(path: string, file: AtomicFile, header: EncodedHeader, voxels: number, level: number) {
    this.#path = path;
    this.#file = file;
    this.#header = header;
    this.#voxels = voxels;
    this.#gzip = path.endsWith('.gz') ? createGzip({ level, chunkSize: step }) : null;
    this.#pumped = this.#pump().catch((cause: unknown) => {
      this.#failure = cause;
      this.#gzip?.destroy();
    });
  }

  /**
   * Opens a file for a volume of this shape and affine, in the file's voxel order.
   *
   * @throws SemcrcError `bad-input` when the folder cannot take it.
   */
  static async create(
    path: string,
    shape: Shape,
    affine: Affine,
    datatype: NiftiDatatype,
    options: NiftiWriteOptions = {},
  ): Promise<NiftiWriter> {
    const header = encodeHeader(shape, affine, datatype, options);
    const file = await AtomicFile.create(path, options.rules);
    const writer = new NiftiWriter(path, file, header, voxelCount(shape), options.level ?? 6);
    await writer.#guard(() => writer.#put(header.bytes));
    return writer;
  }

  /**
   * The next voxels, x fastest; any number of them. The array may be used again when the promise resolves.
   *
   * @throws SemcrcError `usage` for more voxels than the shape has or a value the data type cannot hold, `bad-input` when
   *   the disk is full or fails.
   */
  async write(data: Float32Array | Uint16Array | Uint8Array): Promise<void> {
    await this.#guard(async () => {
      if (this.#next + data.length > this.#voxels) {
        throw new SemcrcError(
          'usage',
          `${this.#path}: more than ${this.#voxels} voxels written (${this.#next + data.length})`,
        );
      }
      for (let at = 0; at < data.length; at += step) {
        const piece = data.subarray(at, at + step);
        await this.#put(encodeVoxels(this.#header, piece, this.#next));
        this.#next += piece.length;
      }
    });
  }

  /**
   * Completes the file, flushed to the disk and not yet in its place: for `commitTogether`.
   * @throws SemcrcError `usage` when voxels are missing, `bad-input` when the disk is full or fails.
   */
  async complete(): Promise<AtomicFile> {
    await this.#guard(async () => {
      if (this.#next !== this.#voxels) {
        throw new SemcrcError(
          'usage',
          `${this.#path}: ${this.#voxels} voxels expected, ${this.#next} written`,
        );
      }
      this.#gzip?.end();
      await this.#pumped;
      if (this.#failure !== null) throw this.#failure;
      await this.#file.flush();
    });
    return this.#file;
  }

  /** Completes the file and moves it into place. @throws SemcrcError as {@link complete}. */
  async finish(): Promise<void> {
    await (await this.complete()).commit();
    this.#open = false;
  }

  /** Gives the file up; nothing is left of it. Does nothing after {@link finish} or a failure. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#gzip?.destroy();
    await this.#pumped;
    await this.#file.discard();
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    if (!this.#open) throw new SemcrcError('usage', `${this.#path}: the file is closed`);
    try {
      await work();
    } catch (cause) {
      await this.abort();
      throw cause;
    }
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (this.#gzip === null) return this.#file.write(bytes);
    if (this.#failure !== null) throw this.#failure;
    if (!this.#gzip.write(bytes)) await Promise.race([once(this.#gzip, 'drain'), this.#pumped]);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Moves deflated bytes to the file as they come. */
  async #pump(): Promise<void> {
    if (this.#gzip === null) return;
    for await (const bytes of this.#gzip) await this.#file.write(bytes as Uint8Array);
  }
}

/** The smallest unsigned type that holds every label. */
function labelDatatype(data: Uint16Array): NiftiDatatype {
  return data.some((label) => label > 255) ? 'uint16' : 'uint8';
}

/**
 * Writes a volume as .nii or (by name) .nii.gz, beside its place and renamed there. Little-endian NIfTI-1, or NIfTI-2
 * where the template is or a size exceeds 32767. Reading it again gives the same f32 values to the bit for floats, and
 * for integer types wherever the values came from such a file with the same slope.
 *
 * @throws SemcrcError `usage` when the data type cannot hold a value, `bad-input` when the file cannot be written.
 */
export async function writeNifti(
  path: string,
  { data, shape, affine }: Volume | LabelVolume,
  options: NiftiWriteOptions = {},
): Promise<void> {
  const datatype = options.datatype ?? (data instanceof Uint16Array ? labelDatatype(data) : 'float32');
  const writer = await NiftiWriter.create(path, shape, affine, datatype, options);
  await writer.write(data);
  await writer.finish();
}
