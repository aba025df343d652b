import { readFileSync } from 'node:fs';

/** The version of this package, as `--version` prints it and artefacts record it. */
export const VERSION: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version;
