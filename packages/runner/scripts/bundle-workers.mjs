// Bundles the scripts that Node's threads load, with all they import: a thread that reads one file starts in 50 ms, one
// that resolves some hundred in 260, and every experiment waits for it. Browsers' workers are bundled by whoever
// builds the page.
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
await build({
  input: ['worker-node', 'worker-preparation', 'worker-simulation'].map((name) => `${dist}${name}.js`),
  platform: 'node',
  // HiGHS finds its WebAssembly beside its own module.
  external: ['highs'],
  output: { dir: `${dist}bundled`, format: 'esm', cleanDir: true },
  logLevel: 'warn',
});
