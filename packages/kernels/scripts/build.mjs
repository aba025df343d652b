// Compiles each AssemblyScript entry to WebAssembly, release and debug, and writes it as base64 in a module of its
// own: nothing to fetch and no URL to resolve, in Node, in browsers and through any bundler.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Notices } from '@semcrc/bundling';
import asc from 'assemblyscript/asc';

const ENTRIES = ['baseline', 'coverage', 'projector', 'resample'];
const BUILDS = {
  release: ['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
  debug: ['--debug'],
};

const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(`${root}/src/generated`, { recursive: true });

for (const entry of ENTRIES) {
  for (const [build, flags] of Object.entries(BUILDS)) {
    const wasm = await compile(entry, flags);
    const text = `// Generated from assembly/${entry}.ts by scripts/build.mjs.\nexport const wasm =\n  '${wasm.toString('base64')}';\n`;
    const file = `${root}/src/generated/${entry}.${build}.ts`;
    if (read(file) !== text) writeFileSync(file, text);
  }
}

// Parts of AssemblyScript's own library are compiled in.
const notices = new Notices();
notices.add(path.dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')));
notices.write(root);

async function compile(entry, flags) {
  let wasm;
  const { error, stderr } = await asc.main(
    [
      `assembly/${entry}.ts`,
      ...flags,
      '--outFile',
      'out.wasm',
      '--runtime',
      'stub',
      '--importMemory',
      '--initialMemory',
      '1',
      '--noExportMemory',
      '--enable',
      'simd',
      '--use',
      'abort=',
    ],
    {
      readFile: (name, baseDir) => read(`${root}/${baseDir === '.' ? '' : `${baseDir}/`}${name}`),
      writeFile: (name, contents) => {
        if (name === 'out.wasm') wasm = Buffer.from(contents);
      },
      listFiles: () => [],
    },
  );
  if (error || !wasm) throw new Error(`assembly/${entry}.ts does not compile:\n${stderr}`, { cause: error });
  return wasm;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
