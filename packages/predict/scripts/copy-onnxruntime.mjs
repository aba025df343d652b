// Copies the part of onnxruntime-web that this package carries: one module, one binary, the licence, and the notices of what is
// compiled into it. As a plain dependency it would be ten times as large, of which nothing else is needed.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const { version } = JSON.parse(readFileSync(path.join(source, '../package.json'), 'utf8'));
const target = path.join(root, 'dist/onnxruntime');

mkdirSync(target, { recursive: true });
const module = readFileSync(path.join(source, 'ort.wasm.bundle.min.mjs'), 'utf8');
writeFileSync(path.join(target, 'ort.mjs'), module.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'));
copyFileSync(
  path.join(source, 'ort-wasm-simd-threaded.wasm'),
  path.join(target, 'ort-wasm-simd-threaded.wasm'),
);
copyFileSync(path.join(root, 'onnxruntime/ort.d.ts'), path.join(target, 'ort.d.ts'));
// As onnxruntime publishes them; the npm package holds no copy.
copyFileSync(
  path.join(root, 'onnxruntime/third-party-notices.txt'),
  path.join(target, 'third-party-notices.txt'),
);

const licence = readFileSync(path.join(root, 'onnxruntime/licence.txt'), 'utf8')
  .trim()
  .replace(/^(?=.)/gm, '    ');
writeFileSync(
  path.join(root, 'dist/THIRD_PARTY_NOTICES.md'),
  `# Third-party notices\n\nThe files of this package hold code of the packages below.\n\n## onnxruntime-web ${version} (MIT)\n\n${licence}\n\nWhat is compiled into it, with licences: dist/onnxruntime/third-party-notices.txt of @semcrc/predict.\n`,
);
