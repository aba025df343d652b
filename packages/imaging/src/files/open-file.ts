import { SemcrcError } from '@semcrc/kernels';

/** A file's bytes, one run after the other. */
export interface ByteRuns {
  /**
   * The next bytes, none at the end; a view that holds until the runs are asked again.
   *
   * Fails as node:fs and node:zlib do: with an error whose `code` is that of the system call, `Z_BUF_ERROR` for a gzip file that
   * is cut off, or another that begins with `Z_` for one that is damaged.
   */
  next(): Promise<Uint8Array>;
  /** Passes over up to `count` bytes without reading them; returns how many. */
  seek(count: number): number;
  close(): void;
}

/** A file that was opened: its bytes, wherever they lie. */
export interface OpenFile {
  /** In bytes. */
  readonly size: number;
  /** Reads from byte `position` on into the whole of an array; how many bytes there were. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Its bytes from the first, as they are, up to `step` at a time. */
  plain(step: number): ByteRuns;
  /** Its bytes inflated from the first, every member of the gzip file, up to `step` at a time. */
  inflated(step: number): ByteRuns;
  close(): Promise<void>;
}

/** Where files are opened by their paths: a disk, or what was dropped on a page. */
export interface Files {
  /** @throws SemcrcError `bad-input` when nothing that can be read stands there, or no plain file. */
  open(path: string): Promise<OpenFile>;
  /** Names of what a folder holds, sorted; null where the path is no folder. */
  list(path: string): readonly string[] | null;
}

/** A failed read as an error that names the file and the reason. */
export function unreadable(path: string, reason: string, cause?: unknown): SemcrcError {
  return new SemcrcError('bad-input', `${path}: cannot be read: ${reason}`, {
    data: { file: path, reason },
    cause,
  });
}
