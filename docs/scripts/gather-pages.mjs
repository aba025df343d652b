// Gathers the site's pages from the Markdown of the repository into `pages/`. Links are rewritten to match: a link to a
// page leads to that page, a link to any other file of the repository to a copy of that file in `pages/public/`.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const target = fileURLToPath(new URL('../pages/', import.meta.url));

/** READMEs in the folders of `group`. @param {string} group @returns {[source: string, page: string][]} */
function readmesIn(group) {
  return readdirSync(path.join(root, group)).flatMap((name) => {
    const source = path.posix.join(group, name, 'README.md');
    return existsSync(path.join(root, source)) ? [[source, `${group}/${name}.md`]] : [];
  });
}

/** Page of each Markdown file; both as paths with forward slashes, from the root of the repository and of the site. */
const pageOf = new Map([
  ['README.md', 'index.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['CHANGELOG.md', 'changelog.md'],
  ['RELEASE.md', 'release.md'],
  ['SECURITY.md', 'security.md'],
  ['examples/README.md', 'examples/index.md'],
  ...readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => /** @type {[string, string]} */ ([`docs/${name}`, name])),
  ...['examples', 'packages', 'apps'].flatMap(readmesIn),
]);

/** @param {string} source @param {string} page @param {string} link @returns {string} the link as the page needs it */
function relink(source, page, link) {
  const [file, anchor] = link.split('#');
  if (/^[a-z]+:/.test(link) || file === '') return link;
  const named = path.posix.join(path.posix.dirname(source), file).replace(/\/$/, '');
  const readme = path.posix.join(named, 'README.md');
  const linked = pageOf.get(named) ?? pageOf.get(readme);
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (linked !== undefined) {
    const relative = path.posix.relative(path.posix.dirname(page), linked);
    return (relative.startsWith('.') ? relative : `./${relative}`) + hash;
  }
  // A static server knows what these are; what has another ending is text.
  const name = /\.(json|svg|png)$/.test(named) ? named : `${named}.txt`;
  const copy = path.join(target, 'public', name);
  mkdirSync(path.dirname(copy), { recursive: true });
  copyFileSync(path.join(root, named), copy);
  return `/${name}${hash}`;
}

rmSync(target, { recursive: true, force: true });
for (const [source, page] of pageOf) {
  const fences = /(^```[\s\S]*?^```)/m; // every second part is a block of code, where nothing is a link
  const text = readFileSync(path.join(root, source), 'utf8')
    .split(fences)
    .map((part, i) =>
      i % 2 === 1 ? part : part.replace(/\]\(([^)\s]+)\)/g, (_, link) => `](${relink(source, page, link)})`),
    )
    .join('');
  mkdirSync(path.dirname(path.join(target, page)), { recursive: true });
  writeFileSync(path.join(target, page), text);
}
