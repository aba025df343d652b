import { refuse, type ShardLayout } from './array-layout.ts';
import { withoutChecksum } from './codecs.ts';

/** Bytes from one place of a file to another. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** Offset and length of a chunk that is not there. */
const ABSENT = 2n ** 64n - 1n;

/** Where the index of a shard lies in its file. @throws SemcrcError `bad-input` for a file too short to hold one */
export function indexRange(path: string, size: number, { scans, index, checksum }: ShardLayout): ByteRange {
  const length = 16 * scans + (checksum ? 4 : 0);
  if (size < length)
    refuse(path, `the shard has ${size} bytes, expected an index of ${length} and its chunks`);
  return { start: index === 'start' ? 0 : size - length, length };
}

/**
 * Where a chunk lies in its shard.
 *
 * @param index as it lies in the file.
 * @param at which of the shard's chunks.
 * @param size of the file.
 * @throws SemcrcError `bad-input` for a damaged index, and for a chunk that is not there.
 */
export function chunkRange(
  path: string,
  index: Uint8Array,
  { checksum }: ShardLayout,
  at: number,
  size: number,
): ByteRange {
  const entries = checksum ? withoutChecksum(path, index) : index;
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const start = view.getBigUint64(16 * at, true);
  const length = view.getBigUint64(16 * at + 8, true);
  if (start === ABSENT && length === ABSENT) {
    refuse(
      path,
      `the shard does not hold chunk ${at} (zarr-python leaves chunks out that equal the fill value unless write_empty_chunks=True)`,
    );
  }
  if (start + length > BigInt(size)) {
    refuse(path, `the shard is damaged: chunk ${at} would lie beyond its end (${size} bytes)`);
  }
  return { start: Number(start), length: Number(length) };
}
