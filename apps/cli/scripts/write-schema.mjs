// Writes the JSON schema of the config files of `semcrc experiment`; run after building. A test holds the committed file to it.
import { writeFile } from 'node:fs/promises';
import { experimentFileSchema } from '../build/settings.js';

const document = { $schema: 'http://json-schema.org/draft-07/schema#', ...experimentFileSchema };
await writeFile(
  new URL('../schema/experiment-config-1.json', import.meta.url),
  `${JSON.stringify(document, null, 2)}\n`,
);
