// Bundles what draws pages: vega and its kin are some hundred files, which a process that may open few could not load.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Notices } from '@semcrc/bundling';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const notices = new Notices();

await build({
  input: { pages: path.join(root, 'dist/pages.js') },
  platform: 'node',
  // A native addon is found by its place in node_modules.
  external: ['@resvg/resvg-js'],
  plugins: [notices.plugin()],
  // As deep in the package as the modules it is made of: fonts are found from there.
  output: { dir: path.join(root, 'dist/bundled'), format: 'esm', cleanDir: true },
  logLevel: 'warn',
});
notices.write(root);
