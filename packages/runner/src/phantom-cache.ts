import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@semcrc/imaging/node';
import type { ScanCache } from '@semcrc/simulate';

/**
 * Where semcrc keeps what it can make again: the folder `SEMCRC_CACHE` names (empty: nowhere), else `semcrc` in the
 * user's cache folder.
 */
function cacheFolder(): string | null {
  const { SEMCRC_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (SEMCRC_CACHE !== undefined) return SEMCRC_CACHE === '' ? null : SEMCRC_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'semcrc', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'semcrc');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'semcrc');
}

/** Keeps phantom scans in files, each whole or not there; undefined where nothing is to be kept. */
export function phantomCache(): ScanCache | undefined {
  const folder = cacheFolder();
  if (folder === null) return undefined;
  const pathOf = (name: string): string => join(folder, 'phantom', `${name}.bin`);
  return {
    async get(name) {
      try {
        return readFileSync(pathOf(name));
      } catch {
        return undefined;
      }
    },
    async put(name, bytes) {
      try {
        mkdirSync(dirname(pathOf(name)), { recursive: true });
        await writeFileAtomic(pathOf(name), bytes);
      } catch {
        // A cache that cannot be written costs time, not correctness: the scan is drawn again next time.
      }
    },
  };
}
