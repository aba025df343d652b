// Writes what comes with the page of the example's cohort, src/generated/example.json: calibrations by the page's own code.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cohortOf } from '@semcrc/core';
import { openSource, threadExecutor } from '@semcrc/runner/node';
import { runnerImport } from 'vite';

const source = fileURLToPath(new URL('../src/engine/example-cohort.ts', import.meta.url));
const { calibrateExample, EXAMPLE_COHORT } = (await runnerImport(source, { logLevel: 'error' })).module;

const place = { kind: 'phantom', options: EXAMPLE_COHORT };
const cohort = cohortOf(await openSource(place));
const executor = threadExecutor();
try {
  const calibrations = await calibrateExample({ place, key: 'example', cohort }, executor, {});
  const shipped = calibrations.map(({ text, held, notes }) => ({ text, held, notes }));
  const folder = new URL('../src/generated/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('example.json', folder), JSON.stringify(shipped));
} finally {
  await executor.close();
}
