import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The bin as a user runs it. */
export const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Real scans for tests; not part of the repository. */
export const ABDOMEN40 = fileURLToPath(
  new URL('../../../../shared/data/abdomen40/manifest.csv', import.meta.url),
);

/** Why tests on real scans are skipped, or undefined where they can run. */
export const withoutAbdomen40 = existsSync(ABDOMEN40) ? undefined : `no ${ABDOMEN40}`;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `semcrc` to its end in a child process. */
export function semcrc(
  args: readonly string[],
  options: Pick<SpawnSyncOptions, 'cwd' | 'env'> = {},
): Outcome {
  const child = spawnSync(process.execPath, [MAIN, ...args], {
    ...options,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    timeout: 120_000,
  });
  if (child.error) throw child.error;
  return { code: child.status, stdout: String(child.stdout), stderr: String(child.stderr) };
}
