import { SemcrcError } from '@semcrc/kernels';
import { type ByteRuns, type Files, type OpenFile, unreadable } from './open-file.ts';
import { codeOf, reasonOf } from './system-error.ts';

/** Deflate cannot do better than 1032 bytes out of one. */
const bestRatio = 1032;

/** The size of steps in which a file is read and inflated, in bytes. */
export type StepSize = { readonly step: number };

const none = new Uint8Array(0);

/**
 * The bytes of a file from start to end, inflated when it begins as gzip does (every member of it). Holds a few steps in
 * memory, so what a file claims about itself costs nothing until its bytes are there.
 */
export class ByteStream {
  /** Size of the file on disk, in bytes. */
  readonly fileSize: number;
  readonly compressed: boolean;
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #runs: ByteRuns;
  /** Read and not yet handed out: `#rest`, then `#behind`. */
  #rest: Uint8Array = none;
  #behind: Uint8Array = none;
  #position = 0;

  private constructor(path: string, file: OpenFile, compressed: boolean, step: number) {
    this.#path = path;
    this.#file = file;
    this.fileSize = file.size;
    this.compressed = compressed;
    this.#runs = compressed ? file.inflated(step) : file.plain(step);
  }

  /** @throws SemcrcError `bad-input` when the file is not there, not readable or not a plain file. */
  static async open(files: Files, path: string, { step }: StepSize = { step: 2 ** 20 }): Promise<ByteStream> {
    const file = await files.open(path);
    try {
      const start = new Uint8Array(2);
      const compressed = (await file.read(start, 0)) === 2 && start[0] === 0x1f && start[1] === 0x8b;
      return new ByteStream(path, file, compressed, step);
    } catch (cause) {
      await file.close();
      throw cause instanceof SemcrcError ? cause : unreadable(path, reasonOf(cause), cause);
    }
  }

  /** Bytes handed out so far. */
  get position(): number {
    return this.#position;
  }

  /** Whether the file can hold this many bytes: no more than its size, or than deflate can squeeze into it. */
  canHold(bytes: number): boolean {
    return bytes <= (this.compressed ? this.fileSize * bestRatio : this.fileSize);
  }

  /**
   * Whether the file itself says that it holds this many bytes: its size, or the size (modulo 2³²) at the end of the
   * last gzip member. Wrong for files of several members, which say less than they hold.
   */
  async claims(bytes: number): Promise<boolean> {
    if (!this.canHold(bytes)) return false;
    if (!this.compressed) return true;
    const end = new DataView(new ArrayBuffer(4));
    const read = await this.#file.read(new Uint8Array(end.buffer), Math.max(0, this.fileSize - 4));
    return read === 4 && end.getUint32(0, true) === bytes % 2 ** 32;
  }

  /**
   * Fills `target` from the stream and returns the number of bytes written, fewer than its length only at the end of
   * the file.
   * @throws SemcrcError `bad-input` when the gzip stream is cut off or fails its checksum.
   */
  async read(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const bytes = await this.items(1, target.length - filled);
      if (bytes.length === 0) break;
      target.set(bytes, filled);
      filled += bytes.length;
    }
    return filled;
  }

  /**
   * The next bytes as they lie in memory: whole items of `size` bytes, all that are there up to `most` bytes
   * (a multiple of `size`). Fewer bytes than `size` only at the end of the file. The view holds until the stream is asked again.
   * @throws SemcrcError as {@link read}.
   */
  async items(size: number, most: number): Promise<Uint8Array> {
    if (this.#rest.length === 0) this.#rest = await this.#next();
    while (this.#rest.length < size) {
      // An item that begins in one run and ends in the next is put together.
      const begun = new Uint8Array(this.#rest);
      const run = await this.#next();
      const missing = run.subarray(0, size - begun.length);
      this.#rest = Uint8Array.from([...begun, ...missing]);
      this.#behind = run.subarray(missing.length);
      if (run.length === 0) break;
    }
    const { length } = this.#rest;
    const bytes = this.#rest.subarray(0, Math.min(most, length < size ? length : length - (length % size)));
    this.#rest = this.#rest.subarray(bytes.length);
    this.#position += bytes.length;
    return bytes;
  }

  /** Passes over `count` bytes; returns how many there were. */
  async skip(count: number): Promise<number> {
    let left = count;
    while (left > 0) {
      if (this.#rest.length === 0) {
        if (this.#behind.length === 0) left -= this.#runs.seek(left);
        this.#rest = left === 0 ? none : await this.#next();
        if (this.#rest.length === 0) break;
      }
      const passed = Math.min(left, this.#rest.length);
      this.#rest = this.#rest.subarray(passed);
      left -= passed;
    }
    this.#position += count - left;
    return count - left;
  }

  /** Closes the file, wherever the stream stands. */
  async close(): Promise<void> {
    this.#runs.close();
    await this.#file.close();
  }

  /** The bytes behind `#rest`; none at the end. */
  async #next(): Promise<Uint8Array> {
    if (this.#behind.length > 0) {
      const bytes = this.#behind;
      this.#behind = none;
      return bytes;
    }
    try {
      return await this.#runs.next();
    } catch (cause) {
      throw damaged(this.#path, this.#position, cause);
    }
  }
}

function damaged(path: string, position: number, cause: unknown): SemcrcError {
  const code = codeOf(cause);
  if (!code.startsWith('Z_')) return unreadable(path, reasonOf(cause), cause);
  const message = cause instanceof Error ? cause.message : code;
  const what =
    code === 'Z_BUF_ERROR'
      ? `truncated gzip: expected the end of the stream, found the end of the file after ${position} inflated bytes`
      : `damaged gzip after ${position} inflated bytes (${message})`;
  return new SemcrcError('bad-input', `${path}: ${what}; copy or download the file again`, {
    data: { file: path, found: position },
    cause,
  });
}
