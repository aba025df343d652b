import type { FileBlob } from './file-blob.ts';
import { gunzipRuns } from './gunzip-stream.ts';
import { type ByteRuns, type Files, unreadable } from './open-file.ts';

/** A file of a page, or what gets it: the entry of an archive, say. */
export type LazyFile = FileBlob | (() => Promise<FileBlob>);

/** Files of a page by their paths: dropped, chosen, or made there. A folder is what paths have in common before a `/`. */
export function droppedFiles(dropped: Iterable<readonly [path: string, file: LazyFile]>): Files {
  const files = new Map(dropped);
  const folders = new Map<string, Set<string>>();
  for (const path of files.keys()) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      folders.set(folder, (folders.get(folder) ?? new Set()).add(parts[depth]));
    }
  }
  return {
    async open(path) {
      const file = files.get(path);
      if (file === undefined) {
        throw unreadable(
          path,
          folders.has(path) ? 'expected a file, found a folder' : 'no such file was given',
        );
      }
      const blob = file instanceof Blob ? file : await file();
      const bytes = (position: number, count: number) => readBlob(blob, position, count);
      return {
        size: blob.size,
        async read(into, position) {
          const found = await bytes(position, into.length);
          into.set(found);
          return found.length;
        },
        plain: (step) => plainRuns(blob.size, step, bytes),
        inflated: () => gunzipRuns(blob.size, bytes),
        close: async () => undefined,
      };
    },
    list(path) {
      const names = folders.get(path);
      return names === undefined ? null : [...names].sort();
    },
  };
}

/** Bytes of a blob, fewer at its end. */
async function readBlob(blob: Blob, position: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.slice(position, position + count).arrayBuffer());
  } catch (cause) {
    throw new Error('it was changed or moved since it was chosen; choose it again', { cause });
  }
}

function plainRuns(
  size: number,
  step: number,
  bytes: (position: number, count: number) => Promise<Uint8Array>,
): ByteRuns {
  let position = 0;
  return {
    async next() {
      const run = await bytes(position, step);
      position += run.length;
      return run;
    },
    seek(count) {
      const most = Math.max(0, Math.min(count, size - position));
      position += most;
      return most;
    },
    close: () => undefined,
  };
}
