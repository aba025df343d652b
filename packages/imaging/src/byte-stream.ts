import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { SemcrcError } from '@semcrc/kernels';

/** Deflate cannot do better than 1032 bytes out of one. */
const bestRatio = 1032;

/** The size of steps in which a file is read and inflated, in bytes. */
export type StepSize = { readonly step: number };

/**
 * The bytes of a file from start to end, inflated when it begins as gzip does (every member of it). Holds one step in
 * memory, so what a file claims about itself costs nothing until its bytes are there.
 */
export class ByteStream {
  /** Size of the file on disk, in bytes. */
  readonly fileSize: number;
  readonly compressed: boolean;
  readonly #path: string;
  readonly #handle: FileHandle;
  /** Inflates; null for a plain file, which is read where the position is. */
  readonly #gunzip: Readable | null;
  readonly #chunks: AsyncIterator<Uint8Array> | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #position = 0;

  private constructor(path: string, handle: FileHandle, fileSize: number, compressed: boolean, step: number) {
    this.#path = path;
    this.#handle = handle;
    this.fileSize = fileSize;
    this.compressed = compressed;
    if (compressed) {
      const file = handle.createReadStream({ start: 0, highWaterMark: step, autoClose: false });
      // A failure of either stream comes out of the iteration; the callback only keeps pipeline from throwing.
      this.#gunzip = pipeline(file, createGunzip({ chunkSize: step }), () => {});
      this.#chunks = this.#gunzip[Symbol.asyncIterator]();
    } else {
      this.#gunzip = null;
    }
  }

  /** @throws SemcrcError `bad-input` when the file is not there, not readable or not a plain file. */
  static async open(path: string, { step }: StepSize = { step: 2 ** 20 }): Promise<ByteStream> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (cause) {
      throw unreadable(path, cause);
    }
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) {
        throw new SemcrcError(
          'bad-input',
          `${path}: expected a .nii or .nii.gz file, found a folder or device`,
        );
      }
      const start = new Uint8Array(2);
      const { bytesRead } = await handle.read(start, 0, 2, 0);
      const compressed = bytesRead === 2 && start[0] === 0x1f && start[1] === 0x8b;
      return new ByteStream(path, handle, stat.size, compressed, step);
    } catch (cause) {
      await handle.close();
      throw cause instanceof SemcrcError ? cause : unreadable(path, cause);
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
    const { bytesRead } = await this.#handle.read(end, 0, 4, Math.max(0, this.fileSize - 4));
    return bytesRead === 4 && end.getUint32(0, true) === bytes % 2 ** 32;
  }

  /**
   * Fills `target` from the stream and returns the number of bytes written, fewer than its length only at the end of
   * the file.
   * @throws SemcrcError `bad-input` when the gzip stream is cut off or fails its checksum.
   */
  async read(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const count = this.compressed
        ? await this.#take(target.length - filled, (bytes) => target.set(bytes, filled))
        : await this.#readAt(target.subarray(filled));
      if (count === 0) break;
      filled += count;
      this.#position += count;
    }
    return filled;
  }

  /** Passes over `count` bytes; returns how many there were. */
  async skip(count: number): Promise<number> {
    let skipped = this.compressed ? 0 : Math.max(0, Math.min(count, this.fileSize - this.#position));
    this.#position += skipped;
    while (this.compressed && skipped < count) {
      const step = await this.#take(count - skipped, () => {});
      if (step === 0) break;
      skipped += step;
      this.#position += step;
    }
    return skipped;
  }

  /** Closes the file, wherever the stream stands. */
  async close(): Promise<void> {
    this.#gunzip?.destroy();
    await this.#handle.close();
  }

  async #readAt(target: Uint8Array): Promise<number> {
    try {
      return (await this.#handle.read(target, 0, target.length, this.#position)).bytesRead;
    } catch (cause) {
      throw unreadable(this.#path, cause);
    }
  }

  /** Hands at most `most` inflated bytes to `use`; returns how many, 0 at the end. */
  async #take(most: number, use: (bytes: Uint8Array) => void): Promise<number> {
    if (this.#rest.length === 0 && !(await this.#next())) return 0;
    const bytes = this.#rest.subarray(0, most);
    use(bytes);
    this.#rest = this.#rest.subarray(bytes.length);
    return bytes.length;
  }

  async #next(): Promise<boolean> {
    try {
      const next = await this.#chunks?.next();
      if (next === undefined || next.done === true) return false;
      this.#rest = next.value;
      return true;
    } catch (cause) {
      throw damaged(this.#path, this.#position, cause);
    }
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

function unreadable(path: string, cause: unknown): SemcrcError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    EISDIR: 'expected a file, found a folder',
    ENOTDIR: 'a part of the path is not a folder',
  };
  const reason = reasons[codeOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause));
  return new SemcrcError('bad-input', `${path}: cannot be read: ${reason}`, { data: { file: path }, cause });
}

function damaged(path: string, position: number, cause: unknown): SemcrcError {
  const code = codeOf(cause);
  if (!code.startsWith('Z_')) return unreadable(path, cause);
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
