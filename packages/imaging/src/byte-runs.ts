import type { FileHandle } from 'node:fs/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { createGunzip, type Gunzip } from 'node:zlib';

/** A file's bytes, one run after the other. */
export interface ByteRuns {
  /** The next bytes, none at the end; a view that holds until the runs are asked again. Fails as node:fs and node:zlib do. */
  next(): Promise<Uint8Array>;
  /** Passes over up to `count` bytes without reading them; returns how many. */
  seek(count: number): number;
  close(): void;
}

/** Memory that files are read into, kept from file to file. */
const idle: Uint8Array[] = [];
const mostIdle = 4;

function borrow(bytes: number): Uint8Array {
  const found = idle.findIndex(({ length }) => length === bytes);
  return found < 0 ? new Uint8Array(bytes) : idle.splice(found, 1)[0];
}

function giveBack(bytes: Uint8Array): void {
  if (idle.length === mostIdle) idle.shift();
  idle.push(bytes);
}

/** Takes what is sent away: nobody listens at its other end. */
let drain: MessagePort | undefined;

function openDrain(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

/**
 * Hands memory back at once, by sending it nowhere. Left to the collector, the inflated bytes of a scan drive it through
 * the whole heap again and again, which costs more than inflating them.
 */
function release(buffer: ArrayBufferLike): void {
  drain ??= openDrain();
  drain.postMessage(null, [buffer as ArrayBuffer]);
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
    this.#page = borrow(step);
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
    giveBack(this.#page);
  }
}

const none = new Uint8Array(0);

/** A gzip file inflated, every member of it, `step` bytes at a time. */
export class InflatedRuns implements ByteRuns {
  readonly #handle: FileHandle;
  readonly #step: number;
  readonly #gunzip: Gunzip;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #last: Uint8Array = none;

  constructor(handle: FileHandle, step: number) {
    this.#handle = handle;
    this.#step = step;
    this.#gunzip = createGunzip({ chunkSize: step });
    this.#chunks = this.#gunzip[Symbol.asyncIterator]();
    void this.#feed();
  }

  async next(): Promise<Uint8Array> {
    const { buffer, byteOffset, byteLength } = this.#last;
    const full = byteOffset + byteLength === buffer.byteLength;
    const own = buffer.byteLength === this.#step;
    // Several runs may lie in one piece of memory, which zlib leaves when it is full.
    if (own && full) release(buffer);
    const { done, value } = await this.#chunks.next();
    if (done === true && own && !full) release(buffer);
    this.#last = done === true ? none : value;
    return this.#last;
  }

  seek(): number {
    return 0;
  }

  close(): void {
    this.#gunzip.destroy();
  }

  /** Puts the file through zlib, step by step as it takes them; a failure comes out of the iteration. */
  async #feed(): Promise<void> {
    const bytes = borrow(this.#step);
    try {
      for (let position = 0; ; ) {
        const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        // zlib is done with the bytes when it calls back.
        await new Promise<void>((resolve, reject) => {
          this.#gunzip.write(bytes.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()));
        });
      }
      this.#gunzip.end();
    } catch (cause) {
      this.#gunzip.destroy(cause as Error);
    } finally {
      giveBack(bytes);
    }
  }
}
