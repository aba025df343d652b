// `pnpm test:packed`: packs every published package and uses the tarballs as a stranger would:
// linted (publint), typed (attw), installed by npm in an empty folder, imported in Node, run as a command, and bundled by
// webpack, esbuild, rollup and Vite for a page in Chromium.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { NODE_ENTRIES } from '../boundaries/arrows.mjs';
import { readWorkspace } from '../boundaries/workspace.mjs';
import { launchChromium, reasonToSkip } from '../browser/chromium.mjs';
import { usageProgram } from '../readme.mjs';
import { checkNotices } from './notices.mjs';
import { BUNDLERS, preparePage, runPage } from './pages.mjs';

/** @typedef {{ name: string, tarball: string, manifest: Record<string, any> }} Packed */

const root = fileURLToPath(new URL('../../', import.meta.url));
const attw = path.join(root, 'tooling/node_modules/.bin/attw');
const scratch = mkdtempSync(path.join(tmpdir(), 'semcrc-packed-'));
let failures = 0;

try {
  const packed = pack();
  for (const pkg of packed) await check(`${pkg.name}: publint`, () => lint(pkg));
  for (const pkg of packed) await check(`${pkg.name}: described`, () => checkDescription(pkg));
  for (const pkg of packed) {
    if (pkg.manifest.exports) await check(`${pkg.name}: types resolve`, () => resolveTypes(pkg));
  }
  const consumer = path.join(scratch, 'consumer');
  await check('npm installs the tarballs', () => install(consumer, packed));
  await check('the tarballs hold what is shipped and nothing else', () => inspectContents(consumer, packed));
  for (const { name } of packed)
    await check(`${name}: whose code it holds is said`, () =>
      checkNotices(path.join(consumer, 'node_modules', name)),
    );
  await check('TypeScript reads every declaration', () => readTypes(consumer, packed));
  await check('Node imports every entry and calibrates', () => runInNode(consumer, packed));
  await check('the installed command answers', () => runCommand(consumer, packed));
  await check('the installed command works in threads, with few files open', () => runThreads(consumer));
  const reason = reasonToSkip();
  if (reason) console.log(`skipped: pages in Chromium (${reason})`);
  else await runPages(consumer);
} finally {
  rmSync(scratch, { recursive: true });
}
console.log(failures === 0 ? 'packed: all well' : `packed: ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;

/** @param {string} name @param {() => unknown} run throws what is wrong */
async function check(name, run) {
  const started = Date.now();
  try {
    await run();
    console.log(`ok: ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failures++;
    console.error(`FAILED: ${name}\n${error instanceof Error ? error.message : error}`);
  }
}

/** @returns {Packed[]} every published package, with the tarball pnpm makes of it */
function pack() {
  return readWorkspace(root)
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ name, dir, manifest }) => {
      const into = path.join(scratch, 'tarballs', name.replace('/', '-'));
      mkdirSync(into, { recursive: true });
      execFileSync('pnpm', ['pack', '--pack-destination', into], { cwd: dir, stdio: 'pipe' });
      return { name, manifest, tarball: path.join(into, /** @type {string} */ (readdirSync(into)[0])) };
    });
}

/** @param {Packed} pkg */
async function lint({ tarball }) {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    level: 'warning',
    strict: true,
  });
  if (messages.length > 0) throw new Error(messages.map((message) => formatMessage(message, pkg)).join('\n'));
}

/** @param {Packed} pkg */
function resolveTypes({ tarball, manifest }) {
  const data = Object.keys(manifest.exports).filter((entry) => !isScript(manifest.exports[entry]));
  const excluded = data.length > 0 ? ['--exclude-entrypoints', ...data] : [];
  execute(
    attw,
    [tarball, '--profile', 'esm-only', '--no-color', '--no-definitely-typed', ...excluded],
    scratch,
  );
}

/** What a registry shows of a package. @param {Packed} pkg */
function checkDescription({ manifest, tarball }) {
  const wanted = [
    'description',
    'keywords',
    'license',
    'author',
    'engines',
    'files',
    'sideEffects',
    'publishConfig',
  ];
  const missing = wanted.filter((field) => manifest[field] === undefined);
  if (missing.length > 0) throw new Error(`package.json says nothing of ${missing.join(', ')}`);
  const held = execute('tar', ['-tzf', tarball], scratch).split('\n');
  for (const file of ['package/README.md', 'package/LICENSE']) {
    if (!held.includes(file)) throw new Error(`the tarball has no ${file}`);
  }
}

/** Nothing for Node's main thread to import. @param {string} entry */
function forThreadOrPage(entry) {
  return entry === './browser' || entry.startsWith('./worker');
}

/** @param {any} target of an entry in `exports` */
function isScript(target) {
  return typeof target === 'object';
}

/** @param {string} consumer @param {readonly Packed[]} packed */
function install(consumer, packed) {
  mkdirSync(consumer);
  const dependencies = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies, overrides: dependencies };
  writeFileSync(path.join(consumer, 'package.json'), JSON.stringify(manifest));
  execute('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], consumer);
}

