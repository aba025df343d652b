// Makes of the installed HiGHS what any bundler takes and any page runs: its module without the branch for Node, which
// imports Node's modules and looks for a file beside itself, and its WebAssembly compressed inside a module of its own.
// Node loads the same two, so that both solve with the same bits.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Notices } from '@semcrc/bundling';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const into = path.join(root, 'dist/highs');
const require = createRequire(import.meta.url);
const highs = path.dirname(path.dirname(require.resolve('highs')));
const { version, license } = JSON.parse(readFileSync(path.join(highs, 'package.json'), 'utf8'));
const module = path.join(highs, 'build/highs.mjs');
const wasm = readFileSync(require.resolve('highs/runtime'));
const notices = new Notices();

const ENVIRONMENT = /\bvar (ENVIRONMENT_IS_(?:WEB|WORKER|NODE))=[^;]+;/g;

const { output } = await build({
  input: { 'highs-solver': module },
  platform: 'neutral',
  plugins: [{ name: 'no-environment', transform: forgetEnvironment }, notices.plugin()],
  transform: {
    define: {
      ENVIRONMENT_IS_WEB: 'false',
      ENVIRONMENT_IS_WORKER: 'false',
      ENVIRONMENT_IS_NODE: 'false',
      'import.meta.url': '""',
    },
  },
  output: {
    dir: into,
    format: 'esm',
    cleanDir: true,
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    postBanner: `/*! highs ${version} | ${license} | changed by @semcrc/anchor: no branch for Node | see THIRD_PARTY_NOTICES.md */`,
  },
  logLevel: 'warn',
});
const left = /import\.meta|\brequire\(|["'`]node:|\bimport\(/.exec(output[0].code);
if (left)
  throw new Error(`highs ${version} still holds ${left[0]}: its branch for Node has another form now`);

copyFileSync(path.join(highs, 'types.d.ts'), path.join(into, 'highs-solver.d.ts'));
writeFileSync(
  path.join(into, 'highs-wasm.js'),
  `// highs.wasm of highs ${version} (${license}): gzip, in base64.\nexport const wasm =\n  '${gzipSync(wasm, { level: 9 }).toString('base64')}';\n`,
);
writeFileSync(path.join(into, 'highs-wasm.d.ts'), 'export declare const wasm: string;\n');
notices.write(root);

/** Drops the declarations of where it runs, whose names are then constants. */
function forgetEnvironment(code, id) {
  if (id !== module) return null;
  const found = new Set();
  const without = code.replace(ENVIRONMENT, (_, name) => {
    found.add(name);
    return '';
  });
  if (found.size !== 3) throw new Error(`highs ${version} tells where it runs in another way than before`);
  return without;
}
