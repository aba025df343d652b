import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** Tests of one kind: of files by how their names end, for at most some seconds each. */
const kind = (
  name: string,
  endings: string,
  seconds: number,
  { env = {}, ...more }: { isolate?: boolean; env?: Record<string, string> } = {},
): TestProjectConfiguration => ({
  test: {
    name,
    include: [`{packages,apps}/*/test/**/*.${endings}.ts`, `tooling/test/**/*.${endings}.ts`],
    // Phantoms are drawn once for all tests, and not into the user's own cache.
    env: { SEMCRC_CACHE: fileURLToPath(new URL('node_modules/.cache/semcrc', import.meta.url)), ...env },
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 1000,
    ...more,
  },
});

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      // Files share a process: starting one and importing every package again takes longer than most of them.
      kind('quick', 'test', 180, { isolate: false }),
      // Kernels, packages, report and page in Chromium.
      kind('browser', 'browser', 180),
      // Guarantees by simulation, each stating its false-alarm rate; real scans and clusters from end to end.
      kind('long', 'long', 900),
      // Thousands of damaged files, kills at random moments, the scanner at its acceptance sizes, and the long tests on more seeds.
      kind('soak', '{soak,long}', 900, { env: { SEMCRC_THOROUGH: '1' } }),
    ],
  },
});
