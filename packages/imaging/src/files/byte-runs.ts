import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { pauseWhenDue } from '@semcrc/kernels';
import { Inflater } from './inflater.ts';
import type { ByteRuns } from './open-file.ts';

/** Buffers that files are read and inflated into, kept from file to file. */
const idle: Uint8Array[] = [];
const mostIdle = 8;

function takeBuffer(bytes: number): Uint8Array {
  const found = idle.findIndex(({ length }) => length === bytes);
  return found < 0 ? new Uint8Array(bytes) : idle.splice(found, 1)[0];
}

function keepBuffer(bytes: Uint8Array): void {
  if (idle.length === mostIdle) idle.shift();
  idle.push(bytes);
}

/** A file as it is, `step` bytes at a time. */
export class PlainRuns implements ByteRuns {
  readonly #handle: FileHandle;
  readonly #fileSize: number;
  readonly #page: Uint8Array;
  #position = 0;

  constructor(handle: FileHandle, fileSize: number, step: number) {
    this.#handle = handle;
    this.#fileSize = fileSize;
    this.#page = takeBuffer(step);
  }

  async next(): Promise<Uint8Array> {
    const { bytesRead } = await this.#handle.read(this.#page, 0, this.#page.length, this.#position);
    this.#position += bytesRead;
    return this.#page.subarray(0, bytesRead);
  }

  seek(count: number): number {
    const most = Math.max(0, Math.min(count, this.#fileSize - this.#position));
    this.#position += most;
    return most;
  }

  close(): void {
    keepBuffer(this.#page);
  }
}

/** A gzip file inflated, every member of it, up to `step` bytes at a time. */
export class InflatedRuns implements ByteRuns {
  readonly #handle: FileHandle;
  readonly #inflater = new Inflater();
  readonly #page: Uint8Array;
  readonly #inflated: Uint8Array;
  /** Of the page: read, and not yet inflated. */
  #compressed: Uint8Array;
  /** What went wrong behind the bytes handed out last. */
  #failure: { readonly cause: unknown } | undefined;

  constructor(handle: FileHandle, step: number) {
    this.#handle = handle;
    this.#page = takeBuffer(step);
    this.#inflated = takeBuffer(step);
    this.#compressed = this.#page.subarray(0, 0);
  }

  async next(): Promise<Uint8Array> {
    // Inflating holds the thread.
    await pauseWhenDue();
    let length = 0;
    try {
      if (this.#failure) throw this.#failure.cause;
      while (length < this.#inflated.length && !this.#inflater.ended) length += this.#inflate(length);
    } catch (cause) {
      // What came before is whole.
      if (length === 0) throw cause;
      this.#failure = { cause };
    }
    return this.#inflated.subarray(0, length);
  }

  seek(): number {
    return 0;
  }

  close(): void {
    this.#inflater.close();
    keepBuffer(this.#page);
    keepBuffer(this.#inflated);
  }

  /** Inflates to byte `at` on; how many bytes came. */
  #inflate(at: number): number {
    if (this.#compressed.length === 0) {
      const count = readSync(this.#handle.fd, this.#page);
      this.#compressed = this.#page.subarray(0, count);
    }
    const { taken, given } = this.#inflater.inflate(this.#compressed, this.#inflated.subarray(at));
    this.#compressed = this.#compressed.subarray(taken);
    return given;
  }
}
