// The rules an import must obey. Each returns the violations it finds, named by package and file.
import { builtinModules } from 'node:module';
import {
  ARROWS,
  BROWSER_ENTRIES,
  BROWSER_PACKAGES,
  DYNAMIC_ONLY,
  NODE_ENTRIES,
  reachable,
} from './arrows.mjs';
import { entrySources, resolveRelative } from './workspace.mjs';

/** @typedef {import('./workspace.mjs').Package} Package */
/** @typedef {{ rule: string, where: string, message: string }} Violation */

const BUILTINS = new Set(builtinModules);

/**
 * Everything wrong with the arrows of a workspace; empty when all is well.
 * @param {readonly Package[]} packages
 * @param {Iterable<string>} [rootDependencies] what the workspace root installs for everyone's tests
 * @returns {Violation[]}
 */
export function checkBoundaries(packages, rootDependencies = []) {
  const shared = new Set(rootDependencies);
  const byName = new Map(packages.map((pkg) => [pkg.name, pkg]));
  return packages.flatMap((pkg) => [
    ...checkManifest(pkg, byName),
    ...checkImports(pkg, byName, shared),
    ...checkCycles(pkg),
    ...checkBrowser(pkg),
  ]);
}

/** @param {string} specifier `@scope/name/sub` → `@scope/name` */
function packageOf(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * @param {string} entry
 * @param {Record<string, unknown>} [declared] the `exports` or `imports` of a package, whose keys may hold a star
 */
function isDeclared(entry, declared = {}) {
  return Object.keys(declared).some((key) => {
    const [head, tail] = key.split('*');
    return tail === undefined ? key === entry : entry.startsWith(head ?? '') && entry.endsWith(tail);
  });
}

/** @param {string} specifier */
function isNode(specifier) {
  return specifier.startsWith('node:') || BUILTINS.has(specifier);
}

/** @param {Package} pkg @param {ReadonlyMap<string, Package>} byName @returns {Violation[]} */
function checkManifest(pkg, byName) {
  if (!(pkg.name in ARROWS)) {
    return [{ rule: 'arrow', where: pkg.name, message: 'is not in the table of arrows; add it there' }];
  }
  const below = reachable(pkg.name);
  const declared = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'].flatMap(
    (kind) => Object.keys(pkg.manifest[kind] ?? {}),
  );
  return declared
    .filter((name) => byName.has(name) && !below.has(name))
    .map((name) => ({
      rule: 'arrow',
      where: `${pkg.name} package.json`,
      message: `depends upward on ${name}`,
    }));
}

/**
 * @param {Package} pkg
 * @param {ReadonlyMap<string, Package>} byName
 * @param {ReadonlySet<string>} shared
 * @returns {Violation[]}
 */
function checkImports(pkg, byName, shared) {
  const below = reachable(pkg.name);
  const runtime = new Set([
    ...Object.keys(pkg.manifest.dependencies ?? {}),
    ...Object.keys(pkg.manifest.peerDependencies ?? {}),
    ...Object.keys(pkg.manifest.optionalDependencies ?? {}),
  ]);
  const development = new Set([...runtime, ...Object.keys(pkg.manifest.devDependencies ?? {}), ...shared]);
  // A package without entries ships as a bundle, which holds what it was built with.
  const shipped = pkg.manifest.exports === undefined ? development : runtime;
  /** @type {Violation[]} */
  const violations = [];
  for (const [file, { imports }] of pkg.files) {
    const inSource = file.startsWith('src/');
    for (const { specifier, kind, line } of imports) {
      const report = (/** @type {string} */ rule, /** @type {string} */ message) =>
        violations.push({ rule, where: `${pkg.name} ${file}:${line}`, message });
      if (specifier.startsWith('.')) {
        const target = resolveRelative(file, specifier);
        // Tests may drive the browser that the workspace drives.
        const isTooling = !inSource && target.startsWith('../../tooling/browser/');
        if (target.startsWith('..') && !isTooling)
          report('package', `${specifier} leaves the package; import it by name`);
        else if (inSource && !target.startsWith('src/') && !target.startsWith('package.json')) {
          report('package', `${specifier} leaves src; shipped code imports shipped code only`);
        }
        continue;
      }
      if (isNode(specifier)) {
        if (!specifier.startsWith('node:'))
          report('browser', `${specifier} is a Node module: write node:${specifier}`);
        continue;
      }
      const name = packageOf(specifier);
      const target = byName.get(name);
      if (target && target !== pkg) {
        if (!below.has(name)) report('arrow', `imports upward: ${name}`);
        const entry = specifier === name ? '.' : `.${specifier.slice(name.length)}`;
        if (!isDeclared(entry, target.manifest.exports))
          report('package', `${specifier} is no entry of ${name}`);
      }
      const declared = name.startsWith('#')
        ? isDeclared(name, pkg.manifest.imports)
        : (inSource ? shipped : development).has(name);
      if (target !== pkg && !declared) {
        report('declared', `${name} is not declared in package.json`);
      }
      if (inSource && kind === 'value' && DYNAMIC_ONLY.has(name)) {
        report('dynamic', `${name} must be loaded by a dynamic import`);
      }
    }
  }
  return violations;
}

/** @param {Package} pkg @returns {Violation[]} */
function checkCycles(pkg) {
  /** @type {Violation[]} */
  const violations = [];
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map();
  /** @param {string} file @param {readonly string[]} trail */
  const visit = (file, trail) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      const cycle = [...trail.slice(trail.indexOf(file)), file].join(' → ');
      violations.push({ rule: 'cycle', where: pkg.name, message: cycle });
      return;
    }
    state.set(file, 'open');
    for (const { specifier } of pkg.files.get(file)?.imports ?? []) {
      if (specifier.startsWith('.')) visit(resolveRelative(file, specifier), [...trail, file]);
    }
    state.set(file, 'done');
  };
  for (const file of pkg.files.keys()) visit(file, []);
  return violations;
}

/** @param {Package} pkg @returns {Violation[]} */
function checkBrowser(pkg) {
  if (!BROWSER_ENTRIES.has(pkg.name)) return [];
  const files = BROWSER_PACKAGES.has(pkg.name)
    ? [...pkg.files.keys()].filter((file) => file.startsWith('src/'))
    : filesBehind(
        pkg,
        [...entrySources(pkg, ['browser', 'import'])].flatMap(([entry, file]) =>
          NODE_ENTRIES.has(entry) ? [] : [file],
        ),
      );
  /** @type {Violation[]} */
  const violations = [];
  for (const file of files) {
    const source = pkg.files.get(file);
    const report = (/** @type {number} */ line, /** @type {string} */ what) =>
      violations.push({
        rule: 'browser',
        where: `${pkg.name} ${file}:${line}`,
        message: `${what} in code that runs in a browser`,
      });
    for (const { specifier, line } of source?.imports ?? []) {
      if (isNode(specifier) || /^@semcrc\/[^/]+\/node$/.test(specifier))
        report(line, `import of ${specifier}`);
    }
    for (const { name, line } of source?.nodeGlobals ?? []) report(line, `the Node global ${name}`);
  }
  return violations;
}

/** @param {Package} pkg @param {readonly string[]} entries @returns {Set<string>} */
function filesBehind(pkg, entries) {
  /** @type {Set<string>} */
  const seen = new Set();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { specifier } of pkg.files.get(file)?.imports ?? []) {
      if (specifier.startsWith('.')) queue.push(resolveRelative(file, specifier));
    }
  }
  return seen;
}
