import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The statistical and soak tests: seeded, each stating its false-alarm rate.
export default defineConfig({
  test: {
    include: ['{packages,apps}/*/test/**/*.long.ts'],
    // Phantoms are drawn once for all tests, and not into the user's own cache.
    env: { SEMCRC_CACHE: fileURLToPath(new URL('node_modules/.cache/semcrc', import.meta.url)) },
    testTimeout: 900_000,
    hookTimeout: 900_000,
    maxWorkers: '100%',
  },
});
