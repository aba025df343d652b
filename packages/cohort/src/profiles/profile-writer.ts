import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ProfiledScan, ProfilesDirectory, ProfilesHeader } from '@semcrc/core';
import { checkOutput, unwritable } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { openFileBytes, openProfileFiles } from './file-bytes.ts';
import { joinProfiles } from './joined.ts';
import { encodeEnd, encodeFrame, encodeStart, readFrame } from './profile-file.ts';

/** Where a profile file grows until it is whole. */
export const draftOf = (path: string): string => `${path}.partial`;

/** What is written of a scan: its entry but for what the numbers decide, and the numbers. */
export interface ScanToWrite {
  readonly scan: Omit<ProfiledScan, 'bytes' | 'checksum' | 'head'>;
  readonly block: { readonly bytes: Uint8Array; readonly headBytes: number };
}

/**
 * Writes a profile file scan by scan, beside its place, and renames it there when it is whole. A file that was begun is gone on
 * with: its scans are verified and kept up to the first that is not whole.
 */
export class ProfileWriter {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #scans: ProfilesDirectory['scans'][number][] = [];
  #end: number;

  private constructor(path: string, handle: FileHandle, end: number) {
    this.path = path;
    this.#handle = handle;
    this.#end = end;
  }

  /**
   * Begins a file, or goes on with one that was begun.
   *
   * @param onOther what to do with one that was begun of other profiles
   * @throws SemcrcError `usage` for one begun of other profiles; `bad-input` for a place that takes no file
   */
  static async open(
    path: string,
    header: ProfilesHeader,
    onOther: 'refuse' | 'discard' = 'refuse',
  ): Promise<ProfileWriter> {
    const draft = draftOf(path);
    checkOutput(draft);
    const start = encodeStart(header, crc32);
    try {
      const found = await stat(draft).catch(() => undefined);
      if (found !== undefined && found.size > 0) {
        const handle = await open(draft, 'r+');
        const begun = Buffer.alloc(start.length);
        await handle.read(begun, 0, start.length, 0);
        if (begun.equals(start)) {
          const writer = new ProfileWriter(path, handle, start.length);
          await writer.#recover();
          return writer;
        }
        await handle.close();
        // What is shorter than a header was killed while it was begun.
        if (onOther === 'refuse' && found.size >= start.length) {
          throw new SemcrcError(
            'usage',
            `${draft} was begun from other input or with other options; finish that one first, or start over with \`force\``,
            { data: { file: draft, options: ['force'] } },
          );
        }
      }
    } catch (cause) {
      throw unwritable(draft, cause);
    }
    return ProfileWriter.begin(path, header);
  }

  /** Begins a file; one that was begun there gives way. */
  static async begin(path: string, header: ProfilesHeader): Promise<ProfileWriter> {
    const draft = draftOf(path);
    checkOutput(draft);
    try {
      const writer = new ProfileWriter(path, await open(draft, 'w+'), 0);
      await writer.#append(encodeStart(header, crc32));
      return writer;
    } catch (cause) {
      throw unwritable(draft, cause);
    }
  }

  /** Scans written so far, in their order. */
  get scans(): readonly ProfiledScan[] {
    return this.#scans;
  }

  async #recover(): Promise<void> {
    const source = await openFileBytes(draftOf(this.path));
    try {
      for (;;) {
        const frame = await readFrame(source, this.#end);
        if (frame === null) break;
        const { scan, bytes } = frame;
        const offset = this.#end + bytes;
        if (offset + scan.bytes > source.size) break;
        if (crc32(await source.read(offset, scan.bytes)) !== scan.checksum) break;
        this.#scans.push({ ...scan, source: 0, offset });
        this.#end = offset + scan.bytes;
      }
    } finally {
      await source.close?.();
    }
    await this.#handle.truncate(this.#end);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    let written = 0;
    try {
      while (written < bytes.length) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          written,
          bytes.length - written,
          this.#end + written,
        );
        written += bytesWritten;
      }
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    this.#end += bytes.length;
  }

  /** Adds a scan of the header's one source. */
  async add({ scan, block }: ScanToWrite): Promise<void> {
    const { bytes, headBytes } = block;
    const entry: ProfiledScan = {
      ...scan,
      bytes: bytes.length,
      checksum: crc32(bytes),
      head: { bytes: headBytes, checksum: crc32(bytes.subarray(0, headBytes)) },
    };
    await this.addBytes(entry, bytes, 0);
  }

  /** Adds a scan whose entry is known. @param source place of its source in the header */
  async addBytes(entry: ProfiledScan, bytes: Uint8Array, source: number): Promise<void> {
    const frame = encodeFrame(entry, crc32);
    await this.#append(frame);
    this.#scans.push({ ...entry, source, offset: this.#end });
    await this.#append(bytes);
  }

  /** Writes the directory, flushes the file and puts it in its place. Returns its size in bytes. */
  async finish(): Promise<number> {
    checkOutput(this.path);
    await this.#append(encodeEnd({ scans: this.#scans }, this.#end, crc32));
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(draftOf(this.path), this.path);
      const folder = await open(dirname(this.path), 'r');
      await folder
        .sync()
        .catch(() => {})
        .finally(() => folder.close());
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    return this.#end;
  }

  /** Lets go of the file; what was written stays, to be gone on with. */
  async close(): Promise<void> {
    await this.#handle.close().catch(() => {});
  }

  /** Lets go of the file and removes what was written. */
  async discard(): Promise<void> {
    await this.close();
    await rm(draftOf(this.path), { force: true });
  }
}

/** What merging profile files came to. */
export interface MergedProfiles {
  readonly path: string;
  readonly scans: number;
  readonly sources: readonly { readonly name: string; readonly scans: number; readonly held: number }[];
}

/**
 * Merges profile files into one, in an order of their own: whatever the order the files are given in, and however scans are
 * spread over them, the bytes are those that one process would have written. Every scan is verified on the way.
 *
 * @throws SemcrcError `bad-input` naming a file that is damaged, or does not go with the others; `usage` where `path` is one of them
 */
export async function mergeProfiles(paths: readonly string[], path: string): Promise<MergedProfiles> {
  checkOutput(path, { inputs: paths });
  const files = await openProfileFiles(paths);
  let writer: ProfileWriter | undefined;
  try {
    const { header, scans } = joinProfiles(files);
    writer = await ProfileWriter.begin(path, header);
    for (const { scan, source, file } of scans) {
      const { source: _, offset, ...entry } = scan;
      const bytes = await file.source.read(offset, entry.bytes);
      if (crc32(bytes) !== entry.checksum) {
        throw new SemcrcError(
          'bad-input',
          `${file.source.name}: scan ${entry.scan} is damaged (its checksum differs); copy the file again, or profile the scan anew`,
          { data: { file: file.source.name, scan: entry.scan } },
        );
      }
      await writer.addBytes(entry, bytes, source);
    }
    await writer.finish();
    return {
      path,
      scans: scans.length,
      sources: header.sources.map(({ name, scans: all }, at) => ({
        name,
        scans: all,
        held: scans.filter(({ source }) => source === at).length,
      })),
    };
  } catch (error) {
    await writer?.discard();
    throw error;
  } finally {
    for (const { source } of files) await source.close?.();
  }
}