/** @param {string} consumer @param {readonly Packed[]} packed */
function inspectContents(consumer, packed) {
  const shipped = /^(package\.json|LICENSE|README\.md|(dist|src|schema|assembly|fonts)\/.+)$/;
  for (const { name } of packed) {
    const dir = path.join(consumer, 'node_modules', name);
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      const inside = path.relative(dir, file).split(path.sep).join('/');
      if (!shipped.test(inside) || inside.endsWith('.tsbuildinfo'))
        throw new Error(`${name} ships ${inside}`);
      if (readFileSync(file, 'utf8').includes(root))
        throw new Error(`${name}: ${inside} names a path of this machine`);
    }
  }
}

/**
 * Every name of every entry, under both ways in which TypeScript finds modules, with the typings of the platform that the
 * entry is for and of no other: Node's, a browser's, or none.
 * @param {string} consumer
 * @param {readonly Packed[]} packed
 */
function readTypes(consumer, packed) {
  const forNode = (/** @type {string} */ entry) => NODE_ENTRIES.has(entry) || entry.startsWith('./worker');
  const forBrowser = (/** @type {string} */ entry) => entry === './browser';
  const nodeTypes = ['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')];
  for (const module of ['esnext', 'nodenext']) {
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022'];
    const finding = ['--module', module, '--moduleResolution', module === 'esnext' ? 'bundler' : module];
    for (const { file, platform, wanted } of [
      { file: 'node.mts', platform: ['--lib', 'es2023', ...nodeTypes], wanted: forNode },
      { file: 'browser.mts', platform: ['--lib', 'es2023,dom', '--types', ''], wanted: forBrowser },
      {
        file: 'anywhere.mts',
        platform: ['--lib', 'es2023', '--types', ''],
        wanted: (/** @type {string} */ entry) => !forNode(entry) && !forBrowser(entry),
      },
    ]) {
      const lines = entriesOf(packed, wanted).map((entry, i) => `export * as entry${i} from '${entry}';`);
      writeFileSync(path.join(consumer, file), lines.join('\n'));
      execute(
        path.join(root, 'node_modules/.bin/tsc'),
        [...options, ...finding, ...platform, file],
        consumer,
      );
    }
  }
}

/** @param {readonly Packed[]} packed @param {(entry: string) => boolean} wanted @returns {string[]} what to import them by */
function entriesOf(packed, wanted) {
  return packed.flatMap(({ name, manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([entry, target]) => isScript(target) && wanted(entry))
      .map(([entry]) => path.posix.join(name, entry)),
  );
}

/** @param {string} consumer @param {readonly Packed[]} packed */
function runInNode(consumer, packed) {
  const entries = entriesOf(packed, (entry) => !forThreadOrPage(entry));
  const imports = entries.map((entry) => `await import(${JSON.stringify(entry)});`).join('\n');
  writeFileSync(path.join(consumer, 'entries.mjs'), imports);
  execute('node', ['entries.mjs'], consumer);
  writeFileSync(path.join(consumer, 'calibrate.mjs'), usageProgram());
  execute('node', ['calibrate.mjs'], consumer);
}

/** @param {string} consumer @param {readonly Packed[]} packed */
function runCommand(consumer, packed) {
  const { manifest } = /** @type {Packed} */ (packed.find(({ name }) => name === 'semcrc'));
  const version = execute('npx', ['--no-install', 'semcrc', '--version'], consumer).trim();
  if (version !== manifest.version)
    throw new Error(`semcrc --version said ${version}, not ${manifest.version}`);
}

/**
 * What the README of the command shows, as `npx` runs it, where a process may open few files.
 * @param {string} consumer
 */
function runThreads(consumer) {
  const lines = usageProgram('apps/cli/README.md', 'sh')
    .trim()
    .split('\n')
    .map((line) =>
      line.replace('node apps/cli/dist/main.js', 'npx --no-install semcrc').replace(/ *#.*$/, ''),
    );
  execute('sh', ['-ec', ['ulimit -n 256', ...lines].join('\n')], consumer);
  const { runs } = JSON.parse(readFileSync(path.join(consumer, 'results/experiment.json'), 'utf8'));
  if (runs.length !== 10) throw new Error(`expected 5 runs of 2 procedures, found ${runs.length} records`);
}

/** @param {string} consumer */
async function runPages(consumer) {
  /** @type {Record<string, string>} */
  let inNode = {};
  await check('Node runs what a page will', () => {
    inNode = preparePage(consumer);
  });
  const browser = await launchChromium();
  try {
    for (const [name, bundle] of Object.entries(BUNDLERS)) {
      await check(`a page built by ${name} finds the same in Chromium`, () =>
        runPage(browser, consumer, bundle, inNode),
      );
    }
  } finally {
    await browser.close();
  }
}

/** @param {string} command @param {readonly string[]} args @param {string} cwd @returns {string} its stdout */
function execute(command, args, cwd) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
    throw new Error(`${stdout}${stderr}`.trim());
  }
}
