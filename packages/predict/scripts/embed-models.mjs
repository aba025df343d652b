// Writes the models that ship with this package as modules, which bundlers take along as they do code.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(`${root}src/generated`, { recursive: true });
for (const name of ['baseline', 'baseline-fbp', 'stand-in']) {
  const text = readFileSync(`${root}models/${name}.json`, 'utf8').trim();
  writeFileSync(
    `${root}src/generated/${name}.ts`,
    `// The same as models/${name}.json.\nexport const document: unknown = ${text};\n`,
  );
}
