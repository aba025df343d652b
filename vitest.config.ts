import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,apps}/*/test/**/*.test.ts', 'tooling/test/**/*.test.ts'],
    // Phantoms are drawn once for all tests, and not into the user's own cache.
    env: { SEMCRC_CACHE: fileURLToPath(new URL('node_modules/.cache/semcrc', import.meta.url)) },
    testTimeout: 180_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
  },
});
