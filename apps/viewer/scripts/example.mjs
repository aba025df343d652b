// Writes what comes with the page of its example into src/generated: calibrations by the page's own code, and what takes longest of
// the scan.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { cohortOf } from '@semcrc/core';
import { openSource, threadExecutor } from '@semcrc/runner/node';
import { runnerImport } from 'vite';

const folder = new URL('../src/generated/', import.meta.url);
mkdirSync(folder, { recursive: true });

/** A file of the engine, as Node takes it. */
const engine = async (name) =>
  (
    await runnerImport(fileURLToPath(new URL(`../src/engine/${name}.ts`, import.meta.url)), {
      logLevel: 'error',
    })
  ).module;
const write = (name, content) => writeFileSync(new URL(`${name}.json`, folder), JSON.stringify(content));

const { calibrateExample, EXAMPLE_COHORT } = await engine('example-cohort');
const place = { kind: 'phantom', options: EXAMPLE_COHORT };
const executor = threadExecutor();
try {
  const cohort = cohortOf(await openSource(place));
  const calibrations = await calibrateExample({ place, key: 'example', cohort }, executor, {});
  write(
    'example',
    calibrations.map(({ text, held, notes }) => ({ text, held, notes })),
  );
} finally {
  await executor.close();
}

const { drawExampleScan } = await engine('example-drawing');
const { truth, organs } = await drawExampleScan();
const packed = (array) => gzipSync(new Uint8Array(array.buffer), { level: 9 }).toString('base64');
write('example-scan', {
  affine: truth.affine,
  hounsfield: packed(Int16Array.from(truth.data)),
  organs: packed(Uint8Array.from(organs)),
});
