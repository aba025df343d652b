import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** Tests of one kind, told by how their files end. */
const kind = (name: string, ending: string, seconds: number): TestProjectConfiguration => ({
  test: {
    name,
    include: [`{packages,apps}/*/test/**/*.${ending}.ts`, `tooling/test/**/*.${ending}.ts`],
    // Phantoms are drawn once for all tests, and not into the user's own cache.
    env: { SEMCRC_CACHE: fileURLToPath(new URL('node_modules/.cache/semcrc', import.meta.url)) },
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 1000,
  },
});

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      kind('quick', 'test', 180),
      // Kernels, packages, report and page in Chromium.
      kind('browser', 'browser', 180),
      // Guarantees by simulation, each stating its false-alarm rate; real scans and clusters from end to end.
      kind('long', 'long', 900),
      // Thousands of damaged files, kills at random moments, the scanner at its acceptance sizes.
      kind('soak', 'soak', 900),
    ],
  },
});
