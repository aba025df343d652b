import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from '../src/run.ts';

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

/** Runs `semcrc` to its end in a child process, as a user does. */
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

/** The same in this process, which loads the packages once for all tests of a file. */
export async function semcrcHere(args: readonly string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const originals = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = ((text: string) => {
      written[name] += text;
      return true;
    }) as typeof process.stdout.write;
  }
  try {
    return { code: await run(args, new AbortController().signal), ...written };
  } finally {
    process.stdout.write = originals.stdout;
    process.stderr.write = originals.stderr;
  }
}
