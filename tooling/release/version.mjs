// `pnpm run version`: uses up the changesets. One new version in every package, their sentences in the changelog.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseChangeset, releaseChangelog } from './changelog.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (/** @type {string} */ name) => readFileSync(path.join(root, name), 'utf8');

const changes = readdirSync(path.join(root, '.changeset'))
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .flatMap((name) => parseChangeset(read(`.changeset/${name}`)) ?? []);
const versionOf = () => JSON.parse(read('apps/cli/package.json')).version;

const before = versionOf();
execFileSync('pnpm', ['exec', 'changeset', 'version'], { cwd: root, stdio: 'inherit' });
const version = versionOf();
if (version === before) throw new Error(`no changeset changes a package: the version stays ${version}`);
const date = new Date().toISOString().slice(0, 10);
writeFileSync(
  path.join(root, 'CHANGELOG.md'),
  releaseChangelog(read('CHANGELOG.md'), changes, version, date),
);
writeFileSync(
  path.join(root, 'CITATION.cff'),
  read('CITATION.cff').replace(/^version: .*$/m, `version: ${version}`),
);
// The page is not published, but what it calibrates says which version did.
writeFileSync(
  path.join(root, 'apps/viewer/package.json'),
  read('apps/viewer/package.json').replace(/"version": "[^"]*"/, `"version": "${version}"`),
);
