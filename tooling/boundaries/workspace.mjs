// The packages of the workspace as they stand on disk.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readSource } from './source.mjs';

/** @typedef {import('./source.mjs').Source} Source */
/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} dir absolute
 * @property {Record<string, any>} manifest its package.json
 * @property {Map<string, Source>} files by path relative to `dir`, with forward slashes
 */

const FOLDERS = ['src', 'test', 'bench', 'scripts'];
const SOURCE = /\.(tsx?|mts|js|mjs)$/;

/**
 * Reads every package under `packages/` and `apps/` of `root`.
 * @param {string} root
 * @returns {Package[]}
 */
export function readWorkspace(root) {
  const dirs = ['packages', 'apps'].flatMap((group) => {
    const at = path.join(root, group);
    return existsSync(at) ? readdirSync(at).map((name) => path.join(at, name)) : [];
  });
  return dirs.filter((dir) => existsSync(path.join(dir, 'package.json'))).map(readPackage);
}

/** @param {string} dir @returns {Package} */
function readPackage(dir) {
  const manifest = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
  /** @type {Map<string, Source>} */
  const files = new Map();
  for (const folder of FOLDERS) {
    const at = path.join(dir, folder);
    if (!existsSync(at)) continue;
    for (const entry of readdirSync(at, { recursive: true, encoding: 'utf8' })) {
      const name = path.posix.join(folder, entry.split(path.sep).join('/'));
      if (!SOURCE.test(name) || name.endsWith('.d.ts') || /(^|\/)(generated|node_modules|dist)\//.test(name))
        continue;
      files.set(name, readSource(name, readFileSync(path.join(dir, name), 'utf8')));
    }
  }
  return { name: manifest.name, dir, manifest, files };
}

/**
 * The source file behind each entry of `exports`, for the given conditions: `./dist/node.js` is `src/node.ts`.
 * @param {Package} pkg
 * @param {readonly string[]} conditions
 * @returns {Map<string, string>} entry (`.`, `./node`, …) → file; that of a bundle is where it begins
 */
export function entrySources(pkg, conditions) {
  /** @type {Map<string, string>} */
  const sources = new Map();
  for (const [entry, target] of Object.entries(pkg.manifest.exports ?? {})) {
    const file = resolveCondition(target, conditions);
    if (file?.endsWith('.js'))
      sources.set(entry, file.replace(/^\.\/dist\/(bundled\/)?/, 'src/').replace(/\.js$/, '.ts'));
  }
  return sources;
}

/**
 * @param {any} target a string or an object of conditions, in order
 * @param {readonly string[]} conditions
 * @returns {string | undefined}
 */
function resolveCondition(target, conditions) {
  if (typeof target === 'string') return target;
  for (const [condition, inner] of Object.entries(target ?? {})) {
    if (condition !== 'default' && !conditions.includes(condition)) continue;
    const found = resolveCondition(inner, conditions);
    if (found) return found;
  }
  return undefined;
}

/**
 * The file a relative import names, relative to its package.
 * @param {string} from importing file
 * @param {string} specifier starts with a dot
 */
export function resolveRelative(from, specifier) {
  return path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier));
}
