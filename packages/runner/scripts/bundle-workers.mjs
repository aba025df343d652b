// Bundles the scripts that threads load, each with all it imports.
//
// In Node, because a thread that reads one file starts in 50 ms, one that resolves some hundred in 260, and every
// experiment waits for it. In browsers, because bundlers disagree on how a package's worker is found, and some find none:
// the worker is one script, and its text a module that any bundler takes along.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Notices } from '@semcrc/bundling';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const bundled = path.join(dist, 'bundled');
const notices = new Notices();

await build({
  input: [
    'worker-node',
    'worker-application',
    'worker-prediction',
    'worker-preparation',
    'worker-scan',
    'worker-simulation',
  ].map((name) => path.join(dist, `${name}.js`)),
  platform: 'node',
  plugins: [notices.plugin()],
  output: { dir: bundled, format: 'esm', cleanDir: true },
  logLevel: 'warn',
});

const anchor = path.dirname(createRequire(import.meta.url).resolve('@semcrc/anchor'));
let substituted = false;
await build({
  input: path.join(dist, 'worker-browser.js'),
  platform: 'browser',
  plugins: [{ name: 'highs-from-page', resolveId: substitute }, notices.plugin()],
  output: {
    file: path.join(bundled, 'worker-browser.js'),
    format: 'iife',
    codeSplitting: false,
    minify: true,
  },
  logLevel: 'warn',
});
if (!substituted)
  throw new Error('@semcrc/anchor has no highs-binary any more: what loads HiGHS in a worker?');

const source = readFileSync(path.join(bundled, 'worker-browser.js'), 'utf8');
writeFileSync(
  path.join(bundled, 'worker-browser-source.js'),
  `// The text of worker-browser.js.\nexport const source =\n  ${JSON.stringify(source)};\n`,
);
notices.write(root);

/** The worker asks its page for HiGHS. */
function substitute(specifier, importer) {
  if (specifier !== './highs-binary.js' || path.dirname(importer) !== anchor) return null;
  substituted = true;
  return path.join(dist, 'highs-from-page.js');
}
