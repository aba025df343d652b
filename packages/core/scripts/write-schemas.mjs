// Writes the JSON schemas of the files semcrc publishes; run after building. A test holds the committed files to it.
import { writeFile } from 'node:fs/promises';
import { Calibration, ExperimentDocument } from '../dist/index.js';

const folder = new URL('../schema/', import.meta.url);
for (const [name, schema] of [
  ['calibration-2.json', Calibration],
  ['experiment-1.json', ExperimentDocument],
]) {
  const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema };
  await writeFile(new URL(name, folder), `${JSON.stringify(document, null, 2)}\n`);
}
