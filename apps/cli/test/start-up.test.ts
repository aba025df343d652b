import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { MAIN } from './command.ts';

const folder = path.dirname(MAIN);
const read = (script: string) => readFileSync(path.join(folder, script), 'utf8');

/** A script of the bundle and all that is read before it runs: not what `import()` loads. */
function readBefore(script: string, seen = new Set<string>()): Set<string> {
  if (seen.has(script)) return seen;
  seen.add(script);
  for (const [, other] of read(script).matchAll(/^import (?:.* from )?"\.\/(.*)";$/gm))
    readBefore(other, seen);
  return seen;
}

it('the command reads neither kernels nor solver before it knows what is asked of it', () => {
  // How every WebAssembly module begins, in base64, and how gzip does.
  const holdsBinary = (script: string) => /["']AGFzbQ|['"]H4sIA/.test(read(script));
  const all = readdirSync(folder).filter((script) => script.endsWith('.js'));
  const first = readBefore('main.js');
  expect(all.filter(holdsBinary).length).toBeGreaterThan(1);
  expect([...first].filter(holdsBinary)).toEqual([]);
  expect(first.size).toBeLessThan(all.length / 2);
});
