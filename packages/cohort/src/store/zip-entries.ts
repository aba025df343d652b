import type { LazyFile } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { pureCrc32 } from './checksums.ts';

// Of the libraries that read single files of an archive, one asks bundlers for Node's threads and one for files beside its own.
// What is needed of the format is little: where files lie (APPNOTE 4.3), stored or deflated.

/** What the directory of an archive says of a file. */
interface ZipEntry {
  readonly path: string;
  /** 0: stored; 8: deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly header: number;
}

/** The end record and the comment that may stand behind it. */
const LONGEST_END = 22 + 0xffff;

/**
 * The files of a zip archive by their paths; each is read, and inflated, when it is asked for.
 *
 * @param name for messages
 * @throws SemcrcError `bad-input` for what is no zip, or is cut off
 */
export async function zipEntries(
  name: string,
  zip: Blob,
): Promise<readonly (readonly [path: string, file: LazyFile])[]> {
  const directory = await readDirectory(name, zip);
  const entries = entriesOf(name, directory).filter(({ path }) => !path.endsWith('/'));
  return entries.map((entry) => [entry.path, () => contentOf(name, zip, entry)] as const);
}

function refuse(name: string, problem: string): never {
  throw new SemcrcError('bad-input', `${name}: is no zip that can be read: ${problem}`, {
    data: { file: name },
  });
}

async function bytesOf(name: string, zip: Blob, from: number, to: number): Promise<DataView> {
  try {
    return new DataView(await zip.slice(from, to).arrayBuffer());
  } catch {
    return refuse(name, 'it was changed or moved since it was chosen; choose it again');
  }
}

/** The bytes of the central directory. */
async function readDirectory(name: string, zip: Blob): Promise<DataView> {
  const start = Math.max(0, zip.size - LONGEST_END);
  const tail = await bytesOf(name, zip, start, zip.size);
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) refuse(name, 'it has no directory at its end; is it whole?');
  let size = tail.getUint32(at + 12, true);
  let offset = tail.getUint32(at + 16, true);
  // Archives beyond 4 GiB or 65535 files say so elsewhere.
  if (at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50) {
    const end = await bytesOf(name, zip, wide(tail, at - 12), wide(tail, at - 12) + 56);
    if (end.byteLength < 56 || end.getUint32(0, true) !== 0x06064b50)
      refuse(name, 'its directory is damaged');
    size = wide(end, 40);
    offset = wide(end, 48);
  }
  const directory = await bytesOf(name, zip, offset, offset + size);
  if (directory.byteLength < size) refuse(name, 'its directory is cut off');
  return directory;
}

const wide = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

function entriesOf(name: string, directory: DataView): ZipEntry[] {
  const entries: ZipEntry[] = [];
  const text = new TextDecoder();
  for (let at = 0; at + 46 <= directory.byteLength; ) {
    if (directory.getUint32(at, true) !== 0x02014b50) refuse(name, 'its directory is damaged');
    const [pathLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      directory.getUint16(at + field, true),
    ) as [number, number, number];
    const end = at + 46 + pathLength + extraLength + commentLength;
    if (end > directory.byteLength) refuse(name, 'its directory is cut off');
    // Some programs of Windows write its own separator, against APPNOTE 4.4.17.
    const path = text.decode(new Uint8Array(directory.buffer, at + 46, pathLength)).replaceAll('\\', '/');
    const [size, compressed, header] = wideFields(directory, at, at + 46 + pathLength, extraLength);
    entries.push({
      path,
      method: directory.getUint16(at + 10, true),
      encrypted: (directory.getUint16(at + 8, true) & 1) !== 0,
      crc: directory.getUint32(at + 16, true),
      ...{ size, compressed, header },
    });
    at = end;
  }
  return entries;
}

/** Size, compressed size and place of a file; those that do not fit into 32 bits stand in an extra field, in this order. */
function wideFields(
  directory: DataView,
  at: number,
  extra: number,
  extraLength: number,
): [size: number, compressed: number, header: number] {
  const fields = [24, 20, 42].map((field) => directory.getUint32(at + field, true));
  for (let field = extra; field + 4 <= extra + extraLength; ) {
    const length = directory.getUint16(field + 2, true);
    if (directory.getUint16(field, true) === 1) {
      let next = field + 4;
      for (const [index, value] of fields.entries()) {
        if (value !== 0xffffffff || next + 8 > field + 4 + length) continue;
        fields[index] = wide(directory, next);
        next += 8;
      }
    }
    field += 4 + length;
  }
  return fields as [number, number, number];
}

/** The bytes of a file. @throws SemcrcError `bad-input` when it is packed in another way, or damaged. */
async function contentOf(name: string, zip: Blob, entry: ZipEntry): Promise<Blob> {
  const place = `${name}/${entry.path}`;
  const refuseEntry = (problem: string): never => {
    throw new SemcrcError('bad-input', `${place}: ${problem}`, { data: { file: place } });
  };
  if (entry.encrypted) refuseEntry('is encrypted; pack the store without a password');
  const local = await bytesOf(name, zip, entry.header, entry.header + 30);
  if (local.byteLength < 30 || local.getUint32(0, true) !== 0x04034b50)
    refuseEntry('is not where the zip says');
  const start = entry.header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = zip.slice(start, start + entry.compressed);
  if (packed.size < entry.compressed) refuseEntry('is cut off');
  if (entry.method === 0) return packed;
  if (entry.method !== 8)
    refuseEntry(`is packed by method ${entry.method}; pack the store with deflate, or not at all`);
  const stream = packed.stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const content = await new Response(stream).arrayBuffer().catch((cause: unknown) => {
    throw new SemcrcError('bad-input', `${place}: is damaged: ${(cause as Error).message}`, {
      data: { file: place },
      cause,
    });
  });
  if (content.byteLength !== entry.size || pureCrc32(new Uint8Array(content)) !== entry.crc) {
    refuseEntry('is damaged: its size or checksum differs');
  }
  return new Blob([content]);
}
