import { readdirSync, statSync } from 'node:fs';
import { InflatedRuns, PlainRuns } from './byte-runs.ts';
import { openRegularFile } from './input.ts';
import type { Files } from './open-file.ts';

/** The files of this machine. */
export const diskFiles: Files = {
  async open(path) {
    const { handle, size } = await openRegularFile(path);
    return {
      size,
      async read(into, position) {
        let length = 0;
        while (length < into.length) {
          const { bytesRead } = await handle.read(into, length, into.length - length, position + length);
          if (bytesRead === 0) break;
          length += bytesRead;
        }
        return length;
      },
      plain: (step) => new PlainRuns(handle, size, step),
      inflated: (step) => new InflatedRuns(handle, step),
      close: () => handle.close(),
    };
  },
  list(path) {
    const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    return folder ? readdirSync(path).sort() : null;
  },
};
