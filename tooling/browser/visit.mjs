// Building a page, serving the build, and reading what the page found out.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

/**
 * @typedef {object} Visit
 * @property {unknown} outcome what the page found out
 * @property {string[]} requests paths of everything it fetched, in order
 */
/** @typedef {(root: string, outDir: string) => Promise<void>} Bundle builds the page in a folder into another */

// A page may share memory between threads only when it is isolated from other origins.
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * @typedef {object} VisitOptions
 * @property {number} [timeoutSeconds]
 * @property {Bundle} [bundle]
 * @property {string} [query]
 * @property {Readonly<Record<string, string>>} [headers] that the page is served with beside the usual ones
 * @property {string} [outcome] a JavaScript expression, undefined as long as the page is at work; what the page handed to
 *   `report` if left out
 */

/**
 * Visits one of the pages in `pages/`.
 * @param {import('playwright-core').Browser} browser
 * @param {string} name
 * @param {VisitOptions} [options]
 * @returns {Promise<Visit>}
 */
export function visitPage(browser, name, options = {}) {
  const root = fileURLToPath(new URL('.', import.meta.url));
  const bundle = (/** @type {string} */ from, /** @type {string} */ outDir) =>
    bundleWithVite(from, outDir, name);
  return visit(browser, root, { bundle, query: `?${name}`, ...options });
}

/**
 * Builds the page in `root` for production, opens it in `browser`, waits until it has an outcome.
 * Fails with the page's own error, or on anything it logged as an error.
 * @param {import('playwright-core').Browser} browser
 * @param {string} root folder with an `index.html`
 * @param {VisitOptions} [options]
 * @returns {Promise<Visit>}
 */
export async function visit(
  browser,
  root,
  {
    timeoutSeconds = 60,
    bundle = bundleWithVite,
    query = '',
    headers = {},
    outcome: expression = 'globalThis.outcome',
  } = {},
) {
  const outDir = mkdtempSync(path.join(tmpdir(), 'semcrc-page-'));
  await bundle(root, outDir);
  const server = await preview({
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, headers: { ...ISOLATION, ...headers } },
  });
  const page = await browser.newPage();
  try {
    const address = server.httpServer.address();
    if (address === null || typeof address === 'string') throw new Error('the preview server has no port');
    /** @type {string[]} */
    const requests = [];
    /** @type {string[]} */
    const complaints = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
    // What the page computes may hold its thread for longer than loading may take.
    await page.goto(`http://127.0.0.1:${address.port}/${query}`, { waitUntil: 'commit' });
    const settled = page.waitForFunction(`(${expression}) !== undefined`, undefined, {
      timeout: timeoutSeconds * 1000,
    });
    await settled.catch((cause) => {
      throw new Error(`${root}${query}: the page reported nothing. ${complaints.join('\n')}`, { cause });
    });
    const outcome = await page.evaluate(expression);
    if (complaints.length > 0) throw new Error(`${root}${query}: ${complaints.join('\n')}`);
    return { outcome, requests };
  } finally {
    await page.close();
    await server.close();
    rmSync(outDir, { recursive: true });
  }
}

/**
 * @param {string} root
 * @param {string} outDir
 * @param {string} [name] of the page, where `index.html` leaves a place for it
 */
async function bundleWithVite(root, outDir, name) {
  /** @type {import('vite').Plugin} */
  const naming = {
    name: 'page',
    transformIndexHtml: { order: 'pre', handler: (html) => html.replaceAll('%PAGE%', name ?? '') },
  };
  await build({
    root,
    plugins: [naming],
    configFile: false,
    logLevel: 'error',
    build: { outDir, target: 'esnext', minify: false, chunkSizeWarningLimit: 1e6 },
  });
}
