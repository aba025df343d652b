import { PROFILES_SCHEMA, type Profile, ProfiledScan, ProfilesDirectory, ProfilesHeader } from '@semcrc/core';
import { Compile } from 'typebox/compile';
import { readBlock } from './block-reading.ts';
import { aligned, alignedBytes, type ByteSource, readChecked, refuse } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { PageCache } from './number-pages.ts';

/**
 * What every profile file begins with, and ends with: its schema in ASCII, with zeros to 24 bytes. Behind it stand the length
 * and CRC-32 of the header, before it the offset (u64), length and CRC-32 of the directory.
 */
const MAGIC = new Uint8Array(24);
MAGIC.set(new TextEncoder().encode(PROFILES_SCHEMA));
/** Bytes before the header, and after the directory. */
export const START_BYTES = MAGIC.length + 8;
export const END_BYTES = 16 + MAGIC.length;
/** What stands before the JSON of each scan: a mark, the length of the JSON and its CRC-32, and 4 bytes of zeros. */
export const FRAME_BYTES = 16;
const FRAME_MARK = 0x4e414353; // "SCAN"
/** The most bytes that JSON in a profile file may have. */
const LONGEST_JSON = 2 ** 28;
/** Bytes that the pages of files opened together may take in memory. */
const CACHE_BYTES = 256 * 2 ** 20;

const headerValidator = Compile(ProfilesHeader);
const scanValidator = Compile(ProfiledScan);
const directoryValidator = Compile(ProfilesDirectory);
const encoder = new TextEncoder();

type CrcOf = (bytes: Uint8Array) => number;

/** JSON with zeros behind it so that what follows is aligned, given the bytes before it. */
function framed(before: Uint8Array, json: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(aligned(before.length + json.length));
  bytes.set(before);
  bytes.set(json, before.length);
  return bytes;
}

/** The bytes that a profile file begins with, the header among them. */
export function encodeStart(header: ProfilesHeader, crc: CrcOf = crc32): Uint8Array {
  const json = encoder.encode(JSON.stringify(header));
  const before = new Uint8Array(START_BYTES);
  before.set(MAGIC);
  const view = new DataView(before.buffer);
  view.setUint32(MAGIC.length, json.length, true);
  view.setUint32(MAGIC.length + 4, crc(json), true);
  return framed(before, json);
}

/** The bytes before the numbers of a scan. */
export function encodeFrame(scan: ProfiledScan, crc: CrcOf = crc32): Uint8Array {
  const json = encoder.encode(JSON.stringify(scan));
  const before = new Uint8Array(FRAME_BYTES);
  const view = new DataView(before.buffer);
  view.setUint32(0, FRAME_MARK, true);
  view.setUint32(4, json.length, true);
  view.setUint32(8, crc(json), true);
  return framed(before, json);
}

/** The bytes that a profile file ends with: its directory, and where that begins. */
export function encodeEnd(directory: ProfilesDirectory, offset: number, crc: CrcOf = crc32): Uint8Array {
  const json = encoder.encode(JSON.stringify(directory));
  const bytes = new Uint8Array(json.length + END_BYTES);
  bytes.set(json);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(json.length, BigInt(offset), true);
  view.setUint32(json.length + 8, json.length, true);
  view.setUint32(json.length + 12, crc(json), true);
  bytes.set(MAGIC, json.length + 16);
  return bytes;
}

/** Refuses what does not begin as a profile file does. */
function checkMagic(name: string, bytes: Uint8Array): void {
  if (bytes.length >= MAGIC.length && MAGIC.every((byte, at) => bytes[at] === byte)) return;
  const text = String.fromCharCode(...bytes.subarray(0, MAGIC.length)).replace(/[^\x20-\x7e]+.*$/s, '');
  if (text.startsWith('semcrc/profiles@')) {
    refuse(
      name,
      `is of the format ${text}, written by another version of semcrc; this one reads ${PROFILES_SCHEMA}`,
    );
  }
  refuse(name, `is no profile file: expected it to begin with "${PROFILES_SCHEMA}"`);
}

function parseJson(name: string, bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    return refuse(name, `${what} is not JSON: ${(cause as Error).message}`);
  }
}

