import { SemcrcError } from '@semcrc/kernels';
import * as zarr from 'zarrita';
import type { Codec } from './array-layout.ts';
import { crc32c } from './checksums.ts';
import { refuse, type StorePlace, type Voxels } from './store-place.ts';

/** How the bytes of a chunk become voxels. */
export interface ChunkDecoder {
  /** Whether bytes lie on disk as voxels lie in memory. */
  readonly plain: boolean;
  /** The most bytes that a chunk of that many bytes of voxels can take on disk. */
  readonly longest: number;
  /** Decodes a chunk. @param path the file it lies in, for messages */
  decode(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<Voxels>;
}

/** Bytes a voxel takes. */
const WIDTHS: Readonly<Record<string, number>> = { float32: 4, uint16: 2, uint8: 1 };

/** An array for the voxels of a chunk. */
export function allocate(dtype: string, length: number): Voxels {
  if (dtype === 'float32') return new Float32Array(length);
  return dtype === 'uint8' ? new Uint8Array(length) : new Uint16Array(length);
}

/** Bytes that voxels take in memory. */
export const bytesOf = (dtype: string, length: number): number => length * (WIDTHS[dtype] as number);

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Compressors that are read. What they inflate to is known before any of it is written. */
const COMPRESSORS: Readonly<Record<string, Decompressor>> = { gzip: gunzipped, zstd: unzstd, blosc: unblosc };

/** What a store's platform inflates gzip with. */
type Gunzip = StorePlace['gunzip'];

/** Inflates a chunk to the number of bytes that it must have. */
type Decompressor = (
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  gunzip: Gunzip,
) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * What reads chunks of `length` voxels that some codecs wrote: plain bytes, perhaps compressed, perhaps with a checksum behind
 * them. Whatever a chunk claims, nothing larger than its voxels is made of it.
 *
 * @param place the array, for messages.
 * @throws SemcrcError `bad-input` for codecs that are not read.
 */
export function chunkDecoder(
  place: string,
  codecs: readonly Codec[],
  dtype: string,
  length: number,
  gunzip: Gunzip,
): ChunkDecoder {
  const names = codecs.map(({ name }) => name);
  const unread = names.find(
    (name) => name !== 'bytes' && name !== 'crc32c' && !Object.hasOwn(COMPRESSORS, name),
  );
  if (unread !== undefined)
    refuse(place, `the codec ${unread} is not read; write plain or compressed chunks, one for each scan`);
  const [first, ...rest] = codecs;
  if (first?.name !== 'bytes') refuse(place, `expected the codec bytes first, found ${names.join(', ')}`);
  const checksum = rest.at(-1)?.name === 'crc32c';
  const packed = checksum ? rest.slice(0, -1) : rest;
  if (packed.some(({ name }) => name === 'crc32c'))
    refuse(place, 'the codec crc32c is read as the last one only');
  const [compressor, ...others] = packed;
  if (others.length > 0 || compressor?.name === 'bytes')
    refuse(place, `one compressor after another is not read: ${names.join(', ')}; write chunks with one`);

  const size = bytesOf(dtype, length);
  const swapped = (first?.configuration?.endian === 'big') === LITTLE_ENDIAN && dtype !== 'uint8';
  const decompress = compressor && COMPRESSORS[compressor.name];
  return {
    plain: !swapped && !compressor && !checksum,
    longest: size + Math.ceil(size / 64) + 4096,
    async decode(path, stored) {
      let bytes = checksum ? withoutChecksum(path, stored) : stored;
      if (compressor && decompress) bytes = await decompress(path, bytes, size, gunzip);
      if (bytes.length !== size) {
        refuse(path, `the chunk holds ${bytes.length} bytes, expected ${size}; prepare the cohort again`);
      }
      if (dtype === 'uint8') return bytes;
      if (swapped) swapBytes(bytes, WIDTHS[dtype] as number);
      const { buffer, byteOffset } = bytes;
      return dtype === 'float32'
        ? new Float32Array(buffer, byteOffset, length)
        : new Uint16Array(buffer, byteOffset, length);
    },
  };
}

/** Turns the bytes of every voxel around, in place. */
function swapBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

/** The bytes of a chunk without the checksum behind them. @throws SemcrcError `bad-input` when it differs. */
export function withoutChecksum<Memory extends ArrayBufferLike>(
  path: string,
  bytes: Uint8Array<Memory>,
): Uint8Array<Memory> {
  const end = bytes.length - 4;
  const content = bytes.subarray(0, Math.max(0, end));
  const expected = end < 0 ? -1 : new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true);
  if (crc32c(content) !== expected) {
    refuse(path, 'the chunk is damaged (its crc32c differs); copy the store again, or write it anew');
  }
  return content;
}

async function gunzipped(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  gunzip: Gunzip,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await gunzip(bytes, size);
  } catch (cause) {
    const what = cause instanceof RangeError ? `inflates to more than ${size} bytes` : 'is no gzip';
    throw new SemcrcError('bad-input', `${path}: the chunk ${what}`, { data: { file: path }, cause });
  }
}

/** What the decoders want to know of writing, and never look at. */
const WRITING = { level: 1, clevel: 5, cname: 'lz4', shuffle: 1, blocksize: 0 };

/** A chunk by the decoder that zarrita has for a codec. */
async function unpacked(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  name: 'zstd' | 'blosc',
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const Known = await zarr.registry.get(name)?.();
    const codec = Known?.fromConfig(WRITING, undefined as never);
    return (await codec?.decode(bytes as never)) as Uint8Array<ArrayBuffer>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SemcrcError('bad-input', `${path}: the chunk is no ${name}: ${why}`, {
      data: { file: path },
      cause,
    });
  }
}

/** Zstandard's header says how much is in a frame, and its decoder writes no more than that (RFC 8878, 3.1.1.1). */
async function unzstd(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = zstdContentSize(bytes);
  if (content === null) refuse(path, 'the chunk is no zstd');
  if (content === 'unknown')
    refuse(path, 'the chunk does not say how much is in it; write it with its content size');
  requireSize(path, content as number, size);
  return unpacked(path, bytes, 'zstd');
}

/** Bytes in the first frame; null where there is none. */
function zstdContentSize(bytes: Uint8Array): number | 'unknown' | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) return null;
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const width = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number);
  if (width === 0) return 'unknown';
  if (bytes.length < at + width) return null;
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true) + 256;
  return width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

/** Blosc's header says how much is in a chunk, and how long the chunk is: two numbers at bytes 4 and 12. */
async function unblosc(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length < 16) refuse(path, 'the chunk is no blosc');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  requireSize(path, view.getUint32(4, true), size);
  const stored = view.getUint32(12, true);
  if (stored !== bytes.length)
    refuse(path, `the chunk is no blosc: it says that it has ${stored} bytes, and has ${bytes.length}`);
  return unpacked(path, bytes, 'blosc');
}

function requireSize(path: string, found: number, size: number): void {
  if (found === size) return;
  refuse(path, `the chunk inflates to ${found} bytes, expected ${size}; prepare the cohort again`);
}
