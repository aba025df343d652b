// Which package may import which: the arrows of the house, each pointing down.
// A package reaches what it names here and what those reach in turn.

/** @type {Readonly<Record<string, readonly string[]>>} */
export const ARROWS = {
  '@semcrc/kernels': [],
  '@semcrc/imaging': ['@semcrc/kernels'],
  '@semcrc/anchor': ['@semcrc/kernels'],
  '@semcrc/core': ['@semcrc/anchor', '@semcrc/kernels'],
  '@semcrc/cohort': ['@semcrc/core', '@semcrc/imaging'],
  '@semcrc/results': ['@semcrc/core', '@semcrc/imaging'],
  '@semcrc/scanner': ['@semcrc/imaging', '@semcrc/kernels'],
  '@semcrc/predict': ['@semcrc/imaging', '@semcrc/kernels'],
  '@semcrc/simulate': [
    '@semcrc/scanner',
    '@semcrc/predict',
    '@semcrc/core',
    '@semcrc/imaging',
    '@semcrc/kernels',
  ],
  '@semcrc/runner': ['@semcrc/simulate', '@semcrc/scanner', '@semcrc/cohort', '@semcrc/results'],
  '@semcrc/report': ['@semcrc/results', '@semcrc/core'],
  semcrc: ['@semcrc/runner', '@semcrc/report'],
  '@semcrc/viewer': ['@semcrc/runner'],
};

/** Packages no part of which may touch Node: they run unchanged in a browser. */
export const BROWSER_PACKAGES = new Set(['@semcrc/kernels', '@semcrc/anchor', '@semcrc/core']);

/** Entries for Node alone. */
export const NODE_ENTRIES = new Set([
  './node',
  './worker-application',
  './worker-prediction',
  './worker-preparation',
  './worker-scan',
  './worker-simulation',
]);

/** Packages whose other entries, and all they reach, must run in a browser. */
export const BROWSER_ENTRIES = new Set([
  ...BROWSER_PACKAGES,
  '@semcrc/imaging',
  '@semcrc/cohort',
  '@semcrc/scanner',
  '@semcrc/predict',
  '@semcrc/simulate',
  '@semcrc/runner',
]);

/** What only a dynamic import may load, so that a page that does not need it never fetches it. */
export const DYNAMIC_ONLY = new Set(['highs', '#highs-solver', '#highs-wasm']);

/**
 * Every package that `name` may import, directly or through another.
 * @param {string} name
 * @param {Readonly<Record<string, readonly string[]>>} arrows
 * @returns {Set<string>}
 */
export function reachable(name, arrows = ARROWS) {
  /** @type {Set<string>} */
  const seen = new Set();
  const queue = [...(arrows[name] ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...(arrows[next] ?? []));
  }
  return seen;
}
