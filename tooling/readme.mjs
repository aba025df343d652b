// The README's usage, as code: what it shows is what is run.
import { readFileSync } from 'node:fs';

/** The program that README.md shows in its ten lines. */
export function usageProgram() {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const block = /```js\n([\s\S]*?)```/.exec(readme)?.[1];
  if (block === undefined) throw new Error('README.md shows no usage: expected a block marked js');
  return block;
}
