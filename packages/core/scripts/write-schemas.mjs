// Writes the JSON schemas of the files semcrc publishes; run after building. A test holds the committed files to it.
import { writeFile } from 'node:fs/promises';
import { PUBLISHED } from '../dist/index.js';

const folder = new URL('../schema/', import.meta.url);
for (const [name, schema] of Object.entries(PUBLISHED)) {
  const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema };
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(document, null, 2)}\n`);
}
