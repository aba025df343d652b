// The entries of the sidebar that follow from what is there.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pages = fileURLToPath(new URL('../pages/', import.meta.url));

/** @param {string} folder under `pages/` @returns {string[]} names of its pages, without extensions */
function namesIn(folder) {
  if (!existsSync(pages + folder)) return [];
  return readdirSync(pages + folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.replace(/\.md$/, ''));
}

/** One for every README of a package. */
export function packagePages() {
  return ['packages', 'apps'].flatMap((group) =>
    namesIn(group).map((name) => ({ text: name, link: `/${group}/${name}` })),
  );
}

/** One for every entry of a package. */
export function apiPages() {
  const scope = 'api/@semcrc';
  return namesIn(scope)
    .sort()
    .map((name) => ({ text: `@semcrc/${name}`, link: `/${scope}/${name}` }));
}
