// What the READMEs show, in a page: built by each bundler as it comes, run in Chromium, compared with Node.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { build as viteBuild } from 'vite';
import webpack from 'webpack';
import { visit } from '../browser/visit.mjs';
import { usageProgram, withReplaced } from '../readme.mjs';

/** @typedef {import('../browser/visit.mjs').Bundle} Bundle */

/**
 * Defaults only, but for where things are; rollup finds no package at all without its own plugin for that.
 * @type {Readonly<Record<string, Bundle>>}
 */
export const BUNDLERS = {
  async webpack(root, outDir) {
    const compiler = webpack({
      mode: 'production',
      context: root,
      entry: './page.mjs',
      output: { path: outDir },
    });
    const stats = await new Promise((resolve, reject) => {
      compiler?.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
    // Its output is no module: it looks for its other files where `document.currentScript` came from.
    writePage(outDir, '<script defer src="main.js"></script>');
  },
  async esbuild(root, outDir) {
    const entryPoints = [path.join(root, 'page.mjs')];
    await esbuild.build({
      entryPoints,
      bundle: true,
      format: 'esm',
      splitting: true,
      outdir: outDir,
      logLevel: 'error',
    });
    writePage(outDir, '<script type="module" src="page.js"></script>');
  },
  async rollup(root, outDir) {
    const bundle = await rollup({
      input: path.join(root, 'page.mjs'),
      plugins: [nodeResolve()],
      onwarn(warning) {
        if (warning.code !== 'CIRCULAR_DEPENDENCY') throw new Error(warning.message);
      },
    });
    await bundle.write({ dir: outDir });
    await bundle.close();
    writePage(outDir, '<script type="module" src="page.js"></script>');
  },
  async vite(root, outDir) {
    await viteBuild({ root, configFile: false, logLevel: 'error', build: { outDir } });
  },
};

/** @param {string} folder @param {string} script */
function writePage(folder, script) {
  writeFileSync(path.join(folder, 'index.html'), `<!doctype html>${script}`);
}

/** A page draws its patients in its own thread: a few small ones. */
const FEW = 'scans: 60, shape: [1, 64, 64]';
const SIZES = { 'nOpt: 32, nCal: 128, nTest: 32': 'nOpt: 8, nCal: 48, nTest: 12' };

/** The programs a page runs, by the name it is asked for. Each is a module that exports what it found as `found`. */
const PROGRAMS = {
  /** README.md: one calibration in the page's own thread. */
  usage: withReplaced(usageProgram(), {
    'scans: 60, shape: [4, 64, 64]': FEW,
    'console.log(': 'export const found = records[0].test;\nvoid (',
  }),
  /** packages/runner/README.md, in two workers: without an anchor, */
  crc: experiment("['crc']"),
  /** and with one whose bounds do not meet until HiGHS closes the gap. */
  semCrc: experiment("['sem-crc']"),
};

/** @param {string} procedures */
function experiment(procedures) {
  return withReplaced(usageProgram('packages/runner/README.md'), {
    ...SIZES,
    "{ kind: 'phantom' }": `{ kind: 'phantom', options: { ${FEW} } }`,
    'procedures: PAPER_PROCEDURES': `procedures: ${procedures}`,
    'PAPER_OPTIONS, PAPER_PROCEDURES': 'PAPER_OPTIONS',
    'options: PAPER_OPTIONS': 'options: { ...PAPER_OPTIONS, gap: 1e-8 }',
    'runs: 20': 'runs: 2',
    'console.table(byEpsilon[0].summary)': 'export const found = byEpsilon[0].summary',
  });
}

const PAGE = `
const programs = {
  usage: () => import('./usage.mjs'),
  crc: () => import('./crc.mjs'),
  semCrc: () => import('./semCrc.mjs'),
};
programs[location.search.slice(1)]().then(
  ({ found }) => { globalThis.outcome = found; },
  (error) => { globalThis.outcome = String(error?.stack ?? error); },
);
`;

/**
 * Runs the programs in Node and writes the page that runs the same.
 * @param {string} consumer folder where the packages are installed
 * @returns {Record<string, string>} what each program found in Node, as JSON
 */
export function preparePage(consumer) {
  const root = path.join(consumer, 'page');
  mkdirSync(root);
  writeFileSync(
    path.join(root, 'index.html'),
    '<!doctype html><script type="module" src="./page.mjs"></script>',
  );
  writeFileSync(path.join(root, 'page.mjs'), PAGE);
  return Object.fromEntries(
    Object.entries(PROGRAMS).map(([name, program]) => {
      const inPage = program.replaceAll('@semcrc/runner/node', '@semcrc/runner/browser');
      writeFileSync(path.join(root, `${name}.mjs`), inPage);
      writeFileSync(
        path.join(consumer, `${name}.mjs`),
        `${program}\nprocess.stdout.write(JSON.stringify(found));\n`,
      );
      return [name, execFileSync('node', [`${name}.mjs`], { cwd: consumer, encoding: 'utf8' })];
    }),
  );
}

/**
 * The page as one bundler builds it finds what Node found, and fetches HiGHS only where an anchor needs it.
 * @param {import('playwright-core').Browser} browser
 * @param {string} consumer
 * @param {Bundle} bundle
 * @param {Readonly<Record<string, string>>} inNode
 */
export async function runPage(browser, consumer, bundle, inNode) {
  const solver = path.join(consumer, 'node_modules/@semcrc/anchor/dist/highs/highs-wasm.js');
  const passage = readFileSync(solver, 'utf8').slice(10_000, 10_200);
  const root = path.join(consumer, 'page');
  const built = mkdtempSync(path.join(consumer, 'built-'));
  await bundle(root, built);
  const withHighs = filesWith(built, passage);
  if (withHighs.size !== 1) throw new Error(`HiGHS lies in ${withHighs.size} files: ${[...withHighs]}`);
  for (const [name, expected] of Object.entries(inNode)) {
    const { outcome, requests } = await visit(browser, root, {
      query: `?${name}`,
      bundle: async (_, outDir) => cpSync(built, outDir, { recursive: true }),
    });
    if (JSON.stringify(outcome) !== expected)
      throw new Error(`${name}: the page found ${JSON.stringify(outcome)}, Node found ${expected}`);
    const fetched = requests.some((request) => withHighs.has(request));
    if (fetched !== (name === 'semCrc'))
      throw new Error(`${name}: HiGHS was ${fetched ? '' : 'not '}fetched (${requests})`);
  }
}

/** @param {string} folder @param {string} text @returns {Set<string>} paths of the files holding it, from a slash on */
function filesWith(folder, text) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Set(
    files
      .filter((file) => readFileSync(file, 'utf8').includes(text))
      .map((file) => `/${path.relative(folder, file).split(path.sep).join('/')}`),
  );
}
