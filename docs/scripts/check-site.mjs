// Checks the built site: every link inside it leads to a page, a file and an anchor that exist, and no page loads
// anything from another server.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const site = fileURLToPath(new URL('../dist/', import.meta.url));
const base = process.env.SITE_BASE ?? '/';
const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.html'),
);
const htmlOf = new Map(
  pages.map((name) => [path.join(site, name), readFileSync(path.join(site, name), 'utf8')]),
);

/** @param {string} file without query, as a browser asks a static server for it @returns {string | undefined} */
function served(file) {
  const choices = [file, `${file}.html`, path.join(file, 'index.html')];
  return choices.find((name) => existsSync(name) && statSync(name).isFile());
}

/** @type {Set<string>} */
const wrong = new Set();
for (const [file, html] of htmlOf) {
  const complain = (/** @type {string} */ what) => wrong.add(`${path.relative(site, file)}: ${what}`);
  for (const [, tag, attributes] of html.matchAll(/<([a-z]+)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>/g)) {
    for (const [, name, value] of attributes.matchAll(/\s(href|src)="([^"]*)"/g)) {
      if (/^(data|mailto):/.test(value)) continue;
      if (/^(https?:)?\/\//.test(value)) {
        if (tag !== 'a') complain(`<${tag} ${name}> loads ${value}`);
        continue;
      }
      const [link, anchor] = value.replaceAll('&amp;', '&').split('#').map(decodeURIComponent);
      const target =
        link === ''
          ? file
          : served(
              link.startsWith(base)
                ? path.join(site, link.slice(base.length))
                : path.join(path.dirname(file), link),
            );
      if (target === undefined) complain(`${value} does not exist`);
      else if (anchor && htmlOf.has(target) && !htmlOf.get(target)?.includes(`id="${anchor}"`))
        complain(`${value} names no heading there`);
    }
  }
}
for (const name of readdirSync(site, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.css')) continue;
  const [outside] =
    readFileSync(path.join(site, name), 'utf8').match(/(?:@import|url\()\s*["']?https?:[^)]*/) ?? [];
  if (outside) wrong.add(`${name}: loads ${outside}`);
}
for (const line of wrong) console.error(line);
console.log(`site: ${pages.length} pages, ${wrong.size} wrong links`);
process.exitCode = pages.length > 0 && wrong.size === 0 ? 0 : 1;
