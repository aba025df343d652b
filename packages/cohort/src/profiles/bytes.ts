import { SemcrcError } from '@semcrc/kernels';
import { crc32 } from './crc32.ts';

/** The bytes of a profile file, wherever they are: a file, a Blob, a server. */
export interface ByteSource {
  /** What messages call it. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Reads bytes that are known to be there. Rejects with an error that names the source. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** As `read`, at once: where it is given, numbers are read by page when they are looked at. */
  readNow?(offset: number, length: number): Uint8Array;
  /** CRC-32, where there is a faster one than JavaScript's. */
  crc32?(bytes: Uint8Array): number;
  close?(): Promise<void>;
}

/** Refuses a profile file for what is wrong with it. */
export function refuse(name: string, problem: string): never {
  throw new SemcrcError('bad-input', `${name}: ${problem}`, { data: { file: name } });
}

/** Why a stretch of bytes is not what was written. */
export const damaged = (what: string): string =>
  `${what} is damaged (its checksum differs); copy the file again, or profile the scans anew`;

/** Reads a stretch and holds it against its checksum. */
export async function readChecked(
  source: ByteSource,
  offset: number,
  length: number,
  checksum: number,
  what: string,
): Promise<Uint8Array> {
  checkWithin(source, offset, length, what);
  const bytes = await source.read(offset, length);
  check(source, bytes, length, checksum, what);
  return bytes;
}

/** As `readChecked`, at once. */
export function readCheckedNow(
  source: ByteSource,
  offset: number,
  length: number,
  checksum: number,
  what: string,
): Uint8Array {
  checkWithin(source, offset, length, what);
  const bytes = (source.readNow as NonNullable<ByteSource['readNow']>)(offset, length);
  check(source, bytes, length, checksum, what);
  return bytes;
}

function checkWithin({ name, size }: ByteSource, offset: number, length: number, what: string): void {
  if (offset + length <= size) return;
  refuse(name, `${what} should end at byte ${offset + length}, but the file has ${size}: it is cut off`);
}

function check(source: ByteSource, bytes: Uint8Array, length: number, checksum: number, what: string): void {
  if (bytes.length !== length) {
    refuse(source.name, `${what}: expected ${length} bytes, read ${bytes.length}`);
  }
  if ((source.crc32 ?? crc32)(bytes) !== checksum) refuse(source.name, damaged(what));
}

/** The next multiple of 8: where a stretch of any number may begin. */
export const aligned = (bytes: number): number => bytes + ((8 - (bytes % 8)) % 8);

/** Bytes that begin where numbers of any width may: as they are, or copied. */
export function alignedBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
}
