// That a package names everyone whose code its files hold.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

// How the bundler tells where code came from, and the banner of HiGHS, which is minified.
const ORIGIN = /^\/\/ .*node_modules\/\.pnpm\/.*?node_modules\/((?:@[^/]+\/)?[^/]+)\//gm;
const BANNER = /^\/\*! (highs) /gm;

/**
 * Fails unless every package found in the JavaScript of a package has its licence in the notices.
 * @param {string} folder the package as installed
 */
export function checkNotices(folder) {
  const dist = path.join(folder, 'dist');
  /** @type {Set<string>} */
  const held = new Set();
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue;
    const text = readFileSync(path.join(dist, file), 'utf8');
    for (const pattern of [ORIGIN, BANNER]) {
      for (const [, name] of text.matchAll(pattern)) held.add(/** @type {string} */ (name));
    }
  }
  const file = path.join(dist, 'THIRD_PARTY_NOTICES.md');
  const notices = existsSync(file) ? readFileSync(file, 'utf8') : '';
  /** @type {Map<string, string>} */
  const sections = new Map();
  for (const section of notices.split(/^## /m).slice(1)) {
    const [heading = '', ...text] = section.split('\n');
    sections.set(/** @type {string} */ (heading.split(' ')[0]), text.join('\n').trim());
  }
  const unnamed = [...held].filter((name) => (sections.get(name) ?? '').length < 200);
  if (unnamed.length > 0) throw new Error(`no licence in ${file} for ${unnamed.join(', ')}`);
}
