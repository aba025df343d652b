// Bundles the command and what its threads load. A process that reads a handful of files starts six times as fast as one
// that resolves some hundred, and runs where few may be open. Commands stay apart: each is read when it is asked for.
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Notices } from '@semcrc/bundling';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const runner = path.dirname(createRequire(import.meta.url).resolve('@semcrc/runner'));
const thread = (name) => [`bundled/${name}`, path.join(runner, `${name}.js`)];
const notices = new Notices();

rmSync(path.join(root, 'dist'), { recursive: true, force: true });
await build({
  input: {
    main: path.join(root, 'build/main.js'),
    // Where the runner looks for them, beside itself.
    ...Object.fromEntries(
      [
        'worker-node',
        'worker-application',
        'worker-prediction',
        'worker-preparation',
        'worker-scan',
        'worker-simulation',
      ].map(thread),
    ),
  },
  platform: 'node',
  // A native addon is found by its place in node_modules, and so are the fonts of pages.
  external: ['fs-native-extensions', '@semcrc/report/pages'],
  plugins: [notices.plugin()],
  output: { dir: path.join(root, 'dist'), format: 'esm', chunkFileNames: '[name]-[hash].js' },
  logLevel: 'warn',
});
notices.write(root);
