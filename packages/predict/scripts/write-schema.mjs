// Writes the JSON schema of the records beside networks; run after building. A test holds the committed file to it.
import { mkdir, writeFile } from 'node:fs/promises';
import { ModelRecord } from '../dist/index.js';

const folder = new URL('../schema/', import.meta.url);
await mkdir(folder, { recursive: true });
const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...ModelRecord };
await writeFile(new URL('model-1.json', folder), `${JSON.stringify(document, null, 2)}\n`);
