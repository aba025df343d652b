import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportedNames } from '../boundaries/source.mjs';
import { entrySources, readWorkspace } from '../boundaries/workspace.mjs';
import frozen from './public-api.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = readWorkspace(root).filter((pkg) => pkg.manifest.exports !== undefined);

/** Exported names by entry, for every entry that is JavaScript. */
function publicApi(pkg: (typeof packages)[number]): Record<string, string[]> {
  return Object.fromEntries(
    [...entrySources(pkg, ['import'])].map(([entry, file]) => [
      entry,
      exportedNames(file, readFileSync(path.join(pkg.dir, file), 'utf8')),
    ]),
  );
}

describe('the names a package exports change only on purpose', () => {
  it('lists every package', () => {
    expect(Object.keys(frozen).sort()).toEqual(packages.map(({ name }) => name).sort());
  });

  it.each(packages.map((pkg) => [pkg.name, pkg] as const))('%s', (name, pkg) => {
    expect(publicApi(pkg)).toEqual((frozen as Record<string, unknown>)[name]);
  });

  it('each is written out: no entry re-exports a whole file', () => {
    expect(packages.flatMap((pkg) => Object.values(publicApi(pkg)).flat())).not.toContain('*');
  });
});