/** The header of a profile file, and the bytes it takes with what stands before it. */
export async function readStart(source: ByteSource): Promise<{ header: ProfilesHeader; bytes: number }> {
  const { name, size } = source;
  const start = await source.read(0, Math.min(size, START_BYTES));
  checkMagic(name, start);
  if (size < START_BYTES) refuse(name, `has ${size} bytes: it is cut off`);
  const { buffer, byteOffset } = alignedBytes(start);
  const [length, checksum] = new Uint32Array(buffer, byteOffset + MAGIC.length, 2) as unknown as [
    number,
    number,
  ];
  if (length > LONGEST_JSON) refuse(name, `a header of ${length} bytes cannot be`);
  const json = await readChecked(source, START_BYTES, length, checksum, 'the header');
  const header = parseJson(name, json, 'the header');
  if (!headerValidator.Check(header)) {
    const problem = headerValidator.Errors(header)[0];
    refuse(name, `the header's ${problem?.instancePath || 'JSON'} ${problem?.message ?? 'does not fit'}`);
  }
  return { header, bytes: aligned(START_BYTES + length) };
}

/** A scan at a place of a file that may not be whole: what stands before its numbers, or null where none is. */
export async function readFrame(
  source: ByteSource,
  offset: number,
): Promise<{ readonly scan: ProfiledScan; readonly bytes: number } | null> {
  if (offset + FRAME_BYTES > source.size) return null;
  const raw = await source.read(offset, FRAME_BYTES);
  const { buffer, byteOffset } = alignedBytes(raw);
  const [mark, length, checksum] = new Uint32Array(buffer, byteOffset, 3) as unknown as [
    number,
    number,
    number,
  ];
  if (mark !== FRAME_MARK || offset + FRAME_BYTES + length > source.size) return null;
  const json = await source.read(offset + FRAME_BYTES, length);
  if ((source.crc32 ?? crc32)(json) !== checksum) return null;
  const scan = parseJson(source.name, json, 'what stands before a scan');
  if (!scanValidator.Check(scan)) return null;
  return { scan, bytes: aligned(FRAME_BYTES + length) };
}

/** An open profile file. */
export interface ProfileFile {
  readonly source: ByteSource;
  readonly header: ProfilesHeader;
  /** Scans as the directory lists them; `offset` is where their numbers begin. */
  readonly scans: ProfilesDirectory['scans'];
  /** The profile of a scan. Throws `bad-input` naming the file when it is damaged. */
  profile(scan: ProfilesDirectory['scans'][number]): Promise<Profile>;
}

/** Where the pages of files that are opened together are kept: what they take does not grow with the number of files. */
export function profilePages(): PageCache {
  return new PageCache(CACHE_BYTES);
}

/**
 * Opens a profile file: its header and directory are read, numbers only where they are looked at.
 *
 * @param cache shared with files that are opened together
 * @throws SemcrcError `bad-input` naming the file when it is none, of another version, cut off or damaged.
 */
export async function openProfileFile(source: ByteSource, cache = profilePages()): Promise<ProfileFile> {
  const { name, size } = source;
  const { header, bytes: startBytes } = await readStart(source);
  const slots = Math.max(...Object.keys(header.labels).map(Number)) + 1;
  if (size < startBytes + END_BYTES) refuse(name, `has ${size} bytes: it is cut off`);
  const end = alignedBytes(await source.read(size - END_BYTES, END_BYTES));
  const view = new DataView(end.buffer, end.byteOffset, END_BYTES);
  if (!MAGIC.every((byte, at) => end[16 + at] === byte))
    refuse(name, 'does not end as it should: it is cut off');
  const offset = Number(view.getBigUint64(0, true));
  const length = view.getUint32(8, true);
  if (length > LONGEST_JSON || offset < startBytes || offset + length + END_BYTES !== size) {
    refuse(name, `has ${size} bytes, and its directory should take those from ${offset} on: it is damaged`);
  }
  const json = await readChecked(source, offset, length, view.getUint32(12, true), 'the directory');
  const directory = parseJson(name, json, 'the directory');
  if (!directoryValidator.Check(directory)) {
    const problem = directoryValidator.Errors(directory)[0];
    refuse(name, `the directory's ${problem?.instancePath || 'JSON'} ${problem?.message ?? 'does not fit'}`);
  }
  const { scans } = directory as ProfilesDirectory;
  for (const { scan, source: from, at, offset: start, bytes } of scans) {
    const own = header.sources[from];
    if (own === undefined || at >= own.scans) refuse(name, `scan ${scan} belongs to no source of the header`);
    if (start % 8 !== 0 || start < startBytes || start + bytes > offset) {
      refuse(
        name,
        `scan ${scan} should take the bytes from ${start} to ${start + bytes}, which are not its own`,
      );
    }
  }
  const pages = { cache, start: cache.lay(size) };
  const weighted = header.heuristic.heuristic === 'multiplicative' || header.heuristic.heuristic === 'std';
  const reach = weighted ? 0 : header.reach;
  return {
    source,
    header,
    scans,
    profile: (scan) => readBlock(source, scan, scan.offset, { slots, reach, pages }),
  };
}
