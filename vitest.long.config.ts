import { defineConfig } from 'vitest/config';

// The statistical and soak tests: seeded, each stating its false-alarm rate.
export default defineConfig({
  test: {
    include: ['{packages,apps}/*/test/**/*.long.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    maxWorkers: '100%',
  },
});
